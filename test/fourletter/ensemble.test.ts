/*
 * The words of a member of an ensemble, byte for byte as Java's members answer them.
 */
import { describe, expect, it } from 'vitest';
import { ServerMetrics } from '../../src/admin/metrics/index.ts';
import type { LeaderGauges, MemberView, ServerView } from '../../src/fourletter/index.ts';
import { answer, connection, golden, requestStats, serverView } from './view.ts';

const SESSION_A = 0x30000e9004c0000n;
const SESSION_B = 0x30000e9004c0001n;

const sizes: LeaderGauges = {
  learners: 3,
  syncedFollowers: 2,
  syncedNonVotingFollowers: 0,
  syncedObservers: 1,
  pendingSyncs: 0,
  leaderUptime: 12_345,
  lastProposalSize: 48,
  minProposalSize: 48,
  maxProposalSize: 87,
};

/** A member of the ensemble that was captured. */
function member(facts: Partial<MemberView> & { readonly id: number }): MemberView {
  const { id } = facts;
  return {
    peerState: () => 'following - broadcast',
    quorumSize: () => 3,
    leader: () => null,
    observerMasterId: () => null,
    configuration: () => ({
      initLimit: 10,
      syncLimit: 5,
      electionPorts: [15020 + id],
      quorumPorts: [15010 + id],
      isObserver: id === 4,
      membership: [
        'server.1=127.0.0.1:15011:15021:participant',
        'server.2=127.0.0.1:15012:15022:participant',
        'server.3=127.0.0.1:15013:15023:participant',
        'server.4=127.0.0.1:15014:15024:observer',
        'version=0',
      ].join('\n'),
    }),
    ...facts,
  };
}

const leader = member({ id: 2, leader: () => sizes, peerState: () => 'leading - broadcast' });
const follower = member({ id: 1 });
const observer = member({
  id: 4,
  peerState: () => 'observing - broadcast',
  observerMasterId: () => 2,
});

function configured(id: number): Partial<ServerView> {
  const folder = `/tmp/vis/j/${id}/data/version-2`;
  const configuration = {
    ...serverView().configuration(),
    clientPort: 15000 + id,
    dataDir: folder,
    dataLogDir: folder,
    serverId: id,
  };
  const size = () => 67_109_517;
  return { configuration: () => configuration, dataDirSize: size, logDirSize: size };
}

describe('conf', () => {
  it.each([
    ['conf-leader', leader, 2],
    ['conf-observer', observer, 4],
  ])('of a member is %s', (name, of, id) => {
    // The sizes of the folders are not what this is about.
    const expected = golden(`ensemble/${name}`).replaceAll(/(?<=Size=)\d+/g, '67109517');
    expect(answer('conf', serverView({ ...configured(id), member: () => of }))).toBe(expected);
  });

  it('shows the ports of all addresses of a member', () => {
    const configuration = () => ({ ...follower.configuration(), electionPorts: [3888, 3889] });
    const view = serverView({ member: () => member({ id: 1, configuration }) });
    expect(answer('conf', view)).toContain('\nelectionPort=3888|3889\n');
  });
});

describe('srvr', () => {
  const asked = (serverState: 'leader' | 'follower', of: MemberView) =>
    answer(
      'srvr',
      serverView({
        serverState: () => serverState,
        member: () => of,
        requestStats: () => requestStats({ packetsReceived: 2, packetsSent: 1 }),
        lastProcessedZxid: () => 0x100000004n,
        nodeCount: () => 7,
      }),
    );

  it('of a leader ends with the sizes of its proposals', () => {
    expect(asked('leader', leader)).toBe(golden('ensemble/srvr-leader'));
  });

  it('of a follower has none', () => {
    expect(asked('follower', follower)).toBe(golden('ensemble/srvr-follower'));
  });
});

