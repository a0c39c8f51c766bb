/*
 * ServerRound: which server a client tries next. As clients of ZooKeeper do (Java: StaticHostProvider; kazoo), it goes round all of
 * them, each round in an order of its own: chance does not keep a client away from a server that would take it.
 */
import type { Random } from '../harness/random.ts';

/** The servers that a client knows, one after the other. */
export class ServerRound {
  private readonly random: Random;
  private readonly servers: readonly string[];
  /** Those that were not tried in this round. */
  private left: string[] = [];

  constructor(random: Random, servers: readonly string[]) {
    this.random = random;
    this.servers = servers;
  }

  /** The next to try. */
  next(): string {
    if (this.left.length === 0) this.left = [...this.servers];
    const server = this.random.pick(this.left);
    this.left = this.left.filter((other) => other !== server);
    return server;
  }
}
