/*
 * SessionLog: what one client has been told in one session, compared with what was promised: the order of replies, the zxids, the data
 * that a read shows at its zxid, and the watch events in front of the data that they announce.
 */
import type { Zxid } from '../../src/jute/int64.ts';
import { toHex, toSessionId, toZxid } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { Perm } from './expected-writes.ts';
import type { Ledger } from './ledger.ts';
import { Violation } from './violation.ts';

/** Watches by the table that a server keeps them in. */
export type WatchTable = 'data' | 'child';

/** A one-shot watch that a client counts on. */
export interface Registration {
  readonly table: WatchTable;
  readonly path: string;
  /** The znode was there. */
  readonly existed: boolean;
  /** When it was left. */
  at: Zxid;
}

/** What all clients together have seen. */
export interface Horizon {
  /** The highest zxid that any client was told. */
  seen: bigint;
}

/** Events of watches (Watcher.Event.EventType). */
export const WatchEvent = { created: 1, deleted: 2, dataChanged: 3, childrenChanged: 4 } as const;

function hex(zxid: bigint): string {
  return `0x${toHex(zxid)}`;
}

/** One session of one client. */
export class SessionLog {
  readonly who: string;
  sessionId = 0n;
  /** The highest zxid that it was told. */
  lastZxid: Zxid = toZxid(0n);
  readonly watches = new Map<string, Registration>();
  /** Persistent watches: up to which zxid their events were compared, and those that have come since. */
  readonly persistent = new Map<string, { at: Zxid; readonly events: Set<bigint> }>();
  /** Recursive ones: the events are zxid and path. */
  readonly recursive = new Map<string, { at: Zxid; readonly events: Set<string> }>();
  private readonly ledger: Ledger;
  private readonly horizon: Horizon;
  private lastWrite = 0n;

  constructor(who: string, ledger: Ledger, horizon: Horizon) {
    this.who = who;
    this.ledger = ledger;
    this.horizon = horizon;
  }

  /** A reply has come that was given at a zxid. */
  heard(zxid: Zxid): void {
    if (zxid <= 0n) return;
    if (zxid < this.lastZxid) {
      throw new Violation(
        'SessionOrder',
        `${this.who} is told zxid ${hex(zxid)} after ${hex(this.lastZxid)}`,
      );
    }
    this.lastZxid = zxid;
    const txn = this.ledger.txnAt(zxid);
    if (txn > this.horizon.seen) this.horizon.seen = txn;
    for (const one of this.watches.values()) this.mustHaveFired(one, zxid);
    for (const path of this.persistent.keys()) this.mustHaveToldAll(path, zxid);
    for (const path of this.recursive.keys()) this.mustHaveToldAllBelow(path, zxid);
  }

  /** A recursive watch tells every znode that is made, set or deleted at its path and below it. */
  private mustHaveToldAllBelow(path: string, zxid: Zxid): void {
    const watch = this.recursive.get(path);
    if (watch === undefined || watch.at >= zxid) return;
    const { events, at } = watch;
    const all = this.ledger.model.changesBelow(path, at, zxid);
    const silent = all.find((one) => !events.has(`${one.zxid} ${one.path}`));
    if (silent !== undefined) {
      throw new Violation(
        'Watches',
        `${this.who} is shown zxid ${hex(zxid)} without the event of ${silent.path} at ${hex(silent.zxid)} of its recursive watch on ${path}`,
      );
    }
    watch.at = zxid;
    events.clear();
  }

  /** A recursive watch is there from a zxid on. */
  watchBelow(path: string, at: Zxid): void {
    if (!this.recursive.has(path)) this.recursive.set(path, { at, events: new Set() });
  }

  /** All watches on a path were taken away, or there were none. */
  watchesRemoved(path: string, wereThere: boolean): void {
    const had = [
      this.take('data', path),
      this.take('child', path),
      this.persistent.delete(path),
      this.recursive.delete(path),
    ];
    if (had.includes(true) === wereThere) return;
    throw new Violation(
      'Watches',
      `${this.who} is told that it had ${wereThere ? 'a watch' : 'no watch'} on ${path}, which is not so`,
    );
  }

