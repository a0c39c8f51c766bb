/*
 * Network: ordered byte streams between the hosts of a simulated world. Bytes take their time, arrive in other pieces than they were
 * sent in, wait where a rule holds them back, and are lost only together with their connection, as with TCP.
 *
 * What goes wrong is decided by rules, small functions that look at one piece on its way from one host to another: `hold` keeps it (and
 * all behind it) until the rules change, a number delays it, null leaves it to the next rule. A connection ends for its other side
 * by an end (behind all data), by a reset (data on the way is lost), or not at all: a machine without power says nothing.
 */
import type { Random } from '../harness/random.ts';
import type { Timeline } from './timeline.ts';

/** What becomes of a piece: kept back, delayed by so many ms more, or no opinion. */
export type Verdict = 'hold' | number | null;

/** Looks at what goes from a host to another. */
export type Rule = (from: string, to: string) => Verdict;

/** Hears what happens at one end of a connection. Every call comes later than what caused it. */
export interface EndEvents {
  /** The bytes are the receiver's for the time of the call. */
  receive(bytes: Buffer): void;
  /** All that was sent has been taken by the network, after some of it had to wait. */
  drained(): void;
  /** null: the other side has ended it. Comes once and last. */
  closed(error: string | null): void;
}

/** Where events on a host go: a process, which may be gone or paused by then. */
export interface HostProcess {
  readonly host: string;
  readonly isAlive: boolean;
  /** Runs `event` in this process, later if it is paused, never once it has ended. */
  deliver(event: () => void): void;
}

/** Takes connections to a port; returns who hears of it, null where it is not wanted. */
export type Accept = (end: ConnectionEnd) => EndEvents | null;

/** How the network behaves when nothing is wrong; times in ms. */
export interface NetworkOptions {
  readonly delayMin: number;
  readonly delayMean: number;
  /** How often a piece is late by up to `lateMax`. */
  readonly lateChance: number;
  readonly lateMax: number;
  /** How often what is sent together arrives in pieces. */
  readonly cutChance: number;
  /** How often closing a connection loses what was on the way. */
  readonly resetChance: number;
  /** How often a dial is refused although somebody listens. */
  readonly refuseChance: number;
}

/** Bytes that a connection takes in one direction before its user has to wait. */
const WINDOW = 256 * 1024;
/** Bytes that a process reads at once. */
const READ_SIZE = 64 * 1024;
/** How long a system waits until it asks a silent host for a connection again, in ms. */
const SYN_RETRY = 1000;

type Piece = Buffer | 'end' | 'reset';

/** One end of a connection. */
export class ConnectionEnd {
  readonly process: HostProcess;
  private readonly network: Network;
  events: EndEvents | null = null;
  other: ConnectionEnd | null = null;
  /** Nothing is heard or said here any more. */
  isClosed = false;
  /** The process is gone without a word: whoever writes to it learns that when the machine is there again. */
  isStale = false;
  private readonly held: Piece[] = [];
  private inFlight = 0;
  private mustTellDrained = false;
  private lastArrival = 0;
  private isPaused = false;
  private readonly unread: Piece[] = [];

  constructor(network: Network, process: HostProcess) {
    this.network = network;
    this.process = process;
    this.lastArrival = network.timeline.now;
  }

  get host(): string {
    return this.process.host;
  }

  /** Bytes that the network has not taken yet. */
  get unsentSize(): number {
    return Math.max(0, this.inFlight - WINDOW);
  }

