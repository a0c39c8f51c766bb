/*
 * WatchRequests: requests that set, look for and remove watches, and the sending of watch events
 * (Java: FinalRequestProcessor, DataTree.setWatches, NIOServerCnxn.process).
 *
 * Handlers have the shape of those in reads.ts: they append a response and return a code.
 */

import type { ServerMetrics, ServerStats } from '../../admin/metrics/index.ts';
import type { DataTree } from '../../datatree/data-tree.ts';
import type { Change, Watches } from '../../datatree/watches.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import {
  AddWatchMode,
  EventType,
  KEEPER_STATE_SYNC_CONNECTED,
  Perms,
  SpecialXid,
  WatcherType,
} from '../../jute/op-code.ts';
import type { JuteReader } from '../../jute/reader.ts';
import { JuteError } from '../../jute/reader.ts';
import type { PathKindRequest, SetWatches } from '../../jute/requests.ts';
import { readPathKindRequest, readSetWatches, readSetWatches2 } from '../../jute/requests.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { AccessControl } from '../auth/access.ts';
import type { Connection } from '../client/connection.ts';

/** The zxid of an event that no transaction of now has caused. */
const NO_ZXID = new Uint8Array(8).fill(0xff);

/** Sets watches and tells their events. */
export class WatchRequests {
  private readonly tree: DataTree;
  private readonly watches: Watches<Connection>;
  private readonly access: AccessControl;
  private readonly stats: ServerStats;
  private readonly metrics: ServerMetrics;
  /** Watchers of the change being told. */
  private watcherCount = 0;
  /** The zxid that is sent with the events of the change being told. */
  private zxidBytes: Uint8Array = NO_ZXID;

  constructor(ports: {
    readonly tree: DataTree;
    readonly watches: Watches<Connection>;
    readonly access: AccessControl;
    readonly stats: ServerStats;
    readonly metrics: ServerMetrics;
  }) {
    this.tree = ports.tree;
    this.watches = ports.watches;
    this.access = ports.access;
    this.stats = ports.stats;
    this.metrics = ports.metrics;
  }

  /** path ustring, mode int -> err int */
  addWatch(connection: Connection, reader: JuteReader, out: JuteWriter): ErrorCode {
    const { path, kind } = readPathKindRequest(reader);
    if (path === null) throw new JuteError('a request without a path');
    if (kind === AddWatchMode.persistent) this.watches.addPersistent(path, connection);
    else if (kind === AddWatchMode.persistentRecursive) {
      this.watches.addPersistentRecursive(path, connection);
    } else throw new JuteError(`no mode of a watch is ${kind}`);
    out.writeInt(ErrorCode.ok);
    return ErrorCode.ok;
  }

  /** path ustring, type int -> nothing */
  checkWatches(connection: Connection, reader: JuteReader): ErrorCode {
    const { path, kind } = readWatcherType(reader);
    if (path === null) throw new JuteError('a request without a path');
    return this.watches.has(path, kind, connection) ? ErrorCode.ok : ErrorCode.noWatcher;
  }

  /** path ustring, type int -> nothing. Nobody watches a null path: in Java 3.8 that is NoWatcher, not a fault. */
  removeWatches(connection: Connection, reader: JuteReader): ErrorCode {
    const { path, kind } = readWatcherType(reader);
    const isRemoved = path !== null && this.watches.remove(path, kind, connection);
    return isRemoved ? ErrorCode.ok : ErrorCode.noWatcher;
  }

  /** SetWatches -> nothing */
  setWatches(connection: Connection, reader: JuteReader): ErrorCode {
    this.setAgain(connection, readSetWatches(reader));
    return ErrorCode.ok;
  }

  /** SetWatches2 -> nothing */
  setWatches2(connection: Connection, reader: JuteReader): ErrorCode {
    this.setAgain(connection, readSetWatches2(reader));
    return ErrorCode.ok;
  }

  /** Leaves each watch anew, or tells at once what it has missed since relativeZxid. */
  private setAgain(connection: Connection, request: SetWatches): void {
    const { tree, watches } = this;
    for (const path of paths(request.dataWatches)) {
      const row = tree.findPath(path);
      if (row < 0) this.send(connection, EventType.nodeDeleted, path, NO_ZXID);
      else if (tree.mzxid(row) > request.relativeZxid) {
        this.send(connection, EventType.nodeDataChanged, path, NO_ZXID);
      } else watches.addData(path, connection);
    }
    for (const path of paths(request.existWatches)) {
      if (tree.findPath(path) >= 0) this.send(connection, EventType.nodeCreated, path, NO_ZXID);
      else watches.addData(path, connection);
    }
    for (const path of paths(request.childWatches)) {
      const row = tree.findPath(path);
      if (row < 0) this.send(connection, EventType.nodeDeleted, path, NO_ZXID);
      else if (tree.pzxid(row) > request.relativeZxid) {
        this.send(connection, EventType.nodeChildrenChanged, path, NO_ZXID);
      } else watches.addChild(path, connection);
    }
    for (const path of paths(request.persistentWatches)) watches.addPersistent(path, connection);
    for (const path of paths(request.persistentRecursiveWatches)) {
      watches.addPersistentRecursive(path, connection);
    }
  }

  /** Tells everybody who watches of what a transaction has changed. Whoever may not read the znode hears nothing (CVE-2024-23944). */
  announce(changes: readonly Change[], zxidBytes: Uint8Array): void {
    this.zxidBytes = zxidBytes;
    for (const change of changes) {
      this.watcherCount = 0;
      this.watches.trigger(change, this.deliver);
      if (this.watcherCount > 0) this.countWatchers(change.type, this.watcherCount);
    }
  }

  private countWatchers(type: EventType, count: number): void {
    const { metrics } = this;
    if (type === EventType.nodeCreated) metrics.nodeCreatedWatchCount.add(count);
    else if (type === EventType.nodeDeleted) metrics.nodeDeletedWatchCount.add(count);
    else if (type === EventType.nodeDataChanged) metrics.nodeChangedWatchCount.add(count);
    else if (type === EventType.nodeChildrenChanged) metrics.nodeChildrenWatchCount.add(count);
  }

  private readonly deliver = (
    connection: Connection,
    type: EventType,
    path: string,
    aclId: number,
  ): void => {
    this.watcherCount += 1;
    const mayKnow =
      aclId === -1 ||
      this.access.allows(connection.authIds, this.tree.aclTable.aclsOf(aclId), Perms.read);
    if (mayKnow) this.send(connection, type, path, this.zxidBytes);
  };

  /** Frame: ReplyHeader (xid -1), type int, state int, path ustring. */
  private send(connection: Connection, type: number, path: string, zxidBytes: Uint8Array): void {
    const start = connection.startReply(SpecialXid.notification, zxidBytes, ErrorCode.ok);
    const out = connection.out();
    out.writeInt(type);
    out.writeInt(KEEPER_STATE_SYNC_CONNECTED);
    out.writeString(path);
    this.stats.countNotification(connection.endReply(start));
    connection.stats.countSent();
  }
}

function readWatcherType(reader: JuteReader): PathKindRequest {
  const request = readPathKindRequest(reader);
  const { kind } = request;
  if (kind < WatcherType.children || kind > WatcherType.persistentRecursive) {
    throw new JuteError(`no kind of watch is ${kind}`);
  }
  return request;
}

/** The paths of a list from the wire, of which Java stumbles over null ones. */
function paths(list: readonly (string | null)[] | null): readonly string[] {
  if (list === null) throw new JuteError('a list of watches that is null');
  return list.map((path) => {
    if (path === null) throw new JuteError('a watch without a path');
    return path;
  });
}
