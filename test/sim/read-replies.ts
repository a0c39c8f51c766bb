/*
 * Replies to what changes nothing: reads and watches. Each is told to the log of its session, which compares it with what was committed
 * up to its zxid; replies to writes are looked at elsewhere (sim-client.ts, asked-writes.ts).
 */
import type { Zxid } from '../../src/jute/int64.ts';
import { WireReader } from '../harness/wire.ts';
import { WriteError } from './expected-writes.ts';
import type { SessionLog } from './session-log.ts';
import type { TreeModel } from './tree-model.ts';
import { dataText, readStatText } from './tree-model.ts';
import { Violation } from './violation.ts';
import type { Wish } from './workload.ts';

const NO_NODE = -101;
const NO_WATCHER = -121;

/** Who hears a reply. */
export interface Listener {
  readonly log: SessionLog;
  readonly model: TreeModel;
  /** Who it is, as access lists name it. */
  readonly ids: readonly string[];
}

/** A reply, and what it is to. */
export interface Reply {
  readonly wish: Wish;
  /** What all clients had seen when it was asked for. */
  readonly floor: bigint;
  readonly zxid: Zxid;
  readonly err: number;
  /** What stands behind the header. */
  readonly body: Buffer;
}

/** Compares a reply, with a Violation where something else was due. False for one to a write, which is not looked at. */
export function takeRead(listener: Listener, reply: Reply): boolean {
  const { log } = listener;
  const { wish, floor, zxid, err, body } = reply;
  switch (wish.kind) {
    case 'ping':
    case 'setWatches':
    case 'sync':
      return true;
    case 'auth':
      if (err !== 0) throw new Violation('AccessLists', `${log.who} is not known: ${err}`);
      return true;
    case 'getData':
      takeData(listener, reply);
      return true;
    case 'syncRead':
      takeData(listener, reply);
      log.readBehindSync(zxid, floor);
      return true;
    case 'exists':
      takeExists(listener, reply);
      return true;
    case 'addWatch':
      if (err === 0) log.watchAlways(wish.path, zxid);
      return true;
    case 'addRecursiveWatch':
      if (err === 0) log.watchBelow(wish.path, zxid);
      return true;
    case 'removeWatches':
      if (err === 0 || err === NO_WATCHER) log.watchesRemoved(wish.path, err === 0);
      return true;
    case 'getEphemerals':
      if (err === 0) log.readEphemerals(zxid, readNames(new WireReader(body)));
      return true;
    case 'getChildren':
      takeChildren(listener, reply);
      return true;
    default:
      return false;
  }
}

function readNames(reader: WireReader): readonly string[] {
  return reader.vector(() => reader.string() ?? '') ?? [];
}

function takeExists({ log, model }: Listener, { wish, zxid, err, body }: Reply): void {
  if (err === 0) log.readStat(wish.path, zxid, readStatText(new WireReader(body)));
  if (err !== 0 && err !== NO_NODE) return;
  const isThere = model.dataAt(wish.path, zxid) !== null;
  if (isThere !== (err === 0)) log.readData(wish.path, zxid, err === 0 ? 'something' : null);
  if (wish.watch === true) log.watch('data', wish.path, err === 0, zxid);
}

function takeData({ log, ids }: Listener, { wish, zxid, err, body }: Reply): void {
  if (err === 0 || err === WriteError.noAuth) {
    log.readAllowed(wish.path, zxid, ids, err === 0);
  }
  if (err !== 0 && err !== NO_NODE) return;
  const reader = new WireReader(body);
  const data = err === 0 ? dataText(reader.buffer()) : null;
  log.readData(wish.path, zxid, data);
  if (err === 0) log.readStat(wish.path, zxid, readStatText(reader));
  if (wish.watch === true && err === 0) log.watch('data', wish.path, true, zxid);
}

function takeChildren({ log, ids }: Listener, { wish, zxid, err, body }: Reply): void {
  if (err === 0 || err === WriteError.noAuth) {
    log.readAllowed(wish.path, zxid, ids, err === 0);
  }
  if (err !== 0 && err !== NO_NODE) return;
  const reader = new WireReader(body);
  const names = err === 0 ? readNames(reader) : null;
  log.readChildren(wish.path, zxid, names);
  if (err === 0 && wish.hasStat === true) {
    log.readStat(wish.path, zxid, readStatText(reader));
  }
  if (wish.watch === true && err === 0) log.watch('child', wish.path, true, zxid);
}
