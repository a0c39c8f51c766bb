/*
 * The network between the servers of a test's ensemble: every server finds every other one behind a proxy of its own, so
 * that a link can be cut, can lose one direction without a word (half-open), and can heal.
 *
 * It looks into what it carries in two places. The first message of an election connection tells where its sender wants
 * to be called back (QuorumCnxManager.InitialMessage); the address is replaced by that of the proxy for the way back, for
 * otherwise the call would go past it. And the first packets from a leader to a learner tell how that is brought up to
 * date (Leader.DIFF, TRUNC, SNAP), which is noted for the tests to see.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { WireReader, WireWriter } from '../../../harness/wire.ts';

/** The two ports of a server that other servers call: 2888 and 3888. */
export type LinkKind = 'quorum' | 'election';

/** How a leader brought a learner up to date. */
export type SyncKind = 'DIFF' | 'TRUNC' | 'SNAP';

/** One synchronisation that was seen on the wire. */
export interface SeenSync {
  readonly leader: number;
  readonly learner: number;
  readonly kind: SyncKind;
}

const syncKinds: ReadonlyMap<number, SyncKind> = new Map([
  [13, 'DIFF'],
  [14, 'TRUNC'],
  [15, 'SNAP'],
]);

/** PROTOCOL_VERSION_V1 and _V2 of QuorumCnxManager. */
const electionProtocols: ReadonlySet<bigint> = new Set([-65_536n, -65_535n]);

/** Bytes before the address of an InitialMessage: protocol version (8), sid (8), length (4). */
const initialHeaderBytes = 20;

/** What changes or looks at the bytes of one direction; it returns what is to be sent on. */
type Lens = (bytes: Buffer) => Buffer;

const clear: Lens = (bytes) => bytes;

/** Puts another address into the first message of an election connection. */
function readdress(address: string): Lens {
  let held: Buffer | null = Buffer.alloc(0);
  return (bytes) => {
    if (held === null) return bytes;
    held = Buffer.concat([held, bytes]);
    if (held.length < initialHeaderBytes) return Buffer.alloc(0);
    const all = held;
    const end = initialHeaderBytes + all.readInt32BE(16);
    if (!electionProtocols.has(all.readBigInt64BE(0)) || end < initialHeaderBytes) {
      held = null;
      return all;
    }
    if (all.length < end) return Buffer.alloc(0);
    held = null;
    const told = new WireWriter().raw(all.subarray(0, 16)).string(address).bytes();
    return Buffer.concat([told, all.subarray(end)]);
  };
}

/** The kind of the first packet that says how a learner is synchronised, and what is behind the last whole packet. */
function scanPackets(bytes: Buffer): SyncKind | Buffer {
  let rest = bytes;
  try {
    for (;;) {
      const reader = new WireReader(rest);
      const kind = syncKinds.get(reader.int());
      if (kind !== undefined) return kind;
      // QuorumPacket: type, zxid, data, authinfo.
      reader.long();
      reader.buffer();
      reader.vector(() => [reader.string(), reader.string()]);
      rest = reader.rest();
    }
  } catch (error) {
    // The packet is not whole yet.
    if (!(error instanceof RangeError)) throw error;
    return rest;
  }
}

/** Reads what a leader says first, until it says how the learner is synchronised; changes nothing. */
function lookForSync(found: (kind: SyncKind) => void): Lens {
  let held: Buffer | null = Buffer.alloc(0);
  return (bytes) => {
    if (held === null) return bytes;
    const seen = scanPackets(Buffer.concat([held, bytes]));
    if (typeof seen === 'string') {
      found(seen);
      held = null;
    } else held = seen;
    return bytes;
  };
}

/** One direction of one connection. */
class Flow {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #lens: Lens;
  #isStopped: boolean;
  #isClosed = false;

