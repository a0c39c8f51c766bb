/*
 * Who owns what: the ephemerals of each session, the containers, the znodes with a TTL.
 *
 * Answers to DataTree's maps ephemerals, containers and ttls. Each is a chain of rows through their chunks (znodes.ts), so a million
 * ephemerals are no objects. As in Java, a session whose ephemerals are all gone stays listed until it is closed.
 */

import type { SessionId } from '../jute/int64.ts';
import { readInt32, writeInt32 } from '../jute/int64.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';
import type { Znodes } from './znodes.ts';
import { OwnerKind } from './znodes.ts';

const NEXT = 0;
const PREVIOUS = 4;

/** A chain; the row added last is first. */
class OwnerChain {
  first: Row = NO_ROW;
  count = 0;
}

/** All chains of one tree. */
export class Owners {
  private readonly znodes: Znodes;
  private readonly sessions = new Map<SessionId, OwnerChain>();
  private containers = new OwnerChain();
  private ttls = new OwnerChain();
  /** How many znodes belong to sessions. */
  ephemeralsCount = 0;

  constructor(znodes: Znodes) {
    this.znodes = znodes;
  }

  clear(): void {
    this.sessions.clear();
    this.containers = new OwnerChain();
    this.ttls = new OwnerChain();
    this.ephemeralsCount = 0;
  }

  /** Enters a row, whose owner is `owner`, into the chain of its kind. */
  add(row: Row, owner: SessionId): void {
    const chain = this.chainFor(row, owner);
    if (chain === null) return;
    const { first } = chain;
    this.setLink(row, NEXT, first);
    this.setLink(row, PREVIOUS, NO_ROW);
    if (first !== NO_ROW) this.setLink(first, PREVIOUS, row);
    chain.first = row;
    chain.count += 1;
    if (this.znodes.ownerKind(row) === OwnerKind.session) this.ephemeralsCount += 1;
  }

  private chainFor(row: Row, owner: SessionId): OwnerChain | null {
    switch (this.znodes.ownerKind(row)) {
      case OwnerKind.none:
        return null;
      case OwnerKind.container:
        return this.containers;
      case OwnerKind.ttl:
        return this.ttls;
      case OwnerKind.session: {
        let chain = this.sessions.get(owner);
        if (chain === undefined) {
          chain = new OwnerChain();
          this.sessions.set(owner, chain);
        }
        return chain;
      }
    }
  }

  /** Takes a row out. */
  remove(row: Row, owner: SessionId): void {
    const chain = this.chainFor(row, owner);
    if (chain === null) return;
    const next = this.link(row, NEXT);
    const previous = this.link(row, PREVIOUS);
    if (previous === NO_ROW) chain.first = next;
    else this.setLink(previous, NEXT, next);
    if (next !== NO_ROW) this.setLink(next, PREVIOUS, previous);
    chain.count -= 1;
    if (this.znodes.ownerKind(row) === OwnerKind.session) this.ephemeralsCount -= 1;
  }

  /** Forgets a session that owns nothing any more. */
  closeSession(session: SessionId): void {
    this.sessions.delete(session);
  }

  /** The sessions that own or owned ephemerals. */
  sessionIds(): Iterable<SessionId> {
    return this.sessions.keys();
  }

  /** The ephemerals of a session. */
  rowsOf(session: SessionId): Row[] {
    return this.rowsIn(this.sessions.get(session));
  }

  containerRows(): Row[] {
    return this.rowsIn(this.containers);
  }

  ttlRows(): Row[] {
    return this.rowsIn(this.ttls);
  }

  private rowsIn(chain: OwnerChain | undefined): Row[] {
    const rows: Row[] = [];
    if (chain === undefined) return rows;
    for (let row = chain.first; row !== NO_ROW; row = this.link(row, NEXT)) rows.push(row);
    return rows;
  }

  private link(row: Row, offset: number): Row {
    return readInt32(this.znodes.chunkBytes(row), this.znodes.ownerLinksStart(row) + offset);
  }

  private setLink(row: Row, offset: number, to: Row): void {
    writeInt32(this.znodes.chunkBytes(row), this.znodes.ownerLinksStart(row) + offset, to);
  }
}
