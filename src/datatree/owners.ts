/*
 * Who owns what: the ephemerals of each session, the containers, the znodes with a TTL.
 *
 * Answers to DataTree's maps ephemerals, containers and ttls. Each is a chain of rows through their chunks (znode-layout.ts), so a million
 * ephemerals are no objects. As in Java, a session whose ephemerals are all gone stays listed until it is closed.
 */

import type { SessionId } from '../jute/int64.ts';
import { readInt32, writeInt32 } from '../jute/int64.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';
import { OwnerKind } from './znode-layout.ts';
import type { ZnodeRows } from './znode-rows.ts';

const NEXT = 0;
const PREVIOUS = 4;

/** A chain; the row added last is first. */
class OwnerChain {
  first: Row = NO_ROW;
  count = 0;
  walk: OwnerWalk | null = null;
}

/**
 * A walk through the containers or through the znodes with a TTL, part by part, with transactions in between: what they delete is
 * left out, what they create is for the next walk.
 */
export class OwnerWalk {
  private readonly owners: Owners;
  /** Where it goes on; moved by Owners when that row is taken out. */
  at: Row;

  constructor(owners: Owners, first: Row) {
    this.owners = owners;
    this.at = first;
  }

  /** The next rows, `limit` of them at most and none when the walk is over. To be looked at before the next transaction. */
  next(limit: number): Row[] {
    const rows: Row[] = [];
    for (; this.at !== NO_ROW && rows.length < limit; this.at = this.owners.rowBehind(this.at)) {
      rows.push(this.at);
    }
    return rows;
  }
}

/** All chains of one tree. */
export class Owners {
  private readonly znodes: ZnodeRows;
  private readonly sessions = new Map<SessionId, OwnerChain>();
  private containers = new OwnerChain();
  private ttls = new OwnerChain();
  /** How many znodes belong to sessions. */
  ephemeralsCount = 0;
  /** How many znodes with a TTL were entered and taken out. */
  ttlsAddedCount = 0;
  ttlsRemovedCount = 0;

  constructor(znodes: ZnodeRows) {
    this.znodes = znodes;
  }

  clear(): void {
    this.sessions.clear();
    for (const { walk } of [this.containers, this.ttls]) if (walk !== null) walk.at = NO_ROW;
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
    const kind = this.znodes.ownerKind(row);
    if (kind === OwnerKind.session) this.ephemeralsCount += 1;
    else if (kind === OwnerKind.ttl) this.ttlsAddedCount += 1;
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
    if (chain.walk?.at === row) chain.walk.at = next;
    chain.count -= 1;
    const kind = this.znodes.ownerKind(row);
    if (kind === OwnerKind.session) this.ephemeralsCount -= 1;
    else if (kind === OwnerKind.ttl) this.ttlsRemovedCount += 1;
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
    const rows: Row[] = [];
    const first = this.sessions.get(session)?.first ?? NO_ROW;
    for (let row = first; row !== NO_ROW; row = this.link(row, NEXT)) rows.push(row);
    return rows;
  }

  /** Begins a walk through the containers; one that is under way ends. */
  walkContainers(): OwnerWalk {
    return this.startWalk(this.containers);
  }

  /** Begins a walk through the znodes with a TTL; one that is under way ends. */
  walkTtls(): OwnerWalk {
    return this.startWalk(this.ttls);
  }

  private startWalk(chain: OwnerChain): OwnerWalk {
    if (chain.walk !== null) chain.walk.at = NO_ROW;
    chain.walk = new OwnerWalk(this, chain.first);
    return chain.walk;
  }

  /** The row behind `row` in its chain. */
  rowBehind(row: Row): Row {
    return this.link(row, NEXT);
  }

  private link(row: Row, offset: number): Row {
    return readInt32(this.znodes.chunkBytes(row), this.znodes.ownerLinksStart(row) + offset);
  }

  private setLink(row: Row, offset: number, to: Row): void {
    writeInt32(this.znodes.chunkBytes(row), this.znodes.ownerLinksStart(row) + offset, to);
  }
}
