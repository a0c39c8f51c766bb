/*
 * Several Election objects in one process: a network of links with a latency of 1 ms, and a clock that jumps to whatever
 * happens next. Everything that servers say to each other is written down, with the ms since the last command.
 */
import { toZxid } from '../../../src/jute/int64.ts';
import { Election } from '../../../src/quorum/election/election.ts';
import { FrameReader } from '../../../src/quorum/election/frames.ts';
import { type Handshake, HandshakeReader } from '../../../src/quorum/election/handshake.ts';
import { readNotification } from '../../../src/quorum/election/notification.ts';
import type { Member, MemberGroup, Membership } from '../../../src/quorum/membership.ts';
import type {
  Address,
  Dial,
  DialEvents,
  LinkHandler,
  Log,
  PeerLink,
} from '../../../src/quorum/ports.ts';
import { quorumRule } from '../../../src/quorum/quorum-rule.ts';
import { NOBODY } from '../../../src/quorum/server-id.ts';
import { Random } from '../../harness/random.ts';

const LATENCY = 1;
const DIAL_TIMEOUT_ERROR = 'timed out';

interface Happening {
  readonly at: number;
  readonly order: number;
  happen(): void;
}

/** One end of a link between two hosts. */
class End implements PeerLink {
  readonly remoteAddress: string;
  readonly unsentSize = 0;
  readonly host: string;
  readonly sent: Uint8Array[] = [];
  handler: LinkHandler | null = null;
  other: End | null = null;
  isOpen = true;
  private readonly network: Network;
  private readonly handshake: HandshakeReader | null;
  private readonly frames = new FrameReader();

  constructor(network: Network, host: string, remoteAddress: string, isDialler: boolean) {
    this.network = network;
    this.host = host;
    this.remoteAddress = remoteAddress;
    this.handshake = isDialler ? new HandshakeReader() : null;
  }

  write(bytes: Uint8Array): void {
    const { other } = this;
    if (!this.isOpen || other === null) return;
    this.describe(bytes, other.host);
    this.network.carry(this.host, other.host, () => {
      // In pieces, so that every transcript is a test of reading pieces too.
      const half = Math.ceil(bytes.length / 2);
      for (const part of [bytes.slice(0, half), bytes.slice(half)]) {
        if (other.isOpen && part.length > 0) other.handler?.receive(part, part.length);
      }
    });
  }

  pause(): void {}

  resume(): void {}

  destroy(): void {
    const { other } = this;
    if (!this.isOpen) return;
    this.isOpen = false;
    if (other === null) return;
    this.network.carry(this.host, other.host, () => {
      if (!other.isOpen) return;
      other.isOpen = false;
      other.handler?.closed(null);
    });
  }

  private helloOf({ result }: HandshakeReader): Handshake | string | null {
    return result;
  }

  private describe(bytes: Uint8Array, to: string): void {
    let at = 0;
    const { handshake } = this;
    if (handshake !== null && handshake.result === null) {
      at = handshake.take(bytes, 0, bytes.length);
      const hello: Handshake | string | null = this.helloOf(handshake);
      if (hello === null || typeof hello === 'string') return;
      this.network.tell(`${this.host} > ${to}  I am ${hello.sid}`);
    }
    this.frames.take(bytes, at, bytes.length, (message) => {
      const said = readNotification(message);
      if (typeof said === 'string') {
        this.network.tell(`${this.host} > ${to}  nonsense`);
        return true;
      }
      const leader = said.leader === NOBODY ? 'nobody' : said.leader;
      const of = leader === 'nobody' ? '' : ` zxid=0x${said.zxid.toString(16)}/${said.peerEpoch}`;
      this.network.tell(
        `${this.host} > ${to}  ${said.state}: ${leader}${of} round ${said.electionEpoch}`,
      );
      return true;
    });
  }
}

/** Hosts, what they listen with, and which of them hear each other. */
class Network {
  now = 0;
  readonly told: string[] = [];
  private toldSince = 0;
  private readonly listeners = new Map<string, (link: PeerLink) => LinkHandler>();
  private readonly off = new Set<string>();
  private readonly cuts = new Set<string>();
  private readonly refused = new Set<string>();
  /** How many processes have ended on a host: what one has begun does not end in the next. */
  private readonly lives = new Map<string, number>();
  private readonly held: { from: string; to: string; happen(): void }[] = [];
  private readonly ends = new Set<End>();
  private happenings: Happening[] = [];
  private order = 0;

