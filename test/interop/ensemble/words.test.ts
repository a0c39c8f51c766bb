/*
 * What operators ask of the servers of an ensemble: the same words after the same requests, to a leader, a follower and an
 * observer, to a server that is alone, and to those that are left when the leader is gone. What four Java servers answer is
 * what four of ours have to answer, and every server of an ensemble of both.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import type { ServerKind } from '../../harness/server.ts';
import { until } from '../../harness/until.ts';
import { isWholeDump, laterKeys, maskedLines, monitorKeys } from '../word-lines.ts';
import { type Ensemble, membersOf, withEnsemble } from './harness/ensemble.ts';
import { SessionClient } from './harness/session-client.ts';

const ephemeral = 1;

/** Words whose answers are compared line by line. */
const words = [
  ...['conf', 'cons', 'dump', 'gtmk', 'isro', 'ruok', 'srvr', 'stat'],
  ...['wchc', 'wchp', 'wchs'],
];

/** Who is what, once all run: 2 leads, and 4 observes. */
const [follower, leader, lateFollower, observer] = [1, 2, 3, 4];

/** Keys of `mntr` whose values say what happened, and not how long it took. */
const tellingKeys = [
  ...['server_state', 'peer_state', 'observer_master_id', 'quorum_size', 'learners'],
  ...['synced_followers', 'synced_non_voting_followers', 'synced_observers', 'pending_syncs'],
  ...['last_proposal_size', 'min_proposal_size', 'max_proposal_size', 'znode_count'],
  ...['global_sessions', 'local_sessions', 'ephemerals_count', 'watch_count'],
  ...['looking_count', 'cnt_election_time', 'cnt_unavailable_time', 'cnt_leader_unavailable_time'],
  ...['proposal_count', 'commit_count', 'cnt_quorum_ack_latency', 'cnt_proposal_latency'],
  ...['learner_proposal_received_count', 'learner_commit_received_count'],
  ...['cnt_commit_propagation_latency', 'cnt_follower_sync_time', 'cnt_observer_sync_time'],
  ...['revalidate_count', 'digest_mismatches_count', 'quit_leading_due_to_disloyal_voter'],
].map((name) => `zk_${name}`);

/** An answer; Java now and then closes without one, or counts what it does not list. */
async function asked(ensemble: Ensemble, id: number, word: string): Promise<string> {
  const { server } = ensemble.member(id);
  if (word === 'mntr') return await server.wholeMntr();
  return await until(`an answer of ${id} to ${word}`, async () => {
    const answer = await server.word(word);
    return answer !== '' && (word !== 'dump' || isWholeDump(answer)) && answer;
  });
}

async function allAnswers(ensemble: Ensemble, id: number): Promise<ReadonlyMap<string, string>> {
  const answers = new Map<string, string>();
  for (const word of [...words, 'mntr']) answers.set(word, await asked(ensemble, id, word));
  return answers;
}

const zxidOf = async (ensemble: Ensemble, id: number): Promise<string | undefined> =>
  /^Zxid: (.*)$/m.exec(await asked(ensemble, id, 'srvr'))?.[1];

/** All that is seen of one ensemble. */
interface Seen {
  readonly alone: ReadonlyMap<string, string>;
  readonly zxidsAtFirst: readonly (string | undefined)[];
  /** By member, after some requests. */
  readonly atWork: ReadonlyMap<number, ReadonlyMap<string, string>>;
  readonly zxidsAfterLoss: readonly (string | undefined)[];
  /** `mntr` of the server that leads then, which has followed before. */
  readonly risen: string;
  readonly zxidsAfterRestart: readonly (string | undefined)[];
}

async function zxids(ensemble: Ensemble, ...ids: readonly number[]) {
  return await Promise.all(ids.map((id) => zxidOf(ensemble, id)));
}

async function watched(ensemble: Ensemble): Promise<Seen> {
  await ensemble.launch(follower);
  const alone = await allAnswers(ensemble, follower);
  await ensemble.start(leader);
  const zxidsAtFirst = await zxids(ensemble, follower, leader);
  await ensemble.start(lateFollower, observer);
  const client = await SessionClient.open([ensemble.port(lateFollower)], { timeoutMs: 60_000 });
  await client.create('/a', 'data');
  await client.create('/a/mine', 'x', ephemeral);
  await client.getData('/a', true);
  const atWork = new Map<number, ReadonlyMap<string, string>>();
  for (const id of ensemble.ids) {
    await until(`${id} to have it`, async () => (await zxidOf(ensemble, id)) === '0x100000003');
    atWork.set(id, await allAnswers(ensemble, id));
  }
  await ensemble.kill(leader);
  await ensemble.settled();
  const zxidsAfterLoss = await zxids(ensemble, follower, lateFollower, observer);
  const risen = await asked(ensemble, lateFollower, 'mntr');
  client.abandon();
  for (const id of ensemble.up) await ensemble.stop(id);
  await ensemble.start(...ensemble.ids);
  await ensemble.settled();
  const zxidsAfterRestart = await zxids(ensemble, ...ensemble.ids);
  return { alone, zxidsAtFirst, atWork, zxidsAfterLoss, risen, zxidsAfterRestart };
}

