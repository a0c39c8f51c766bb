/*
 * TreeModel: what the committed transactions make of the znodes, at every zxid. A read that says which zxid it was made at can be
 * compared with it whenever it is heard of.
 *
 * The transactions are applied by the naive tree that the tests of the datatree compare the real one with; here is what it looked like
 * at each zxid.
 */
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { toSessionId } from '../../src/jute/int64.ts';
import { EventType, OpCode } from '../../src/jute/op-code.ts';
import type { Txn, TxnHeader } from '../../src/jute/txn.ts';
import type { NaiveNode } from '../datatree/naive-tree.ts';
import { NaiveTree } from '../datatree/naive-tree.ts';
import type { WireReader } from '../harness/wire.ts';
import { isAllowed } from './expected-writes.ts';

/** A znode from one zxid on; null data: it is not there. */
interface Version {
  readonly zxid: Zxid;
  readonly data: string | null;
}

/** What else is known of a znode from one zxid on; null stat: it is not there. */
interface Facts {
  readonly zxid: Zxid;
  readonly stat: string | null;
  readonly acl: string;
  readonly owner: bigint;
}

/** A znode was created, set or deleted. */
export interface Change {
  readonly zxid: Zxid;
  readonly path: string;
}

function pushTo<T>(lists: Map<string, T[]>, key: string, one: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [one]);
  else list.push(one);
}

/** A Stat as it is compared: its fields in the order of the wire. */
function statText(node: NaiveNode): string {
  const { czxid, mzxid, pzxid, ctime, mtime, version, cversion, aversion, owner } = node;
  const count = node.children.size;
  const size = node.data?.length ?? 0;
  // Clients are told of all changes of the children, of which the tree counts those that create, and of no owner that is not a session
  // (Java: DataNode.copyStat).
  return [
    ...[
      czxid,
      mzxid,
      ctime,
      mtime,
      version,
      2 * cversion - count,
      aversion,
      owner > 0n ? owner : 0n,
    ],
    ...[size, count, pzxid],
  ].join();
}

/** A Stat off the wire, 68 bytes, as it is compared. */
export function readStatText(reader: WireReader): string {
  const head = [reader.long(), reader.long(), reader.long(), reader.long()];
  const versions = [reader.int(), reader.int(), reader.int()];
  return [...head, ...versions, reader.long(), reader.int(), reader.int(), reader.long()].join();
}