  constructor(source: Socket, sink: Socket, lens: Lens, isStopped: boolean) {
    this.#source = source;
    this.#sink = sink;
    this.#lens = lens;
    this.#isStopped = isStopped;
    source.setNoDelay(true);
    source.on('error', () => {});
    source.on('data', (bytes: Buffer) => {
      if (sink.destroyed || sink.write(this.#lens(bytes))) return;
      source.pause();
      sink.once('drain', () => this.#resume());
    });
    source.on('end', () => sink.end());
    source.on('close', () => {
      this.#isClosed = true;
      // Nobody is told of an end while nothing gets through.
      if (!this.#isStopped) sink.destroy();
    });
    if (isStopped) source.pause();
    else source.resume();
  }

  #resume(): void {
    if (!this.#isStopped) this.#source.resume();
  }

  /** Lets nothing through, or lets through what has been waiting. */
  stop(isStopped: boolean): void {
    this.#isStopped = isStopped;
    if (isStopped) this.#source.pause();
    else if (this.#isClosed) this.#sink.destroy();
    else this.#source.resume();
  }
}

/**
 * How long a leader may take to open its port after it was elected (ms). Whoever follows it tries again when he is
 * refused, but here he has been accepted: by the proxy.
 */
const openingLimitMs = 5_000;

/** Connects to a port, trying again for so long while it is refused; null if it stays so. */
async function dial(port: number, limitMs: number): Promise<Socket | null> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    try {
      await once(socket, 'connect');
      return socket.pause();
    } catch {
      socket.destroy();
    }
    if (performance.now() >= deadline) return null;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What one server dials when it wants another: a port that leads to a port of that one. */
interface Road {
  readonly from: number;
  readonly to: number;
  readonly kind: LinkKind;
  readonly listener: Server;
  readonly port: number;
  readonly sockets: Set<Socket>;
  readonly flows: Set<{ readonly from: number; readonly to: number; readonly flow: Flow }>;
}

/** All links between the servers. */
export class Links {
  readonly #roads: Road[] = [];
  /** `from>to` of directions that let nothing through. */
  readonly #stopped = new Set<string>();
  /** `from>to`, both ways, of links that are cut. */
  readonly #cut = new Set<string>();
  /** The synchronisations in the order they were begun. */
  readonly syncs: SeenSync[] = [];

  /** Opens the way of one server to a port of another, and returns the port to dial instead. */
  async open(road: {
    readonly from: number;
    readonly to: number;
    readonly kind: LinkKind;
    readonly port: number;
  }): Promise<number> {
    const { from, to, kind, port: target } = road;
    const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const address = listener.address();
    if (address === null || typeof address === 'string') throw new Error('no port was given');
    const { port } = address;
    const opened: Road = { from, to, kind, listener, port, sockets: new Set(), flows: new Set() };
    this.#roads.push(opened);
    listener.on('connection', (dialer) => void this.#carry(opened, dialer, target));
    return address.port;
  }

  /** Dials the other end, and connects the two once it has answered. */
  async #carry(road: Road, dialer: Socket, target: number): Promise<void> {
    const { from, to, kind, sockets, flows } = road;
    if (this.#cut.has(`${from}>${to}`)) {
      dialer.resetAndDestroy();
      return;
    }
    sockets.add(dialer);
    dialer.on('error', () => {});
    dialer.once('close', () => sockets.delete(dialer));
    const called = await dial(target, kind === 'quorum' ? openingLimitMs : 0);
    if (called === null || dialer.destroyed) {
      called?.destroy();
      dialer.destroy();
      return;
    }
    sockets.add(called);
    const [there, back] = this.#lenses(road);
    const both = [
      { from, to, flow: new Flow(dialer, called, there, this.#stopped.has(`${from}>${to}`)) },
      {
        from: to,
        to: from,
        flow: new Flow(called, dialer, back, this.#stopped.has(`${to}>${from}`)),
      },
    ];
    for (const flow of both) flows.add(flow);
    called.once('close', () => {
      sockets.delete(called);
      for (const flow of both) flows.delete(flow);
    });
  }

  #lenses({ from, to, kind }: Road): readonly [there: Lens, back: Lens] {
    if (kind === 'quorum') {
      const found = (kind: SyncKind) => this.syncs.push({ leader: to, learner: from, kind });
      return [clear, lookForSync(found)];
    }
    const back = this.#roads.find(
      (road) => road.from === to && road.to === from && road.kind === 'election',
    );
    return [back === undefined ? clear : readdress(`127.0.0.1:${back.port}`), clear];
  }

  #between(one: number, other: number): Road[] {
    return this.#roads.filter(
      ({ from, to }) => (from === one && to === other) || (from === other && to === one),
    );
  }

  /** Resets every connection between two servers and lets none be made, until the link heals. */
  cut(one: number, other: number): void {
    this.#cut.add(`${one}>${other}`).add(`${other}>${one}`);
    this.drop(one, other);
  }

  /** Resets every connection between two servers, with what is on its way; new ones can be made. */
  drop(one: number, other: number): void {
    for (const { sockets } of this.#between(one, other)) {
      for (const socket of sockets) socket.resetAndDestroy();
    }
  }

  /** Nothing that one server sends reaches the other any more, and neither is told. The way back is as it was. */
  blackhole(from: number, to: number): void {
    this.#stopped.add(`${from}>${to}`);
    this.#stop(from, to, true);
  }

  /** Both directions of a link as they should be; what was held up arrives now. */
  heal(one: number, other: number): void {
    for (const way of [`${one}>${other}`, `${other}>${one}`]) {
      this.#cut.delete(way);
      this.#stopped.delete(way);
    }
    this.#stop(one, other, false);
    this.#stop(other, one, false);
  }

  #stop(from: number, to: number, isStopped: boolean): void {
    for (const { flows } of this.#between(from, to)) {
      for (const flow of flows) {
        if (flow.from === from && flow.to === to) flow.flow.stop(isStopped);
      }
    }
  }

  /** How a learner was synchronised the last time, if it was. */
  lastSync(learner: number): SeenSync | undefined {
    return this.syncs.findLast((sync) => sync.learner === learner);
  }

  /** Ends everything. */
  destroy(): void {
    for (const { listener, sockets } of this.#roads) {
      listener.close();
      for (const socket of sockets) socket.destroy();
    }
  }
}