describe('dump', () => {
  const at = (minute: number, second: number) => Date.UTC(2026, 10, 21, 17, minute, second);
  const ephemerals = () => [[SESSION_A, ['/e']]] as const;

  it('of a leader says when each session of the ensemble expires', () => {
    const view = serverView({
      ephemerals,
      sessionExpiry: () => [
        { expireAt: at(46, 34), elements: [] },
        { expireAt: at(46, 36), elements: [SESSION_B] },
        { expireAt: at(46, 54), elements: [] },
        { expireAt: at(46, 56), elements: [SESSION_A] },
      ],
      connectionExpiry: () => [
        { expireAt: at(46, 36), elements: [connection({ port: portIn('dump-leader') })] },
      ],
    });
    expect(answer('dump', view)).toBe(golden('ensemble/dump-leader'));
  });

  it('of a follower lists them by their numbers with their time-outs', () => {
    const view = serverView({
      ephemerals,
      learnerSessions: () =>
        new Map([
          [SESSION_B, 10_000],
          [SESSION_A, 30_000],
        ]),
      connectionExpiry: () => [
        { expireAt: at(46, 36), elements: [connection({ port: portIn('dump-follower') })] },
      ],
    });
    expect(answer('dump', view)).toBe(golden('ensemble/dump-follower'));
  });

  it('puts sessions whose numbers are negative first, as Java does', () => {
    const learnerSessions = () => new Map([1n, -1n].map((id) => [id, 4_000] as const));
    expect(answer('dump', serverView({ learnerSessions }))).toContain(
      'Global Sessions(2):\n0xffffffffffffffff\t4000ms\n0x1\t4000ms\n',
    );
  });
});

/** The port of the one connection in a captured dump. */
function portIn(name: string): number {
  return Number(/127\.0\.0\.1:(\d+) /.exec(golden(`ensemble/${name}`))?.[1]);
}

describe('mntr', () => {
  /** The keys that both have, in the order of each: Java has some that mean nothing here, and ours has some of 3.9. */
  function keysBeside(name: string, of: MemberView, metrics = new ServerMetrics(() => 0)) {
    const view = serverView({ member: () => of, metrics: () => metrics.entries() });
    const keysOf = (text: string) => text.split('\n').map((line) => line.split('\t')[0] ?? '');
    const [ours, java] = [keysOf(answer('mntr', view)), keysOf(golden(`ensemble/${name}`))];
    return {
      ours: ours.filter((key) => java.includes(key)),
      java: java.filter((key) => ours.includes(key)),
    };
  }

  it.each([
    ['mntr-follower', follower, ['zk_peer_state', 'zk_quorum_size']],
    ['mntr-observer', observer, ['zk_peer_state', 'zk_observer_master_id', 'zk_quorum_size']],
    ['mntr-leader', leader, ['zk_learners', 'zk_synced_observers', 'zk_leader_uptime']],
  ])('has the keys of %s in their order', (name, of, required) => {
    const { ours, java } = keysBeside(name, of);
    expect(ours).toEqual(java);
    expect(ours).toEqual(expect.arrayContaining(required));
  });

  it('has those of each server that a leader knows where Java has them', () => {
    const metrics = new ServerMetrics(() => 0);
    metrics.writePerNamespace.add('/a', 1);
    for (const sid of [1, 2, 3]) metrics.ackLatency.add(sid, 5);
    for (const sid of [1, 3, 4]) metrics.learnerHandlerQpSize.add(sid, 1);
    const { ours, java } = keysBeside('mntr-leader', leader, metrics);
    expect(ours).toContain('zk_p99_2_ack_latency');
    // Those of the learners come in the order in which they were met.
    const sorted = (keys: readonly string[]) =>
      keys.map((key) => key.replace(/_\d_(?=ack|learner)/, '_N_'));
    expect(sorted(ours)).toEqual(sorted(java));
  });

  it('tells the values of a leader', () => {
    const text = answer('mntr', serverView({ member: () => leader }));
    const lines = ['last_proposal_size\t48', 'max_proposal_size\t87', 'leader_uptime\t12345'];
    for (const line of lines) expect(text).toContain(`\nzk_${line}\n`);
  });
});