  /** A persistent watch tells every change. */
  private mustHaveToldAll(path: string, zxid: Zxid): void {
    const watch = this.persistent.get(path);
    if (watch === undefined || watch.at >= zxid) return;
    const { events, at } = watch;
    const silent = this.ledger.model.changesWithin(path, at, zxid).find((one) => !events.has(one));
    if (silent !== undefined) {
      throw new Violation(
        'Watches',
        `${this.who} is shown zxid ${hex(zxid)} without the event of ${hex(silent)} of its persistent watch on ${path}`,
      );
    }
    watch.at = zxid;
    events.clear();
  }

  /** A persistent watch is there from a zxid on. */
  watchAlways(path: string, at: Zxid): void {
    if (!this.persistent.has(path)) this.persistent.set(path, { at, events: new Set() });
  }

  /** A watch event is seen before anything that is newer than what it tells. */
  private mustHaveFired({ table, path, at, existed }: Registration, zxid: Zxid): void {
    const { model } = this.ledger;
    const isChanged =
      table === 'data' ? model.changedAt(path, zxid) > at : this.childrenChanged(path, at, zxid);
    if (!isChanged) return;
    throw new Violation(
      'Watches',
      `${this.who} is shown zxid ${hex(zxid)} without the event of its ${existed ? table : 'exist'} ` +
        `watch on ${path}, left at ${hex(at)}`,
    );
  }

  private childrenChanged(path: string, at: Zxid, zxid: Zxid): boolean {
    const { model } = this.ledger;
    if (model.childrenChangedAt(path, zxid) > at) return true;
    return path !== '/' && model.dataAt(path, zxid) === null;
  }

  /** A watch that is left by a read. */
  watch(table: WatchTable, path: string, existed: boolean, at: Zxid): void {
    const key = `${table} ${path}`;
    if (!this.watches.has(key)) this.watches.set(key, { table, path, existed, at });
  }

  /** A watch event has come. @param isResetting watches are being left anew, and some may tell the same thing twice */
  event(type: number, path: string, zxid: bigint, isResetting: boolean): void {
    const always = this.persistent.get(path);
    always?.events.add(zxid);
    const isBelow = this.noteBelow(type, path, zxid);
    let isExpected =
      always !== undefined || isBelow || (type === WatchEvent.deleted && isResetting);
    if (type !== WatchEvent.childrenChanged) isExpected = this.take('data', path) || isExpected;
    if (type === WatchEvent.childrenChanged || type === WatchEvent.deleted) {
      isExpected = this.take('child', path) || isExpected;
    }
    if (isExpected) return;
    throw new Violation(
      'Watches',
      `${this.who} hears event ${type} of ${path}, which it does not watch`,
    );
  }

  private noteBelow(type: number, path: string, zxid: bigint): boolean {
    if (type === WatchEvent.childrenChanged) return false;
    let isBelow = false;
    for (const [root, { events }] of this.recursive) {
      if (!`${path}/`.startsWith(`${root}/`)) continue;
      isBelow = true;
      events.add(`${zxid} ${path}`);
    }
    return isBelow;
  }

  private take(table: WatchTable, path: string): boolean {
    return this.watches.delete(`${table} ${path}`);
  }

  /** Watches were left anew at a zxid: one on a znode that was made and deleted meanwhile has nothing to tell. */
  watchesReset(zxid: Zxid): void {
    const { model } = this.ledger;
    for (const one of this.watches.values()) {
      if (!one.existed && model.dataAt(one.path, zxid) === null) one.at = zxid;
    }
    for (const one of [...this.persistent.values(), ...this.recursive.values()]) {
      // Nothing is told of what was missed.
      one.at = zxid;
      one.events.clear();
    }
  }

