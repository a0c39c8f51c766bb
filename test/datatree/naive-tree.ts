/*
 * NaiveTree: the znode tree as simply as it can be said, a Map of objects, to compare the real one with.
 *
 * Written after DataTree.java and nothing else: no row, no slab, no incremental digest. Slow on purpose.
 */

import { crc32 } from 'node:zlib';
import type { ACL } from '../../src/jute/data.ts';
import { ErrorCode } from '../../src/jute/error-code.ts';
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { EventType, OpCode } from '../../src/jute/op-code.ts';
import type { Txn, TxnHeader } from '../../src/jute/txn.ts';

export const CONTAINER = -(1n << 63n);
const TTL_MASK = -(1n << 56n);

export interface NaiveNode {
  data: Buffer | null;
  acl: string;
  aclId: number;
  readonly children: Set<string>;
  czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  ctime: number;
  mtime: number;
  version: number;
  cversion: number;
  aversion: number;
  owner: bigint;
}

export interface NaiveChange {
  readonly type: number;
  readonly path: string;
}

export interface NaivePart {
  readonly type: number;
  readonly err: number;
  readonly path: string | null;
}

/** The text by which two ACLs are the same. */
export function aclText(acls: readonly ACL[] | null): string {
  return acls === null
    ? 'open'
    : JSON.stringify(acls.map(({ perms, id }) => [perms, id.scheme, id.id]));
}

export class NaiveTree {
  /** The root is "" here. */
  readonly nodes = new Map<string, NaiveNode>();
  readonly ephemerals = new Map<bigint, Set<string>>();
  readonly containers = new Set<string>();
  readonly ttls = new Set<string>();
  readonly quotas = new Set<string>();
  readonly sessions = new Map<SessionId, number>();
  readonly aclIds = new Map<string, { id: number; references: number }>();
  private lastAclId = 0;
  approximateDataSize = 44;
  changes: NaiveChange[] = [];
  lastProcessedZxid = 0n as Zxid;