  /** Sends bytes, which are copied. */
  send(bytes: Uint8Array): void {
    if (this.isClosed || bytes.length === 0) return;
    this.inFlight += bytes.length;
    if (this.inFlight > WINDOW / 4) this.mustTellDrained = true;
    const { random, options } = this.network;
    let rest = Buffer.from(bytes);
    while (rest.length > 0) {
      const isCut = rest.length > 1 && random.chance(options.cutChance);
      const size = Math.min(READ_SIZE, isCut ? 1 + random.below(rest.length - 1) : rest.length);
      this.dispatch(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  }

  /** Ends this side: what was sent still arrives, unless the connection is reset. */
  close(isReset = false): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.network.forget(this);
    this.dispatch(isReset ? 'reset' : 'end');
  }

  /** The machine is without power. */
  vanish(): void {
    this.isClosed = true;
    this.isStale = true;
    this.network.forget(this);
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    const { timeline } = this.network;
    for (const piece of this.unread.splice(0)) timeline.after(0, () => this.arrive(piece));
  }

  /** Puts a piece on its way, behind what waits. */
  private dispatch(piece: Piece): void {
    const { other, network } = this;
    if (other === null) return;
    if (this.held.length > 0) {
      this.held.push(piece);
      return;
    }
    const delay = network.delay(this.host, other.host);
    if (delay === null) {
      this.held.push(piece);
      return;
    }
    this.lastArrival = Math.max(this.lastArrival, network.timeline.now + delay);
    network.timeline.at(this.lastArrival, () => {
      if (typeof piece !== 'string') this.taken(piece.length);
      other.arrive(piece);
    });
  }

  /** The rules have changed: perhaps what waits can go. */
  retry(): void {
    for (const piece of this.held.splice(0)) this.dispatch(piece);
  }

  private taken(size: number): void {
    this.inFlight -= size;
    if (!this.mustTellDrained || this.inFlight > WINDOW / 8) return;
    this.mustTellDrained = false;
    this.process.deliver(() => {
      if (!this.isClosed) this.events?.drained();
    });
  }

  private arrive(piece: Piece): void {
    if (this.isStale) {
      this.network.answerStale(this);
      return;
    }
    if (this.isClosed) return;
    if (this.isPaused || this.unread.length > 0) {
      this.unread.push(piece);
      return;
    }
    this.process.deliver(() => this.take(piece));
  }

  private take(piece: Piece): void {
    if (this.isClosed) return;
    // It may have been paused while the process was.
    if (this.isPaused && typeof piece !== 'string') {
      this.unread.push(piece);
      return;
    }
    if (typeof piece === 'string') {
      this.isClosed = true;
      this.network.forget(this);
      this.events?.closed(piece === 'end' ? null : 'connection reset by peer');
    } else {
      this.network.timeline.traceBytes(1, piece);
      this.events?.receive(piece);
    }
  }

  /** The connection breaks for this side. */
  break(error: string): void {
    if (this.isClosed) return;
    this.process.deliver(() => {
      if (this.isClosed) return;
      this.isClosed = true;
      this.network.forget(this);
      this.events?.closed(error);
    });
  }
}

/** All connections of a world. */
export class Network {
  readonly timeline: Timeline;
  readonly random: Random;
  options: NetworkOptions;
  private rules: readonly Rule[] = [];
  private readonly listeners = new Map<string, { process: HostProcess; accept: Accept }>();
  /** Machines without power do not even refuse. */
  readonly off = new Set<string>();
  private readonly ends = new Set<ConnectionEnd>();

  constructor(timeline: Timeline, random: Random, options: NetworkOptions) {
    this.timeline = timeline;
    this.random = random;
    this.options = options;
  }

  /** Sets the rules; what waited goes if it may. */
  setRules(rules: readonly Rule[]): void {
    this.rules = rules;
    for (const end of [...this.ends]) end.retry();
  }

  /** ms that a piece takes, null where it has to wait. */
  delay(from: string, to: string): number | null {
    const { options, random } = this;
    let delay = options.delayMin - Math.log(1 - random.next()) * options.delayMean;
    if (random.chance(options.lateChance)) delay += random.next() * options.lateMax;
    for (const rule of this.rules) {
      const verdict = rule(from, to);
      if (verdict === 'hold') return null;
      if (verdict !== null) delay += verdict;
    }
    return delay;
  }

  listen(process: HostProcess, port: number, accept: Accept): void {
    this.listeners.set(`${process.host}:${port}`, { process, accept });
  }

  unlisten(process: HostProcess, port: number): void {
    this.listeners.delete(`${process.host}:${port}`);
  }

