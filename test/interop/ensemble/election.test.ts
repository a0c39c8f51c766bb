/*
 * Our leader election beside Apache ZooKeeper's, over real sockets: two Java servers and one Election object, which takes no
 * part in anything but elections.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect as dialSocket, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { toZxid } from '../../../src/jute/int64.ts';
import { Election } from '../../../src/quorum/election/election.ts';
import type { Vote } from '../../../src/quorum/election/votes.ts';
import type { Member, Membership, PeerType } from '../../../src/quorum/membership.ts';
import type { LinkHandler, PeerLink, PeerNetwork } from '../../../src/quorum/ports.ts';
import { quorumRule } from '../../../src/quorum/quorum-rule.ts';
import type { PeerState } from '../../../src/quorum/server-id.ts';
import { endWithTests } from '../../harness/command.ts';
import { java, shortLivedJvm, zookeeperClassPath } from '../../harness/java.ts';
import { freePort } from '../../harness/ports.ts';
import { fourLetterWord } from '../../harness/server.ts';
import { until } from '../../harness/until.ts';

function attach(socket: Socket, makeHandler: (link: PeerLink) => LinkHandler): void {
  let handler: LinkHandler | null = null;
  let error: string | null = null;
  const link: PeerLink = {
    remoteAddress: `${socket.remoteAddress}:${socket.remotePort}`,
    get unsentSize() {
      return socket.writableLength;
    },
    write: (bytes) => void socket.write(bytes),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy() {
      handler = null;
      socket.destroy();
    },
  };
  socket.on('data', (chunk) => handler?.receive(chunk, chunk.length));
  socket.on('drain', () => handler?.drained());
  socket.on('error', (reason) => {
    error = reason.message;
  });
  socket.on('close', () => handler?.closed(error));
  handler = makeHandler(link);
}

const network: PeerNetwork = {
  dial([address], timeoutMs, events) {
    const socket = dialSocket(address?.port ?? 0, address?.host);
    const fail = (reason: string) => {
      socket.destroy();
      events.failed(reason);
    };
    const failed = (reason: Error) => fail(reason.message);
    socket.setTimeout(timeoutMs, () => fail('timed out'));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.off('error', failed);
      attach(socket, (link) => events.connected(link));
    });
    return {
      cancel() {
        socket.removeAllListeners();
        socket.on('error', () => {});
        socket.destroy();
      },
    };
  },
};

/** An ensemble on 127.0.0.1, of which one server is ours. */
class MixedEnsemble {
  readonly folder = mkdtempSync(join(tmpdir(), 'election-'));
  readonly membership: Membership;
  readonly clientPorts: readonly number[];
  private readonly javas = new Map<number, ChildProcess>();
  private listener: Server | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;
  private election: Election | null = null;
  elected: { readonly vote: Vote; readonly state: PeerState } | null = null;
  readonly log: string[] = [];

  private constructor(membership: Membership, clientPorts: readonly number[]) {
    this.membership = membership;
    this.clientPorts = clientPorts;
  }

  static async create(types: readonly PeerType[]): Promise<MixedEnsemble> {
    const members = new Map<number, Member>();
    const clientPorts: number[] = [];
    for (const [index, type] of types.entries()) {
      const id = index + 1;
      const [quorumPort, electionPort] = [await freePort(), await freePort()];
      const addresses = [{ host: '127.0.0.1', quorumPort, electionPort }];
      members.set(id, { id, addresses, type, clientAddress: null, secureClientAddress: null });
      clientPorts.push(await freePort());
    }
    return new MixedEnsemble({ members, groups: [], weights: new Map(), version: 0n }, clientPorts);
  }