  constructor() {
    for (const path of ['', '/zookeeper', '/zookeeper/quota', '/zookeeper/config']) {
      this.nodes.set(path, newNode({ zxid: 0n, time: 0, owner: 0n, data: Buffer.alloc(0) }));
      if (path !== '') this.parentOf(path)?.children.add(nameOf(path));
    }
    this.setAcl('/zookeeper/config', [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }], -1);
  }

  get(path: string): NaiveNode | undefined {
    return this.nodes.get(path === '/' ? '' : path);
  }

  get treeDigest(): bigint {
    let sum = 0n;
    for (const path of this.nodes.keys()) sum += BigInt(this.digestOf(path));
    return BigInt.asIntN(64, sum);
  }

  digestOf(path: string): number {
    const node = this.nodes.get(path);
    if (node === undefined || path.startsWith('/zookeeper/')) return 0;
    const stat = Buffer.alloc(60);
    [node.czxid, node.mzxid, node.pzxid, BigInt(node.ctime), BigInt(node.mtime)].forEach(
      (value, index) => {
        stat.writeBigInt64BE(value, 8 * index);
      },
    );
    stat.writeInt32BE(node.version, 40);
    stat.writeInt32BE(node.cversion, 44);
    stat.writeInt32BE(node.aversion, 48);
    stat.writeBigInt64BE(node.owner, 52);
    return crc32(Buffer.concat([Buffer.from(path), node.data ?? Buffer.alloc(0), stat]));
  }

  apply(header: TxnHeader, txn: Txn): { err: number; parts: NaivePart[] | null } {
    this.changes = [];
    let err: number;
    let parts: NaivePart[] | null = null;
    if (txn.type === OpCode.multi) {
      parts = this.multi(header, txn.txns);
      err = parts.find((part) => part.err !== 0)?.err ?? 0;
    } else {
      err = this.one(header, txn);
    }
    if (header.zxid > this.lastProcessedZxid) this.lastProcessedZxid = header.zxid;
    return { err, parts };
  }

  private multi(header: TxnHeader, txns: readonly Txn[]): NaivePart[] {
    const errorIndex = txns.findIndex((txn) => txn.type === OpCode.error);
    return txns.map((txn, index) => {
      if (errorIndex === -1) {
        const err = this.one(header, txn);
        return { type: txn.type, err, path: 'path' in txn ? txn.path : null };
      }
      const other = index > errorIndex ? ErrorCode.runtimeInconsistency : ErrorCode.ok;
      return { type: OpCode.error, err: txn.type === OpCode.error ? txn.err : other, path: null };
    });
  }

  private one(header: TxnHeader, txn: Txn): number {
    switch (txn.type) {
      case OpCode.create:
      case OpCode.create2: {
        const err = this.create(header, txn, txn.ephemeral ? header.clientId : 0n);
        const parent = this.parentOf(txn.path);
        if (err === ErrorCode.nodeExists && txn.type === OpCode.create && parent !== undefined) {
          forward(parent, txn.parentCVersion, header.zxid);
        }
        return err;
      }
      case OpCode.createContainer:
        return this.create(header, txn, CONTAINER);
      case OpCode.createTTL:
        return this.create(header, txn, TTL_MASK | txn.ttl);
      case OpCode.delete:
      case OpCode.deleteContainer:
        return this.delete(txn.path, header.zxid);
      case OpCode.setData:
      case OpCode.reconfig:
        return this.setData(header, txn.path, txn.data, txn.version);
      case OpCode.setACL:
        return this.setAcl(txn.path, txn.acl, txn.version);
      case OpCode.createSession:
        this.sessions.set(header.clientId, txn.timeOut);
        return 0;
      case OpCode.closeSession:
        this.closeSession(header, txn.paths2Delete);
        return 0;
      case OpCode.error:
        return txn.err;
      default:
        return 0;
    }
  }

  private create(
    header: TxnHeader,
    txn: {
      path: string;
      data: Uint8Array | null;
      acl: readonly ACL[] | null;
      parentCVersion: number;
    },
    owner: bigint,
  ): number {
    const { path } = txn;
    const parent = this.parentOf(path);
    if (parent === undefined) return ErrorCode.noNode;
    const aclId = this.takeAcl(txn.acl);
    const existing = this.nodes.get(path);
    if (existing !== undefined) {
      this.releaseAcl(existing.acl);
      existing.acl = aclText(txn.acl);
      existing.aclId = aclId;
      return ErrorCode.nodeExists;
    }
    forward(parent, txn.parentCVersion, header.zxid);
    const data = txn.data === null ? null : Buffer.from(txn.data);
    const node = newNode({ zxid: header.zxid, time: header.time, owner, data });
    node.acl = aclText(txn.acl);
    node.aclId = aclId;
    parent.children.add(nameOf(path));
    this.nodes.set(path, node);
    this.approximateDataSize += path.length + (data?.length ?? 0);
    this.ownersOf(owner)?.add(path);
    const quotaPath = parentPathOf(path).slice('/zookeeper/quota'.length);
    if (parentPathOf(path).startsWith('/zookeeper/quota/')) {
      if (nameOf(path) === 'zookeeper_limits') this.quotas.add(quotaPath);
      if (nameOf(path) === 'zookeeper_stats') this.recount(quotaPath);
    }
    this.use(path, 1, data?.length ?? 0);
    this.changed(EventType.nodeCreated, path);
    this.changed(EventType.nodeChildrenChanged, parentPathOf(path) || '/');
    return 0;
  }

  private ownersOf(owner: bigint): Set<string> | null {
    if (owner === 0n) return null;
    if (owner === CONTAINER) return this.containers;
    if (owner < 0n && (owner & TTL_MASK) === TTL_MASK) return this.ttls;
    let paths = this.ephemerals.get(owner);
    if (paths === undefined) {
      paths = new Set();
      this.ephemerals.set(owner, paths);
    }
    return paths;
  }

  private delete(path: string, zxid: bigint): number {
    const parent = this.parentOf(path);
    if (parent === undefined) return ErrorCode.noNode;
    parent.children.delete(nameOf(path));
    if (zxid > parent.pzxid) parent.pzxid = zxid;
    const node = this.nodes.get(path);
    if (node === undefined) return ErrorCode.noNode;
    this.nodes.delete(path);
    this.releaseAcl(node.acl);
    this.approximateDataSize -= path.length + (node.data?.length ?? 0);
    this.ownersOf(node.owner)?.delete(path);
    if (nameOf(path) === 'zookeeper_limits') {
      this.quotas.delete(parentPathOf(path).slice('/zookeeper/quota'.length));
    }
    this.use(path, -1, -(node.data?.length ?? 0));
    this.changed(EventType.nodeDeleted, path);
    this.changed(EventType.nodeChildrenChanged, parentPathOf(path) || '/');
    return 0;
  }

  private setData(
    header: TxnHeader,
    path: string,
    data: Uint8Array | null,
    version: number,
  ): number {
    const node = this.get(path);
    if (node === undefined) return ErrorCode.noNode;
    const difference = (data?.length ?? 0) - (node.data?.length ?? 0);
    node.data = data === null ? null : Buffer.from(data);
    node.mtime = header.time;
    node.mzxid = header.zxid;
    node.version = version;
    this.approximateDataSize += difference;
    this.use(path, 0, difference);
    this.changed(EventType.nodeDataChanged, path);
    return 0;
  }

  private setAcl(path: string, acl: readonly ACL[] | null, version: number): number {
    const node = this.get(path);
    if (node === undefined) return ErrorCode.noNode;
    this.releaseAcl(node.acl);
    node.aclId = this.takeAcl(acl);
    node.acl = aclText(acl);
    node.aversion = version;
    return 0;
  }

  private closeSession(header: TxnHeader, named: readonly string[] | null): void {
    for (const path of named ?? []) this.delete(path, header.zxid);
    for (const path of [...(this.ephemerals.get(header.clientId) ?? [])].reverse()) {
      this.delete(path, header.zxid);
    }
    this.ephemerals.delete(header.clientId);
    this.sessions.delete(header.clientId);
  }

  private takeAcl(acl: readonly ACL[] | null): number {
    if (acl === null) return -1;
    const text = aclText(acl);
    const entry = this.aclIds.get(text) ?? { id: ++this.lastAclId, references: 0 };
    entry.references += 1;
    this.aclIds.set(text, entry);
    return entry.id;
  }

  private releaseAcl(text: string): void {
    const entry = this.aclIds.get(text);
    if (entry === undefined) return;
    entry.references -= 1;
    if (entry.references === 0) this.aclIds.delete(text);
  }

  private recount(path: string): void {
    let [count, bytes] = [0, 0];
    for (const [other, node] of this.nodes) {
      if (other !== path && !other.startsWith(`${path}/`)) continue;
      count += 1;
      bytes += node.data?.length ?? 0;
    }
    this.writeStats(path, count, bytes);
  }

  private use(path: string, count: number, bytes: number): void {
    const prefixes = [...this.quotas].filter(
      (root) => path === root || path.startsWith(`${root}/`),
    );
    const root = prefixes.sort((a, b) => b.length - a.length)[0];
    if (root === undefined) return;
    const stats = this.nodes.get(`/zookeeper/quota${root}/zookeeper_stats`);
    const match = /^count=(-?\d+),bytes=(-?\d+)/.exec(stats?.data?.toString() ?? '');
    if (match === null) return;
    this.writeStats(root, Number(match[1]) + count, Number(match[2]) + bytes);
  }

  private writeStats(root: string, count: number, bytes: number): void {
    const stats = this.nodes.get(`/zookeeper/quota${root}/zookeeper_stats`);
    if (stats !== undefined) stats.data = Buffer.from(`count=${count},bytes=${bytes}`);
  }

  private changed(type: number, path: string): void {
    this.changes.push({ type, path });
  }

  parentOf(path: string): NaiveNode | undefined {
    return path.startsWith('/') ? this.nodes.get(parentPathOf(path)) : undefined;
  }
}

function newNode(of: {
  zxid: bigint;
  time: number;
  owner: bigint;
  data: Buffer | null;
}): NaiveNode {
  const { zxid, time, owner, data } = of;
  const zxids = { czxid: zxid, mzxid: zxid, pzxid: zxid };
  const versions = { version: 0, cversion: 0, aversion: 0 };
  const rest = { ctime: time, mtime: time, owner, data, acl: 'open', aclId: -1 };
  return { ...zxids, ...versions, ...rest, children: new Set<string>() };
}

function forward(parent: NaiveNode, cversion: number, zxid: bigint): void {
  const next = cversion === -1 ? parent.cversion + 1 : cversion;
  if (next <= parent.cversion) return;
  parent.cversion = next;
  parent.pzxid = zxid;
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The root's path is "" here. */
export function parentPathOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
