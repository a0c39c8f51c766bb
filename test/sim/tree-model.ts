/*
 * TreeModel: what the committed transactions make of the znodes, at every zxid. A read that says which zxid it was made at can be
 * compared with it whenever it is heard of.
 *
 * It knows paths, data, owners and children and nothing of versions, access lists and quotas: those are compared between replicas by
 * the digest of the tree.
 */
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import type { Txn } from '../../src/jute/txn.ts';

/** A znode from one zxid on; null data: it is not there. */
interface Version {
  readonly zxid: Zxid;
  readonly data: string | null;
  readonly owner: SessionId | null;
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
  private readonly nodes = new Map<string, Version[]>();
  /** Changes of the children of a path. */
  private readonly children = new Map<string, { readonly zxid: Zxid; readonly name: string }[]>();
  private readonly ephemerals = new Map<SessionId, Set<string>>();
  readonly openSessions = new Map<SessionId, number>();
  readonly closedSessions = new Set<SessionId>();

  /** Takes the next committed transaction. */
  apply(zxid: Zxid, clientId: SessionId, txn: Txn): void {
    switch (txn.type) {
      case OpCode.create:
      case OpCode.create2:
        this.put(txn.path, {
          zxid,
          data: dataText(txn.data),
          owner: txn.ephemeral ? clientId : null,
        });
        break;
      case OpCode.createContainer:
      case OpCode.createTTL:
        this.put(txn.path, { zxid, data: dataText(txn.data), owner: null });
        break;
      case OpCode.delete:
      case OpCode.deleteContainer:
        this.remove(txn.path, zxid);
        break;
      case OpCode.setData:
      case OpCode.reconfig: {
        const before = this.nodes.get(txn.path)?.at(-1);
        this.put(txn.path, { zxid, data: dataText(txn.data), owner: before?.owner ?? null });
        break;
      }
      case OpCode.multi:
        // All or nothing: one part that failed stands for all.
        if (txn.txns.some((part) => part.type === OpCode.error)) break;
        for (const part of txn.txns) this.apply(zxid, clientId, part);
        break;
      case OpCode.createSession:
        this.openSessions.set(clientId, txn.timeOut);
        break;
      case OpCode.closeSession:
        for (const path of [...(this.ephemerals.get(clientId) ?? [])]) this.remove(path, zxid);
        this.openSessions.delete(clientId);
        this.closedSessions.add(clientId);
        break;
      default:
    }
  }

  private put(path: string, version: Version): void {
    const before = this.nodes.get(path);
    const isNew = (before?.at(-1)?.data ?? null) === null;
    if (before === undefined) this.nodes.set(path, [version]);
    else before.push(version);
    if (version.owner !== null) {
      const owned = this.ephemerals.get(version.owner) ?? new Set();
      owned.add(path);
      this.ephemerals.set(version.owner, owned);
    }
    if (isNew) this.childChanged(path, version.zxid);
  }

  private remove(path: string, zxid: Zxid): void {
    const before = this.nodes.get(path)?.at(-1);
    if (before === undefined || before.data === null) return;
    if (before.owner !== null) this.ephemerals.get(before.owner)?.delete(path);
    this.nodes.get(path)?.push({ zxid, data: null, owner: null });
    this.childChanged(path, zxid);
  }

  private childChanged(path: string, zxid: Zxid): void {
    const parent = parentOf(path);
    const changes = this.children.get(parent);
    const change = { zxid, name: path.slice(path.lastIndexOf('/') + 1) };
    if (changes === undefined) this.children.set(parent, [change]);
    else changes.push(change);
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

  /** The ephemerals of a session at the end. */
  ephemeralsOf(session: SessionId): string[] {
    return [...(this.ephemerals.get(session) ?? [])];
  }
}
