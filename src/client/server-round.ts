/*
 * Whose turn it is: the servers of the connection string in a random order, round and round (Java: StaticHostProvider).
 */

import type { ServerAddress } from './connection-string.ts';

/** The servers in the order of one client. */
export class ServerRound {
  readonly #servers: readonly ServerAddress[];
  readonly #random: () => number;
  #next = 0;
  /** How many were tried since one was connected to. */
  #tried = 0;
  #hasBeenConnected = false;

  /** @param random from 0 up to, not including, 1 */
  constructor(servers: readonly ServerAddress[], random: () => number) {
    if (servers.length === 0) throw new TypeError('A client needs a server');
    this.#servers = shuffled(servers, random);
    this.#random = random;
  }

  /** How many servers there are. */
  get count(): number {
    return this.#servers.length;
  }

  /** The server to try now. */
  next(): ServerAddress {
    const server = this.#servers[this.#next % this.#servers.length];
    if (server === undefined) throw new Error('a round without servers');
    this.#next = (this.#next + 1) % this.#servers.length;
    this.#tried += 1;
    return server;
  }

  /** The server of the last next() serves. */
  connected(): void {
    this.#tried = 0;
    this.#hasBeenConnected = true;
  }

  /**
   * How long to wait before the next one is tried, ms: nothing while a new client has not tried all, otherwise a random part of
   * `limitMs`, because the clients of a server that has gone all come at once.
   */
  pauseMs(limitMs: number): number {
    if (!this.#hasBeenConnected && this.#tried < this.#servers.length) return 0;
    return this.#random() * limitMs;
  }
}

function shuffled<T>(values: readonly T[], random: () => number): readonly T[] {
  const left = [...values];
  const all: T[] = [];
  while (left.length > 0) all.push(...left.splice(Math.floor(random() * left.length), 1));
  return all;
}
