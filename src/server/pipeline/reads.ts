/*
 * Reads: requests that change nothing, answered straight into the connection's output
 * (Java: the second half of FinalRequestProcessor.processRequest).
 *
 * getData, exists and getChildren are what a server spends its life with: they find the znode by the bytes of the path as they
 * came, make no string unless a watch is left, and copy header, data and Stat once. Every handler takes the record behind the
 * request header, appends its response and returns 0, or returns the code of the error, and then what it appended is dropped.
 * What a request may see is decided by the identities that its client had when it asked, not by those it has when it is answered.
 */

import type { ServerMetrics } from '../../admin/metrics/index.ts';
import type { DataTree, Row } from '../../datatree/data-tree.ts';
import type { Watches } from '../../datatree/watches.ts';
import type { ACL, Id } from '../../jute/data.ts';
import { STAT_SIZE, writeACLs } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { MultiGet } from '../../jute/multi.ts';
import { isMultiGet, readMultiOps, writeMultiEnd, writeMultiHeader } from '../../jute/multi.ts';
import { OpCode, Perms } from '../../jute/op-code.ts';
import type { JuteReader } from '../../jute/reader.ts';
import { decodeString, JuteError } from '../../jute/reader.ts';
import { writeWhoAmIResponse } from '../../jute/responses.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { AccessControl } from '../auth/access.ts';
import type { Connection } from '../client/connection.ts';
import type { ChildrenCache } from './children-cache.ts';

/** The access list that lets everybody do everything is not looked at. */
const OPEN_ACL_ID = -1;
/**
 * Bytes that one multiRead may be answered with. Forty thousand names of a znode of a megabyte fit into a request, and the
 * buffer for their answer into no process; Java runs out of memory.
 */
const MULTI_READ_SIZE_LIMIT = 256 * 1024 * 1024;

const SPACE = 0x20;

/** Answers reads. */
export class Reads {
  private readonly tree: DataTree;
  private readonly watches: Watches<Connection>;
  private readonly access: AccessControl;
  private readonly metrics: ServerMetrics;
  private readonly childrenCache: ChildrenCache;
  /** Where the path of the request being answered stands in the reader's bytes. */
  private pathStart = 0;
  private pathEnd = 0;

  constructor(ports: {
    readonly tree: DataTree;
    readonly watches: Watches<Connection>;
    readonly access: AccessControl;
    readonly metrics: ServerMetrics;
    readonly childrenCache: ChildrenCache;
  }) {
    this.tree = ports.tree;
    this.watches = ports.watches;
    this.access = ports.access;
    this.metrics = ports.metrics;
    this.childrenCache = ports.childrenCache;
  }

  /** Notes where the path is; the bytes themselves are enough to find a znode. A null path is an error without a code of its own. */
  private readPath(reader: JuteReader): void {
    const length = reader.readInt();
    if (length < 0) throw new JuteError('a request without a path');
    this.pathStart = reader.skip(length);
    this.pathEnd = this.pathStart + length;
  }

  private find(reader: JuteReader): Row {
    return this.tree.find(reader.bytes, this.pathStart, this.pathEnd);
  }

  private path(reader: JuteReader): string {
    return decodeString(reader.bytes, this.pathStart, this.pathEnd);
  }

  private mayDo(authIds: readonly Id[], row: Row, perms: number): boolean {
    const aclId = this.tree.aclId(row);
    if (aclId === OPEN_ACL_ID) return true;
    return this.access.allows(authIds, this.tree.aclTable.aclsOf(aclId), perms);
  }

  private countRead(reader: JuteReader, size: number): void {
    const { bytes } = reader;
    const total = this.pathEnd - this.pathStart + size + STAT_SIZE;
    this.metrics.readPerNamespace.addBytes(bytes, this.pathStart, this.pathEnd, total);
  }

  /** path ustring, watch boolean -> data buffer, stat Stat */
  getData(
    connection: Connection,
    reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    this.readPath(reader);
    const watch = reader.readBoolean();
    const row = this.find(reader);
    if (row < 0) return ErrorCode.noNode;
    if (!this.mayDo(authIds, row, Perms.read)) return ErrorCode.noAuth;
    const size = this.appendData(row, out);
    if (watch) this.watches.addData(this.path(reader), connection);
    this.countRead(reader, size);
    return ErrorCode.ok;
  }

  /** Appends data and Stat of a znode; returns the size of the data. */
  private appendData(row: Row, out: JuteWriter): number {
    const { tree } = this;
    const sizeOrNull = tree.dataSize(row);
    const size = Math.max(0, sizeOrNull);
    const at = out.reserve(4 + size + STAT_SIZE);
    const { bufferView } = out;
    bufferView.setInt32(at, sizeOrNull);
    if (size > 0) tree.copyData(row, bufferView, at + 4);
    tree.copyStat(row, bufferView, at + 4 + size);
    return size;
  }

  /** path ustring, watch boolean -> stat Stat. A missing znode can be watched; one that is there needs READ (since 3.9.2). */
  exists(
    connection: Connection,
    reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    this.readPath(reader);
    const watch = reader.readBoolean();
    const row = this.find(reader);
    if (row < 0 && this.hasNull(reader)) return ErrorCode.badArguments;
    if (row >= 0 && !this.mayDo(authIds, row, Perms.read)) return ErrorCode.noAuth;
    if (watch) this.watches.addData(this.path(reader), connection);
    if (row < 0) return ErrorCode.noNode;
    this.appendStat(row, out);
    this.countRead(reader, 0);
    return ErrorCode.ok;
  }

  private hasNull(reader: JuteReader): boolean {
    return reader.bytes.subarray(this.pathStart, this.pathEnd).includes(0);
  }

