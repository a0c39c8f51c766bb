/*
 * How many connections there may be, in all and from one address (Java: NIOServerCnxnFactory, maxCnxns and maxClientCnxns).
 *
 * Both count from the moment a client is accepted until its connection is closed, with a session or without. maxCnxns is 0,
 * no limit, by default as in Java; the file descriptors of the process limit them then (host/descriptors.ts).
 */

/** Counts connections. */
export class ConnectionLimits {
  private readonly maxInAll: number;
  private readonly maxPerAddress: number;
  private readonly countByAddress = new Map<string, number>();
  private countInAll = 0;

  /** Limits of 0 or less are none. */
  constructor(limits: { readonly maxCnxns: number; readonly maxClientCnxns: number }) {
    this.maxInAll = limits.maxCnxns;
    this.maxPerAddress = limits.maxClientCnxns;
  }

  /** Why a connection from `address` cannot be taken, or null when it was counted in. */
  admit(address: string): string | null {
    if (this.maxInAll > 0 && this.countInAll >= this.maxInAll) {
      return `Too many connections max allowed is ${this.maxInAll}`;
    }
    const count = this.countByAddress.get(address) ?? 0;
    if (this.maxPerAddress > 0 && count >= this.maxPerAddress) {
      return `Too many connections from ${address} - max is ${this.maxPerAddress}`;
    }
    this.countByAddress.set(address, count + 1);
    this.countInAll += 1;
    return null;
  }

  /** Counts out a connection that was counted in. */
  leave(address: string): void {
    const count = this.countByAddress.get(address) ?? 0;
    if (count <= 1) this.countByAddress.delete(address);
    else this.countByAddress.set(address, count - 1);
    this.countInAll -= 1;
  }
}
