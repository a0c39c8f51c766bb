/*
 * Two ends that talk to each other over real sockets of 127.0.0.1: networks with turns of their own, handlers that write down
 * what they hear, and an address that never answers.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { vi } from 'vitest';
import type { Address, DialEvents, LinkHandler, PeerLink } from '../../../src/quorum/ports.ts';
import { NodePeerNetwork } from '../../../src/server/host/peer-network.ts';

/** A network whose turns end when the loop has handed out what was ready, as ServerHost does it. */
export class Turns {
  readonly network = new NodePeerNetwork(() => this.openTurn(), false);
  isOpen = false;

  openTurn(): void {
    if (this.isOpen) return;
    this.isOpen = true;
    setImmediate(() => {
      this.isOpen = false;
      this.network.flush();
    });
  }
}

/** Writes down what a link tells, and whether a turn was open then. */
export class Heard implements LinkHandler {
  readonly bytes: number[] = [];
  size = 0;
  drains = 0;
  isOutsideTurn = false;
  private readonly turns: Turns;
  private readonly resolve: (error: string | null) => void;
  readonly end: Promise<string | null>;

  constructor(turns: Turns) {
    this.turns = turns;
    const { promise, resolve } = deferred<string | null>();
    this.end = promise;
    this.resolve = resolve;
  }

  private look(): void {
    if (!this.turns.isOpen) this.isOutsideTurn = true;
  }

  receive(chunk: Uint8Array, size: number): void {
    this.look();
    this.size += size;
    for (let i = 0; i < size; i += 1) this.bytes.push(chunk[i] ?? -1);
  }

  drained(): void {
    this.look();
    this.drains += 1;
  }

  closed(error: string | null): void {
    this.look();
    this.resolve(error);
  }
}

/** Waits until a check does not fail any more. */
export function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: 20_000 });
}

/** A promise with its ends outside. */
export function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** How a dial ended: with a link and its handler, or with an error. */
export type DialEnd = { readonly link: PeerLink; readonly heard: Heard } | string;

/** Dials and waits for the end. */
export function dial(
  turns: Turns,
  addresses: readonly Address[],
  timeoutMs = 20_000,
): Promise<DialEnd> {
  const { promise, resolve } = deferred<DialEnd>();
  const events: DialEvents = {
    connected(link) {
      const heard = new Heard(turns);
      resolve({ link, heard });
      return heard;
    },
    failed: resolve,
  };
  turns.network.dial(addresses, timeoutMs, events);
  return promise;
}

/** Dials where it is sure that somebody answers. */
export async function linkTo(
  turns: Turns,
  ...addresses: readonly Address[]
): Promise<{ readonly link: PeerLink; readonly heard: Heard }> {
  const end = await dial(turns, addresses);
  if (typeof end === 'string') throw new Error(end);
  return end;
}

/** A plain server of node:net with the sockets that it has accepted. */
export interface PlainServer {
  readonly address: Address;
  readonly server: Server;
  /** The next socket that connects. */
  next(): Promise<Socket>;
}

/** The port of a server that listens. */
export function portOf(server: Server): number {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('not on a port');
  return bound.port;
}

/** Starts a plain server on a free port. */
export async function plainServer(): Promise<PlainServer> {
  const sockets: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    const take = waiting.shift();
    if (take === undefined) sockets.push(socket);
    else take(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: { host: '127.0.0.1', port: portOf(server) },
    server,
    next: () => {
      const socket = sockets.shift();
      if (socket !== undefined) return Promise.resolve(socket);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** A port that nobody listens on: one that was free a moment ago. */
export async function closedPort(): Promise<Address> {
  const { address, server } = await plainServer();
  await new Promise((resolve) => server.close(resolve));
  return address;
}

/** Listens in a thread that then never accepts, so that its queue is full after two connections. */
const SILENT = `
const { createServer } = require('node:net');
const { parentPort } = require('node:worker_threads');
const server = createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});`;

/** An address whose machine does not answer at all. */
export async function silentAddress(): Promise<{
  readonly address: Address;
  readonly close: () => Promise<unknown>;
}> {
  const worker = new Worker(SILENT, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const fillers: Socket[] = [];
  for (let i = 0; i < 2; i += 1) {
    const filler = connect(port, '127.0.0.1');
    filler.on('error', () => undefined);
    await new Promise((resolve) => filler.once('connect', resolve));
    fillers.push(filler);
  }
  const close = (): Promise<unknown> => {
    for (const filler of fillers) filler.destroy();
    return worker.terminate();
  };
  return { address: { host: '127.0.0.1', port }, close };
}