  private appendStat(row: Row, out: JuteWriter): void {
    const at = out.reserve(STAT_SIZE);
    this.tree.copyStat(row, out.bufferView, at);
  }

  /** path ustring, watch boolean -> children vector<ustring> */
  getChildren(
    connection: Connection,
    reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    this.readPath(reader);
    const watch = reader.readBoolean();
    const row = this.find(reader);
    if (row < 0) return ErrorCode.noNode;
    if (!this.mayDo(authIds, row, Perms.read)) return ErrorCode.noAuth;
    const size = this.appendChildren(row, out);
    if (watch) this.watches.addChild(this.path(reader), connection);
    this.countRead(reader, size);
    return ErrorCode.ok;
  }

  /** Appends the names of the children; returns their size. */
  private appendChildren(row: Row, out: JuteWriter): number {
    const before = out.length;
    this.childrenCache.append(row, out);
    return out.length - before - 4 * (this.tree.childCount(row) + 1);
  }

  /** path ustring, watch boolean -> children vector<ustring>, stat Stat */
  getChildren2(
    connection: Connection,
    reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    const err = this.getChildren(connection, reader, out, authIds);
    if (err === ErrorCode.ok) this.appendStat(this.find(reader), out);
    return err;
  }

  /** path ustring -> totalNumber int: all descendants */
  getAllChildrenNumber(
    _connection: Connection,
    reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    this.readPath(reader);
    const row = this.find(reader);
    if (row < 0) return ErrorCode.noNode;
    if (!this.mayDo(authIds, row, Perms.read)) return ErrorCode.noAuth;
    // Java's table of znodes has the root twice, as '' and as '/', and counts the second below the first.
    const secondRoot = this.pathStart === this.pathEnd ? 1 : 0;
    out.writeInt(this.tree.subtreeSize(row) + secondRoot);
    return ErrorCode.ok;
  }

  /** path ustring -> acl vector<ACL>, stat Stat. Whoever has no ADMIN sees digests as `user:x`. */
  getACL(
    _connection: Connection,
    reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    this.readPath(reader);
    const row = this.find(reader);
    if (row < 0) return ErrorCode.noNode;
    if (!this.mayDo(authIds, row, Perms.read | Perms.admin)) return ErrorCode.noAuth;
    const acls = this.tree.aclTable.aclsOf(this.tree.aclId(row));
    writeACLs(out, this.mayDo(authIds, row, Perms.admin) ? acls : acls.map(withoutSecret));
    this.appendStat(row, out);
    return ErrorCode.ok;
  }

  /** prefixPath ustring -> ephemerals vector<ustring>: those of the caller's session */
  getEphemerals(connection: Connection, reader: JuteReader, out: JuteWriter): ErrorCode {
    const prefix = reader.readString();
    const { session } = connection;
    const own = session === null ? [] : this.tree.ephemeralsOf(session.id);
    const isAll = prefix === null || ['', '/'].includes(trimmed(prefix));
    out.writeStrings(isAll ? own : own.filter((path) => path.startsWith(prefix)));
    return ErrorCode.ok;
  }

  /** -> clientInfo vector<ClientInfo> */
  whoAmI(
    _connection: Connection,
    _reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    const infos = authIds.map(({ scheme, id }) => ({
      authScheme: scheme,
      user: this.access.schemes.get(scheme ?? '')?.userName(id ?? '') ?? '',
    }));
    writeWhoAmIResponse(out, infos);
    return ErrorCode.ok;
  }

  /** path ustring -> path ustring. Everything that was asked before is applied when this is answered. */
  sync(_connection: Connection, reader: JuteReader, out: JuteWriter): ErrorCode {
    out.writeString(reader.readString());
    return ErrorCode.ok;
  }

  /** A sequence of getData and getChildren -> their results, each with an error of its own. */
  multiRead(
    _connection: Connection,
    reader: JuteReader,
    out: JuteWriter,
    authIds: readonly Id[],
  ): ErrorCode {
    const ops = readMultiOps(reader);
    if (!ops.every(isMultiGet)) throw new JuteError('a writing operation in a multiRead');
    const end = out.length + MULTI_READ_SIZE_LIMIT;
    for (const op of ops) {
      this.appendRead(authIds, op, out);
      if (out.length > end) throw new JuteError('a multiRead of more than can be answered');
    }
    writeMultiEnd(out);
    return ErrorCode.ok;
  }

  private appendRead(authIds: readonly Id[], op: MultiGet, out: JuteWriter): void {
    if (op.path === null) throw new JuteError('a request without a path');
    const row = this.tree.findPath(op.path);
    const readable = row >= 0 && this.mayDo(authIds, row, Perms.read);
    if (!readable) {
      const err = row < 0 ? ErrorCode.noNode : ErrorCode.noAuth;
      writeMultiHeader(out, { type: OpCode.error, done: false, err });
      out.writeInt(err);
      return;
    }
    writeMultiHeader(out, { type: op.type, done: false, err: 0 });
    const size =
      op.type === OpCode.getData ? this.appendData(row, out) : this.appendChildren(row, out);
    this.metrics.readPerNamespace.add(op.path, op.path.length + size + STAT_SIZE);
  }
}

/** As Java's String.trim does it: without what is not above a space at either end. */
function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && text.charCodeAt(start) <= SPACE) start += 1;
  while (end > start && text.charCodeAt(end - 1) <= SPACE) end -= 1;
  return text.slice(start, end);
}

function withoutSecret(acl: ACL): ACL {
  if (acl.id.scheme !== 'digest' || acl.id.id === null) return acl;
  return { perms: acl.perms, id: { scheme: 'digest', id: acl.id.id.replace(/:.*/, ':x') } };
}
