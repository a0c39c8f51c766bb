/*
 * NameLookups: the addresses of hosts by the system's resolver, few at a time. getaddrinfo holds one of the few threads that the
 * disk needs too, for many seconds where a name server does not answer; lookups must not keep the log from being written.
 *
 * What a name meant last is kept for those who cannot wait (Java: MultipleAddresses.recreateSocketAddresses keeps the old address
 * where a lookup fails).
 */
import { type LookupAddress, lookup } from 'node:dns';
import { isIP } from 'node:net';

/** Lookups that may run at once, of the four threads that libuv has. */
const CONCURRENT = 2;

/** Is told the addresses of a host, IPv4 first; none, and why, where it has none. Called once, in a later turn. */
export type Resolved = (addresses: readonly string[], error: string | null) => void;

/** Resolves names. */
export class NameLookups {
  private readonly known = new Map<string, readonly string[]>();
  /** Who waits for which name; every name in it is being looked up or stands in the queue. */
  private readonly waiting = new Map<string, Resolved[]>();
  private readonly queue: string[] = [];
  private running = 0;

  /** Looks a name up; who asks while that is going on shares the answer. */
  resolve(host: string, resolved: Resolved): void {
    if (isIP(host) !== 0) {
      setImmediate(resolved, [host], null);
      return;
    }
    const others = this.waiting.get(host);
    if (others !== undefined) {
      others.push(resolved);
      return;
    }
    this.waiting.set(host, [resolved]);
    this.queue.push(host);
    this.next();
  }

  /** What a name meant when it was looked up last; empty where that is not known. */
  lastKnown(host: string): readonly string[] {
    return this.known.get(host) ?? [];
  }

  private next(): void {
    if (this.running >= CONCURRENT) return;
    const host = this.queue.shift();
    if (host === undefined) return;
    this.running += 1;
    // Java binds and dials IPv4 where a name has both.
    lookup(host, { all: true, order: 'ipv4first' }, (error, found) => {
      this.running -= 1;
      this.answer(host, error, found);
      this.next();
    });
  }

  private answer(host: string, error: NodeJS.ErrnoException | null, found: LookupAddress[]): void {
    const addresses = error === null ? found.map((one) => one.address) : [];
    if (addresses.length > 0) this.known.set(host, addresses);
    const reason = addresses.length > 0 ? null : `cannot resolve ${host}: ${lookupFault(error)}`;
    const waiting = this.waiting.get(host) ?? [];
    this.waiting.delete(host);
    for (const resolved of waiting) resolved(addresses, reason);
  }
}

function lookupFault(error: NodeJS.ErrnoException | null): string {
  switch (error?.code) {
    case undefined:
    case 'ENOTFOUND':
      return 'there is no such name';
    case 'EAI_AGAIN':
      return 'the name server does not answer';
    default:
      return error?.message ?? '';
  }
}