  /** A write was answered. @param floor what all clients had seen when it was asked */
  written(xid: number, zxid: Zxid, err: number, floor: bigint): void {
    const entry = this.ledger.entryAt(zxid);
    const isOwn = entry?.clientId === this.sessionId && entry.cxid === xid;
    if (entry === undefined || !isOwn) {
      throw new Violation(
        'Durability',
        `${this.who} is told that request ${xid} of ${hex(this.sessionId)} has zxid ${hex(zxid)}, where the history has ` +
          (entry === undefined ? 'nothing' : `request ${entry.cxid} of ${hex(entry.clientId)}`),
      );
    }
    const expected = entry.txn.type === OpCode.error ? entry.txn.err : 0;
    if (entry.txn.type !== OpCode.multi && expected !== err) {
      throw new Violation('Durability', `${this.who} is told ${err}, the history has ${expected}`);
    }
    if (zxid <= floor) {
      throw new Violation(
        'LinearizableWrites',
        `${this.who} has ${hex(zxid)} for a write that it asked for after ${hex(floor)} was seen`,
      );
    }
    if (zxid <= this.lastWrite) {
      throw new Violation(
        'SessionOrder',
        `${this.who} has its writes carried out in another order`,
      );
    }
    this.lastWrite = zxid;
  }

  /** The data of a znode was read; null: it is not there. */
  readData(path: string, zxid: Zxid, data: string | null): void {
    const expected = this.ledger.model.dataAt(path, zxid);
    if (expected === data) return;
    throw new Violation(
      'ReadsTheTree',
      `${this.who} reads ${short(data)} in ${path} at ${hex(zxid)}, where the history has ${short(expected)}`,
    );
  }

  /** The children of a znode were read; null: it is not there. */
  readChildren(path: string, zxid: Zxid, names: readonly string[] | null): void {
    const { model } = this.ledger;
    const isThere = path === '/' || model.dataAt(path, zxid) !== null;
    const expected = isThere ? model.childrenAt(path, zxid) : null;
    const seen = names === null ? null : names.filter((name) => name !== 'zookeeper').sort();
    if (expected?.join() === seen?.join()) return;
    throw new Violation(
      'ReadsTheTree',
      `${this.who} reads the children ${seen?.join()} of ${path} at ${hex(zxid)}, where the history has ${expected?.join()}`,
    );
  }

  /** The Stat of a znode was read, as readStatText has it. */
  readStat(path: string, zxid: Zxid, stat: string): void {
    const expected = this.ledger.model.statAt(path, zxid);
    // What nobody has changed yet has no Stat here.
    if (expected === undefined || expected === stat) return;
    throw new Violation(
      'ReadsTheTree',
      `${this.who} reads the Stat ${stat} of ${path} at ${hex(zxid)}, where the history has ${expected}`,
    );
  }

  /** A znode was read, or its access list denied that. */
  readAllowed(path: string, zxid: Zxid, ids: readonly string[], wasAllowed: boolean): void {
    if (this.ledger.model.isAllowedAt(path, zxid, Perm.read, ids) === wasAllowed) return;
    throw new Violation(
      'AccessLists',
      `${this.who} ${wasAllowed ? 'reads' : 'may not read'} ${path} at ${hex(zxid)}, which is wrong`,
    );
  }

  /** The ephemerals of this session were read. */
  readEphemerals(zxid: Zxid, paths: readonly string[]): void {
    const expected = this.ledger.model.ephemeralsAt(toSessionId(this.sessionId), zxid).join();
    const seen = [...paths].sort().join();
    if (expected === seen) return;
    throw new Violation(
      'Ephemerals',
      `${this.who} reads that it owns ${seen} at ${hex(zxid)}, where the history has ${expected}`,
    );
  }

  /** A read behind a sync was answered. @param floor what all clients had seen when the sync was asked for */
  readBehindSync(zxid: Zxid, floor: bigint): void {
    // A leader shows the beginning of its epoch where followers show the last transaction before it.
    if (this.ledger.txnAt(zxid) >= floor) return;
    throw new Violation(
      'SyncThenRead',
      `${this.who} reads at ${hex(zxid)} behind a sync that it asked for after ${hex(floor)} was seen`,
    );
  }
}

function short(data: string | null): string {
  return data === null ? 'nothing' : JSON.stringify(data.slice(0, 24));
}