  forget(end: ConnectionEnd): void {
    // What it has sent may still wait for the rules to change.
    if (end.other?.isClosed === true) {
      this.ends.delete(end);
      this.ends.delete(end.other);
    }
  }

  /** Connections between two hosts that are open on both sides, or all of a host. */
  between(one: string, other: string | null): ConnectionEnd[] {
    return [...this.ends].filter(
      (end) => !end.isClosed && end.host === one && (other === null || end.other?.host === other),
    );
  }

  /** Breaks a connection: both sides hear it, each at its time, and what was on the way is lost. */
  cut(end: ConnectionEnd): void {
    const { other } = end;
    for (const side of [end, other]) {
      if (side === null) continue;
      this.timeline.after(this.delay('', '') ?? 0, () => side.break('connection reset by peer'));
    }
  }

  /** Something was sent to a process that is gone: its machine says so if it is there. */
  answerStale(end: ConnectionEnd): void {
    const { other } = end;
    if (other === null || this.off.has(end.host)) return;
    const delay = this.delay(end.host, other.host);
    if (delay !== null) this.timeline.after(delay, () => other.break('connection reset by peer'));
  }

  /** Connects to a port; exactly one of the two callbacks comes, unless the process ends or gives up. Returns how to give up. */
  dial(
    process: HostProcess,
    address: { readonly host: string; readonly port: number },
    timeoutMs: number,
    events: { connected(end: ConnectionEnd): EndEvents; failed(error: string): void },
  ): () => void {
    let isOver = false;
    const fail = (error: string): void => {
      process.deliver(() => {
        if (isOver) return;
        isOver = true;
        events.failed(error);
      });
    };
    const start = this.timeline.now;
    const attempt = (): void => {
      if (isOver) return;
      const there = this.delay(process.host, address.host);
      const back = this.delay(address.host, process.host);
      if (there === null || back === null || this.off.has(address.host)) {
        if (this.timeline.now + SYN_RETRY < start + timeoutMs) {
          this.timeline.after(SYN_RETRY, attempt);
        } else this.timeline.at(start + timeoutMs, () => fail('no answer'));
        return;
      }
      this.timeline.after(there, () => {
        if (!isOver)
          this.arriveDial(process, address, back, {
            ...events,
            fail,
            isOver: () => isOver,
            over: () => (isOver = true),
          });
      });
    };
    attempt();
    return () => {
      isOver = true;
    };
  }

  private arriveDial(
    process: HostProcess,
    address: { readonly host: string; readonly port: number },
    back: number,
    events: {
      connected(end: ConnectionEnd): EndEvents;
      fail(error: string): void;
      isOver(): boolean;
      over(): void;
    },
  ): void {
    if (!process.isAlive) return;
    const listener = this.listeners.get(`${address.host}:${address.port}`);
    if (listener === undefined || this.random.chance(this.options.refuseChance)) {
      this.timeline.after(back, () => events.fail('connection refused'));
      return;
    }
    const here = new ConnectionEnd(this, process);
    const there = new ConnectionEnd(this, listener.process);
    here.other = there;
    there.other = here;
    this.ends.add(here);
    this.ends.add(there);
    listener.process.deliver(() => {
      if (there.isClosed) return;
      there.events = listener.accept(there);
      if (there.events === null) there.close(true);
    });
    this.timeline.after(back, () => {
      process.deliver(() => {
        if (events.isOver()) here.close(true);
        else {
          events.over();
          here.events = events.connected(here);
        }
      });
    });
  }

  /** A process has ended: its connections are reset, or nobody hears anything where the power is gone. */
  processEnded(process: HostProcess, isPowerLoss: boolean): void {
    for (const key of [...this.listeners.keys()]) {
      if (this.listeners.get(key)?.process === process) this.listeners.delete(key);
    }
    for (const end of [...this.ends]) {
      if (end.process !== process || end.isClosed) continue;
      if (isPowerLoss) end.vanish();
      else end.close(true);
    }
  }
}
