/*
 * Trees for stories, and transactions in a few words.
 */

import type { AclTable } from '../../src/datatree/acl-table.ts';
import { OPEN_ACL_ID } from '../../src/datatree/acl-table.ts';
import type { DataTreeOptions, Row, TxnResult } from '../../src/datatree/data-tree.ts';
import { DataTree } from '../../src/datatree/data-tree.ts';
import type { ACL } from '../../src/jute/data.ts';
import { writeACLs } from '../../src/jute/data.ts';
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import type { Txn, TxnDigest } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { aclText } from './naive-tree.ts';

export const SESSION = 0x1000_0000_0000_0001n as SessionId;
export const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
export const ONLY_JOE: readonly ACL[] = [{ perms: 31, id: { scheme: 'digest', id: 'joe:x' } }];
export const TIME = 1_700_000_000_000;

/** A tree that takes transactions with the next zxid, and remembers its warnings. */
export class Story {
  readonly warnings: string[] = [];
  readonly tree: DataTree;
  zxid = 0n;

  constructor(options: Partial<DataTreeOptions> = {}) {
    this.tree = new DataTree({
      hashSeed: [3, 4],
      digestEnabled: true,
      extendedTypesEnabled: true,
      emulate353TTLNodes: false,
      onWarning: (message) => this.warnings.push(message),
      ...options,
    });
    this.tree.recordChanges = true;
  }

  apply(txn: Txn, session: SessionId = SESSION, digest?: TxnDigest): TxnResult {
    this.zxid += 1n;
    const header = {
      clientId: session,
      cxid: 1,
      zxid: this.zxid as Zxid,
      time: TIME,
      type: txn.type,
    };
    return this.tree.apply(header, txn, digest);
  }

  create(path: string, with_: Partial<CreateOptions> = {}): TxnResult {
    return this.apply(createTxn(path, with_), with_.session);
  }

  delete(path: string): TxnResult {
    return this.apply({ type: OpCode.delete, path });
  }

  setData(path: string, data: Uint8Array | string | null, version = 1): TxnResult {
    return this.apply(setDataTxn(path, data, version));
  }

  setAcl(path: string, acl: readonly ACL[] | null, version = 1): TxnResult {
    return this.apply({ type: OpCode.setACL, path, acl, version });
  }

  /** The data of a znode as text. */
  text(path: string): string | null {
    return this.tree.dataOf(this.tree.findPath(path))?.toString() ?? null;
  }
}

interface CreateOptions {
  readonly data: Uint8Array | string | null;
  readonly acl: readonly ACL[] | null;
  readonly session: SessionId;
  readonly isEphemeral: boolean;
  readonly parentCVersion: number;
}

export function createTxn(path: string, with_: Partial<CreateOptions> = {}): Txn {
  const { data = '', acl = OPEN, isEphemeral = false, parentCVersion = -1 } = with_;
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  return { type: OpCode.create, path, data: bytes, acl, ephemeral: isEphemeral, parentCVersion };
}

export function setDataTxn(path: string, data: Uint8Array | string | null, version = 1): Txn {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  return { type: OpCode.setData, path, data: bytes, version };
}

/** Writes access lists as a snapshot holds them. */
export function writeAclLists(table: AclTable, writer: JuteWriter): void {
  writer.writeInt(table.size);
  for (const [id, acls] of table.lists()) {
    writer.writeTimeMs(id);
    writeACLs(writer, acls);
  }
}

/** A snapshot of a tree, cut in one go: ACLs, znodes. */
export function snapshotOf(tree: DataTree): Buffer {
  const writer = new JuteWriter();
  writeAclLists(tree.aclTable, writer);
  tree.startNodeSnapshot().writeSlice(writer, Number.MAX_SAFE_INTEGER);
  return writer.toBuffer();
}

/** Loads what snapshotOf wrote into the tree of a story. */
export function loadInto(story: Story, bytes: Buffer): void {
  const loading = story.tree.startLoad();
  const reader = new JuteReader(bytes);
  loading.readAcls(reader);
  loading.readNodes(reader);
  loading.finish();
}

/** The access list of a znode, as the naive tree has it. */
export function aclTextOf(tree: DataTree, row: Row): string {
  const id = tree.aclId(row);
  return aclText(id === OPEN_ACL_ID ? null : tree.aclTable.aclsOf(id));
}

/** The paths of the containers, up to a thousand. */
export function containersOf(tree: DataTree): string[] {
  const rows = tree.walkContainers().next(1000);
  return rows.map((row) => tree.pathOf(row));
}

/** The paths of the znodes with a TTL, up to a thousand. */
export function ttlsOf(tree: DataTree): string[] {
  const rows = tree.walkTtls().next(1000);
  return rows.map((row) => tree.pathOf(row));
}