type Kinds = readonly [ServerKind, ServerKind, ServerKind, ServerKind];

const seenOf = ([first, second, third, fourth]: Kinds): Promise<Seen> =>
  withEnsemble(
    { members: [...membersOf(first, second, third), { kind: fourth, isObserver: true }] },
    watched,
  );

const valuesOf = (mntr: string | undefined): readonly string[] =>
  (mntr ?? '').split('\n').filter((line) => tellingKeys.includes(line.split('\t')[0] ?? ''));

let java: Seen;

beforeAll(async () => {
  java = await seenOf(['java', 'java', 'java', 'java']);
});

const ensembles: readonly (readonly [string, Kinds])[] = [
  ['four of ours', ['ours', 'ours', 'ours', 'ours']],
  ['a leader of ours over Java servers, and an observer of ours', ['java', 'ours', 'java', 'ours']],
  ['a Java leader over servers of ours, and a Java observer', ['ours', 'java', 'ours', 'java']],
];

describe.each(ensembles)('%s:', (_ensemble, kinds) => {
  let ours: Seen;

  beforeAll(async () => {
    ours = await seenOf(kinds);
  });

  describe('a server that has not found the others', () => {
    it.each([...words, 'mntr'])('answers %s as Java does', (word) => {
      expect(java.alone.get(word)).not.toBe(undefined);
      expect(ours.alone.get(word)).toBe(java.alone.get(word));
    });
  });

  describe.each([
    ['a leader', leader],
    ['a follower', follower],
    ['a follower that came late, with a client', lateFollower],
    ['an observer', observer],
  ])('%s', (_name, id) => {
    it.each(words)('answers %s line by line as Java does', (word) => {
      const expected = java.atWork.get(id)?.get(word) ?? '';
      expect(expected).not.toBe('');
      expect(maskedLines(ours.atWork.get(id)?.get(word) ?? '')).toEqual(maskedLines(expected));
    });

    it('counts what Java counts, and lists it in the same order', () => {
      const [expected = '', seen = ''] = [java, ours].map(({ atWork }) =>
        atWork.get(id)?.get('mntr'),
      );
      expect(valuesOf(seen)).toEqual(valuesOf(expected));
      expect(valuesOf(seen).length).toBeGreaterThan(20);
      const keys = monitorKeys(seen).filter((key) => !laterKeys.test(key));
      // Java counts as a write that it puts its own configuration into the tree.
      const ofServers = /_learner_handler_qp_size$|_per_namespace$/;
      const isOfServer = (key: string) => ofServers.test(key) && !key.includes('_zookeeper_');
      const known = monitorKeys(expected).filter(
        (key) => keys.includes(key) && !ofServers.test(key),
      );
      expect(keys.filter((key) => !ofServers.test(key))).toEqual(known);
      const named = (list: string[]) => list.filter(isOfServer).sort();
      expect(named(keys)).toEqual(named(monitorKeys(expected)));
    });
  });

  it('shows the zxids that Java shows: of an epoch without a transaction only its leader knows', () => {
    expect(java.zxidsAtFirst).toEqual(['0x0', '0x100000000']);
    expect(ours.zxidsAtFirst).toEqual(java.zxidsAtFirst);
    expect(java.zxidsAfterLoss).toEqual(['0x100000003', '0x200000000', '0x100000003']);
    expect(ours.zxidsAfterLoss).toEqual(java.zxidsAfterLoss);
    // A Java server that joins when the epoch has begun is sent the leader's tree, with its zxid; ours has nothing to be sent.
    const isNew = (zxid: string | undefined) => /^0x[3-9]00000000$/.test(zxid ?? '');
    for (const { zxidsAfterRestart } of [java, ours]) {
      expect(zxidsAfterRestart.filter((zxid) => !isNew(zxid) && zxid !== '0x100000003')).toEqual(
        [],
      );
      expect(zxidsAfterRestart.some(isNew)).toBe(true);
    }
    if (!kinds.includes('java')) expect(ours.zxidsAfterRestart.filter(isNew).length).toBe(1);
  });

  it('keeps the metrics through a change of roles', () => {
    const names =
      /^zk_(looking_count|cnt_(election|unavailable)_time|cnt_proposal_latency|learner_\w+_received_count)\t/;
    const kept = (mntr: string) => valuesOf(mntr).filter((line) => names.test(line));
    expect(ours.risen).toContain('zk_looking_count\t2\n');
    expect(kept(java.risen).length).toBe(6);
    expect(kept(ours.risen)).toEqual(kept(java.risen));
  });
});