/** The last of a list in ascending order that is not above a zxid. */
function floor<T extends { readonly zxid: Zxid }>(list: readonly T[], zxid: Zxid): T | undefined {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const one = list[middle];
    if (one !== undefined && one.zxid <= zxid) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** Bytes as they are compared. */
export function dataText(data: Uint8Array | null): string {
  if (data === null) return '';
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
}

/** Znodes through time. */
export class TreeModel {
  /** The tree as it is behind the last transaction. */
  readonly naive = new NaiveTree();
  private readonly nodes = new Map<string, Version[]>();
  /** Changes of the children of a path. */
  private readonly children = new Map<string, { readonly zxid: Zxid; readonly name: string }[]>();
  /** What was known of a znode besides its data, after each change of it or its children. */
  private readonly facts = new Map<string, Facts[]>();
  /** What each session has ever owned. */
  private readonly owned = new Map<SessionId, Set<string>>();
  /** Every znode that was created, set or deleted, oldest first. */
  private readonly changes: Change[] = [];
  readonly openSessions = new Map<SessionId, number>();
  readonly closedSessions = new Set<SessionId>();

  /** Takes the next committed transaction. */
  apply(header: TxnHeader, txn: Txn): void {
    const { zxid, clientId } = header;
    if (txn.type === OpCode.createSession) this.openSessions.set(clientId, txn.timeOut);
    if (txn.type === OpCode.closeSession) {
      this.openSessions.delete(clientId);
      this.closedSessions.add(clientId);
    }
    this.naive.apply(header, txn);
    const touched = new Set<string>();
    for (const { type, path } of this.naive.changes) {
      touched.add(path);
      if (type !== EventType.nodeChildrenChanged) this.changed(path, zxid, type);
    }
    for (const part of txn.type === OpCode.multi ? txn.txns : [txn]) {
      if (part.type === OpCode.setACL) touched.add(part.path);
    }
    for (const path of touched) this.note(path, zxid);
    for (const root of this.naive.quotas) this.noteUsage(root, zxid);
  }

  /** What a quota counts changes without anybody being told. */
  private noteUsage(root: string, zxid: Zxid): void {
    const path = `/zookeeper/quota${root}/zookeeper_stats`;
    const node = this.naive.get(path);
    if (node === undefined) return;
    const data = dataText(node.data);
    if (this.nodes.get(path)?.at(-1)?.data === data) return;
    pushTo(this.nodes, path, { zxid, data });
    this.note(path, zxid);
  }

  /** Whether there is a quota above a path that a leader does not let anybody exceed. */
  hasHardQuota(path: string): boolean {
    return [...this.naive.quotas].some((root) => {
      const limits = this.naive.get(`/zookeeper/quota${root}/zookeeper_limits`);
      return path.startsWith(root) && dataText(limits?.data ?? null).includes('HardLimit=');
    });
  }

  private changed(path: string, zxid: Zxid, type: number): void {
    const node = this.naive.get(path);
    const data = node === undefined ? null : dataText(node.data);
    pushTo(this.nodes, path, { zxid, data });
    this.changes.push({ zxid, path });
    if (type === EventType.nodeDataChanged) return;
    const name = path.slice(path.lastIndexOf('/') + 1);
    pushTo(this.children, parentOf(path), { zxid, name });
    if (node === undefined || node.owner <= 0n) return;
    const owner = toSessionId(node.owner);
    const paths = this.owned.get(owner) ?? new Set();
    this.owned.set(owner, paths.add(path));
  }

  private note(path: string, zxid: Zxid): void {
    const node = this.naive.get(path);
    const stat = node === undefined ? null : statText(node);
    pushTo(this.facts, path, { zxid, stat, acl: node?.acl ?? '', owner: node?.owner ?? 0n });
  }

  /** The Stat of a znode at a zxid, as statText has it; null where it is not there, undefined where it was never changed. */
  statAt(path: string, zxid: Zxid): string | null | undefined {
    return floor(this.facts.get(path) ?? [], zxid)?.stat;
  }

  /** Whether somebody may do something with a znode at a zxid. */
  isAllowedAt(path: string, zxid: Zxid, perm: number, ids: readonly string[]): boolean {
    return isAllowed(floor(this.facts.get(path) ?? [], zxid)?.acl ?? '', perm, ids);
  }

  /** What was created, set or deleted at a path and below it between two zxids, the first excluded. */
  changesBelow(path: string, after: Zxid, through: Zxid): Change[] {
    let at = this.changes.length;
    while (at > 0 && (this.changes[at - 1]?.zxid ?? 0n) > after) at -= 1;
    return this.changes
      .slice(at)
      .filter((one) => one.zxid <= through && `${one.path}/`.startsWith(`${path}/`));
  }

  /** What a session owns at a zxid, in order. */
  ephemeralsAt(session: SessionId, zxid: Zxid): string[] {
    const all = [...(this.owned.get(session) ?? [])];
    return all.filter((path) => floor(this.facts.get(path) ?? [], zxid)?.owner === session).sort();
  }

  /** Containers that had children and have none. */
  abandonedContainers(): string[] {
    return [...this.naive.containers].filter((path) => {
      const node = this.naive.get(path);
      return node !== undefined && node.cversion > 0 && node.children.size === 0;
    });
  }

  /** The data of a znode at a zxid; null where it is not there. */
  dataAt(path: string, zxid: Zxid): string | null {
    return floor(this.nodes.get(path) ?? [], zxid)?.data ?? null;
  }

  /** When a znode was last changed up to a zxid, 0 for never: created, set or deleted. */
  changedAt(path: string, zxid: Zxid): bigint {
    return floor(this.nodes.get(path) ?? [], zxid)?.zxid ?? 0n;
  }

  /** When the children of a znode were last changed up to a zxid, 0 for never. */
  childrenChangedAt(path: string, zxid: Zxid): bigint {
    return floor(this.children.get(path) ?? [], zxid)?.zxid ?? 0n;
  }

  /** When a znode or its children were changed between two zxids, the first excluded. */
  changesWithin(path: string, after: Zxid, through: Zxid): Zxid[] {
    const all = [...(this.nodes.get(path) ?? []), ...(this.children.get(path) ?? [])];
    return all.map(({ zxid }) => zxid).filter((zxid) => zxid > after && zxid <= through);
  }

  /** The names of the children at a zxid, in order. */
  childrenAt(path: string, zxid: Zxid): string[] {
    const names = new Set<string>();
    const prefix = path === '/' ? '/' : `${path}/`;
    for (const change of this.children.get(path) ?? []) {
      if (change.zxid > zxid) break;
      if (this.dataAt(prefix + change.name, zxid) !== null) names.add(change.name);
      else names.delete(change.name);
    }
    return [...names].sort();
  }
}