  startJava(id: number): void {
    const dataDir = join(this.folder, `${id}`);
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, 'myid'), `${id}`);
    const lines = [...this.membership.members.values()].map(({ id: sid, addresses, type }) => {
      const [one] = addresses;
      return `server.${sid}=${one?.host}:${one?.quorumPort}:${one?.electionPort}:${type}`;
    });
    const config = [
      ...lines,
      `dataDir=${dataDir}`,
      `clientPort=${this.clientPorts[id - 1]}`,
      'clientPortAddress=127.0.0.1',
      'tickTime=2000',
      'initLimit=5',
      'syncLimit=2',
      'admin.enableServer=false',
      '4lw.commands.whitelist=*',
    ];
    const file = join(this.folder, `${id}.cfg`);
    writeFileSync(file, config.join('\n'));
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
    const args = [...shortLivedJvm, '-Xmx128m', '-cp', zookeeperClassPath(), main, file];
    const server = spawn(java(), args, { stdio: 'ignore' });
    endWithTests(server);
    this.javas.set(id, server);
  }

  killJava(id: number): void {
    this.javas.get(id)?.kill('SIGKILL');
    this.javas.delete(id);
  }

  startOurs(id: number): Election {
    const note = (text: string) => void this.log.push(text);
    const election = new Election(
      {
        clock: {
          get elapsed() {
            return performance.now();
          },
        },
        log: { debug: note, info: note, warn: note, error: note },
        random: Math.random,
        network,
        elected: (vote, state) => {
          this.elected = { vote, state };
        },
        lookingHeard: (sid) => note(`server ${sid} is looking`),
        newerConfig: note,
      },
      {
        myId: id,
        peerType: () => this.membership.members.get(id)?.type ?? 'observer',
        membership: () => this.membership,
        rule: () => quorumRule(this.membership),
        multiAddressEnabled: false,
        cnxTimeoutMs: 5000,
        minNotificationIntervalMs: 200,
        maxNotificationIntervalMs: 60_000,
      },
    );
    this.election = election;
    const port = this.membership.members.get(id)?.addresses[0]?.electionPort;
    this.listener = createServer((socket) => attach(socket, (link) => election.accept(link)));
    this.listener.listen(port, '127.0.0.1');
    this.timer = setInterval(() => {
      if (election.deadline <= performance.now()) election.run();
    }, 1);
    return election;
  }

  /** Begins an election of ours and waits for its end. */
  async look(zxid: bigint, peerEpoch: number): Promise<string> {
    this.elected = null;
    this.election?.start({ zxid: toZxid(zxid), peerEpoch });
    const { vote, state } = await until(
      `an election; ours says ${this.log.slice(-20).join('\n')}`,
      () => this.elected ?? false,
      90_000,
    );
    return `${state} ${vote.leader}`;
  }

  /** What a Java server says that it is, by the word srvr. */
  async modeOf(id: number): Promise<string> {
    const ask = async (): Promise<string | undefined> => {
      // A Java server that is asked while it starts may never answer.
      const answer = await fourLetterWord(this.clientPorts[id - 1] ?? 0, 'srvr', 1_000);
      return /^Mode: (.*)$/m.exec(answer)?.[1];
    };
    return until(`server ${id} to have a role`, ask, 90_000);
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.election?.close();
    this.listener?.close();
    for (const one of this.javas.values()) one.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

let ensemble: MixedEnsemble | null = null;
afterEach(() => ensemble?.close());

const VOTERS: readonly PeerType[] = ['participant', 'participant', 'participant'];

describe('an election with Java', () => {
  it('finds the leader that two Java servers have elected, from either side of their ids', async () => {
    for (const ours of [1, 3]) {
      ensemble = await MixedEnsemble.create(VOTERS);
      const javas = [1, 2, 3].filter((id) => id !== ours);
      for (const id of javas) ensemble.startJava(id);
      const modes = await Promise.all(javas.map((id) => ensemble?.modeOf(id)));
      expect(modes).toEqual(['follower', 'leader']);
      ensemble.startOurs(ours);
      expect(await ensemble.look(0n, 0)).toBe(`following ${javas[1]}`);
      ensemble.close();
    }
  });

  it('is won by ours where its log is the newest', async () => {
    ensemble = await MixedEnsemble.create(VOTERS);
    ensemble.startOurs(1);
    const outcome = ensemble.look(0x5_0000_0000n, 5);
    ensemble.startJava(2);
    ensemble.startJava(3);
    expect(await outcome).toBe('leading 1');
  });

  it('goes on after the Java leader has died', async () => {
    ensemble = await MixedEnsemble.create(VOTERS);
    ensemble.startJava(1);
    ensemble.startJava(3);
    expect(await ensemble.modeOf(3)).toBe('leader');
    const election = ensemble.startOurs(2);
    expect(await ensemble.look(0n, 0)).toBe('following 3');
    election.updateVote(1);
    ensemble.killJava(3);
    expect(await ensemble.look(0x1_0000_0001n, 1)).toBe('leading 2');
  });

  it('is learned by an observer of ours', async () => {
    ensemble = await MixedEnsemble.create([...VOTERS, 'observer']);
    ensemble.startJava(1);
    ensemble.startJava(2);
    ensemble.startOurs(4);
    expect(await ensemble.look(0n, 0)).toBe('observing 2');
  });
});