  tell(text: string): void {
    this.told.push(`${String(Math.round(this.now - this.toldSince)).padStart(6)}  ${text}`);
  }

  /** What was told since the last call. */
  take(): string[] {
    this.refused.clear();
    this.toldSince = this.now;
    return this.told.splice(0);
  }

  get next(): number {
    return this.happenings[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  step(): void {
    this.happenings.shift()?.happen();
  }

  private later(ms: number, happen: () => void): void {
    this.happenings.push({ at: this.now + ms, order: this.order++, happen });
    this.happenings.sort((a, b) => a.at - b.at || a.order - b.order);
  }

  private isCut(from: string, to: string): boolean {
    return this.off.has(from) || this.off.has(to) || this.cuts.has([from, to].sort().join());
  }

  /** Brings something to a host, once it can be reached; in order. */
  carry(from: string, to: string, happen: () => void): void {
    if (this.isCut(from, to)) this.held.push({ from, to, happen });
    else this.later(LATENCY, happen);
  }

  listen(host: string, accept: (link: PeerLink) => LinkHandler): void {
    this.listeners.set(host, accept);
  }

  /** The process is killed: its system ends its links and refuses new ones. */
  kill(host: string): void {
    this.endLife(host);
    for (const end of this.ends) {
      if (end.host !== host) continue;
      end.handler = null;
      end.destroy();
    }
  }

  /** The machine loses its power: nobody hears of it. */
  powerOff(host: string): void {
    this.off.add(host);
    this.endLife(host);
    for (const end of this.ends) {
      if (end.host === host) end.handler = null;
    }
  }

  private endLife(host: string): void {
    this.listeners.delete(host);
    this.lives.set(host, (this.lives.get(host) ?? 0) + 1);
  }

  powerOn(host: string): void {
    this.off.delete(host);
    this.held.splice(0, this.held.length, ...this.held.filter((one) => one.to !== host));
  }

  cut(one: string, other: string): void {
    this.cuts.add([one, other].sort().join());
  }

  heal(one: string, other: string): void {
    this.cuts.delete([one, other].sort().join());
    for (const { from, to, happen } of this.held.splice(0)) this.carry(from, to, happen);
  }

  dial(from: string, address: Address | undefined, timeoutMs: number, events: DialEvents): Dial {
    const to = address?.host ?? '';
    let isCancelled = false;
    const life = this.lives.get(from);
    const unlessCancelled = (happen: () => void) => () => {
      if (!isCancelled && this.lives.get(from) === life) happen();
    };
    if (this.isCut(from, to)) {
      this.later(
        timeoutMs,
        unlessCancelled(() => {
          this.tell(`${from} ? ${to}  ${DIAL_TIMEOUT_ERROR}`);
          events.failed(DIAL_TIMEOUT_ERROR);
        }),
      );
    } else {
      this.later(
        LATENCY,
        unlessCancelled(() => this.arrive(from, to, unlessCancelled, events)),
      );
    }
    return {
      cancel() {
        isCancelled = true;
      },
    };
  }

  private arrive(
    from: string,
    to: string,
    unlessCancelled: (happen: () => void) => () => void,
    events: DialEvents,
  ): void {
    const accept = this.listeners.get(to);
    if (accept === undefined) {
      // Once: the dials that follow say nothing new.
      if (!this.refused.has(`${from} ${to}`)) this.tell(`${from} ? ${to}  refused`);
      this.refused.add(`${from} ${to}`);
      this.later(
        LATENCY,
        unlessCancelled(() => events.failed('refused')),
      );
      return;
    }
    this.refused.delete(`${from} ${to}`);
    const here = new End(this, from, to, true);
    const there = new End(this, to, from, false);
    here.other = there;
    there.other = here;
    this.ends.add(here);
    this.ends.add(there);
    there.handler = accept(there);
    this.later(
      LATENCY,
      unlessCancelled(() => {
        here.handler = events.connected(here);
      }),
    );
  }
}

/** What a server of the simulation is told at its start. */
interface StartOptions {
  readonly id: number;
  readonly zxid: bigint;
  readonly epoch: number;
}

/** An ensemble of Election objects. Hosts are called s1, s2 …, by the ids of their servers. */
export class Simulation {
  readonly network = new Network();
  private readonly servers = new Map<string, Election>();
  /** What each server does: looking, leading, or following and whom. */
  readonly roles = new Map<string, string>();
  private readonly random = new Random(3);
  private membership: Membership = {
    members: new Map(),
    groups: [],
    weights: new Map(),
    version: 0n,
  };

  configure(
    ids: readonly number[],
    observers: readonly number[],
    groups: readonly MemberGroup[],
    weights: ReadonlyMap<number, number>,
  ): void {
    const members = [...ids, ...observers].map((id): [number, Member] => [
      id,
      {
        id,
        addresses: [{ host: `s${id}`, quorumPort: 2888, electionPort: 3888 }],
        type: observers.includes(id) ? 'observer' : 'participant',
        clientAddress: null,
        secureClientAddress: null,
      },
    ]);
    this.membership = { members: new Map(members), groups, weights, version: 0n };
  }

  /** Starts a server's process on a host, or lets one that runs look for a leader. */
  start(host: string, { id, zxid, epoch }: StartOptions): void {
    let server = this.servers.get(host);
    if (server === undefined) {
      this.network.powerOn(host);
      server = this.create(host, id);
      this.servers.set(host, server);
    }
    this.roles.set(host, 'looking');
    server.start({ zxid: toZxid(zxid), peerEpoch: epoch });
  }

  private create(host: string, id: number): Election {
    const { network } = this;
    const log: Log = {
      debug() {},
      info() {},
      warn: (text) => network.tell(`${host} warns: ${text}`),
      error: (text) => network.tell(`${host} error: ${text}`),
    };
    const server = new Election(
      {
        clock: {
          get elapsed() {
            return network.now;
          },
        },
        log,
        random: () => this.random.next(),
        network: {
          dial: (addresses, timeoutMs, events) =>
            network.dial(host, addresses[0], timeoutMs, events),
        },
        elected: (vote, state) => {
          const role = state === 'leading' ? state : `${state} ${vote.leader}`;
          network.tell(`${host} is ${role}`);
          this.roles.set(host, role);
        },
        lookingHeard: (sid) => network.tell(`${host} has heard that ${sid} is looking`),
        newerConfig: (text) => network.tell(`${host} has seen a newer configuration: ${text}`),
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
    network.listen(host, (link) => server.accept(link));
    return server;
  }

  updateVote(host: string, epoch: number): void {
    this.servers.get(host)?.updateVote(epoch);
  }

  /** Ends a process at once, as kill -9 does. */
  kill(host: string): void {
    this.network.kill(host);
    this.servers.delete(host);
    this.roles.delete(host);
  }

  /** Ends a machine. */
  powerOff(host: string): void {
    this.network.powerOff(host);
    this.servers.delete(host);
    this.roles.delete(host);
  }

  /** A program that is no server dials a host and writes what it likes. */
  intrude(host: string, bytes: Uint8Array): void {
    this.network.dial('stranger', { host, port: 3888 }, 5000, {
      connected: (link) => {
        link.write(bytes);
        return {
          receive() {},
          drained() {},
          closed: () => this.network.tell(`stranger ? ${host}  closed`),
        };
      },
      failed: () => this.network.tell(`stranger ? ${host}  cannot connect`),
    });
  }

  /** Lets time pass. */
  run(ms: number): void {
    const end = this.network.now + ms;
    for (let steps = 0; ; steps++) {
      if (steps > 100_000) throw new Error('the simulation does not come to rest');
      const due = [...this.servers.values()].filter((one) => one.deadline <= this.network.now);
      if (due.length > 0) {
        for (const one of due) one.run();
        continue;
      }
      const deadlines = [...this.servers.values()].map((one) => one.deadline);
      const next = Math.min(this.network.next, ...deadlines);
      if (next > end) break;
      this.network.now = Math.max(next, this.network.now);
      if (this.network.next <= this.network.now) this.network.step();
    }
    this.network.now = end;
  }

  /** Lets time pass until nobody is looking, or for so long. Gives the ms that it took. */
  runUntilElected(limitMs: number): number {
    const start = this.network.now;
    while (this.isLooking && this.network.now < start + limitMs) this.run(1);
    return this.network.now - start;
  }

  private get isLooking(): boolean {
    return [...this.roles.values()].includes('looking');
  }

  /** What every server is doing. */
  get status(): string {
    return [...this.roles].map(([host, role]) => `${host} ${role}`).join(', ');
  }
}
