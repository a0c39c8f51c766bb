/*
 * What the tests of the storage stand on: a tree, a disk, a log between them, and short ways to say what happens.
 */

import { readFileSync } from 'node:fs';
import { DataTree } from '../../../src/datatree/data-tree.ts';
import type { SnapshotCompression } from '../../../src/datatree/storage/file-names.ts';
import type { RecoverOptions, Recovery } from '../../../src/datatree/storage/recover.ts';
import { recover } from '../../../src/datatree/storage/recover.ts';
import { SnapshotWriter } from '../../../src/datatree/storage/snapshot-writer.ts';
import type { TxnLogOptions } from '../../../src/datatree/storage/txn-log.ts';
import { TxnLog } from '../../../src/datatree/storage/txn-log.ts';
import type { ACL } from '../../../src/jute/data.ts';
import type { Zxid } from '../../../src/jute/int64.ts';
import { nextZxid, toSessionId, toZxid } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../../src/jute/txn.ts';
import { MemoryDisk } from './memory-disk.ts';

export const DIRECTORY = '/data/version-2';
export const SESSION = toSessionId(0x100000000000001n);
export const OPEN_ACL: readonly ACL[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];

export function newTree(warnings: string[] = []): DataTree {
  return new DataTree({
    hashSeed: [1, 2],
    digestEnabled: true,
    extendedTypesEnabled: true,
    emulate353TTLNodes: false,
    onWarning: (message) => warnings.push(message),
  });
}

/** What a recovery found. */
export interface Found extends Recovery {
  readonly tree: DataTree;
  readonly warnings: string[];
}

export function recoverFrom(disk: MemoryDisk, options: Partial<RecoverOptions> = {}): Found {
  const warnings: string[] = [];
  const tree = newTree(warnings);
  const recovery = recover(disk, tree, {
    snapshotDirectory: DIRECTORY,
    logDirectory: DIRECTORY,
    autocreate: true,
    initializePath: '/data/initialize',
    dbAutocreate: true,
    snapshotTrustEmpty: false,
    digestEnabled: true,
    serializeLastProcessedZxid: true,
    now: () => 0,
    onWarning: (message) => warnings.push(message),
    ...options,
  });
  return { ...recovery, tree, warnings };
}

export function createTxn(path: string, data: string | Uint8Array = '', ephemeral = false): Txn {
  return {
    type: OpCode.create,
    path,
    data: Buffer.from(data),
    acl: OPEN_ACL,
    ephemeral,
    parentCVersion: -1,
  };
}

export function setTxn(path: string, data: string | Uint8Array, version = 1): Txn {
  return { type: OpCode.setData, path, data: Buffer.from(data), version };
}

/** A server that only writes: a disk, the tree recovered from it, and the log. */
export class Scene {
  readonly disk: MemoryDisk;
  readonly found: Found;
  readonly tree: DataTree;
  readonly log: TxnLog;
  zxid: Zxid;
  /** What the log told, oldest first. */
  readonly durable: Zxid[] = [];
  /** What the owner of the log does whenever something became durable. */
  afterDurable: () => void = () => undefined;
  readonly failures: Error[] = [];
  readonly syncs: number[] = [];
  readonly slowSyncs: string[] = [];
  /** What was appended, oldest first. */
  readonly applied: {
    readonly header: TxnHeader;
    readonly txn: Txn;
    readonly digest: TxnDigest;
  }[] = [];

  constructor(disk = new MemoryDisk(), options: Partial<TxnLogOptions> = {}) {
    this.disk = disk;
    this.found = recoverFrom(disk);
    this.tree = this.found.tree;
    this.zxid = this.found.lastZxid;
    this.log = new TxnLog(
      disk,
      {
        directory: DIRECTORY,
        lastZxid: this.zxid,
        preAllocSizeBytes: 64 * 1024,
        sizeLimitBytes: 0,
        forceSync: true,
        fsyncWarningThresholdMs: 1000,
        maxPendingBytes: 1 << 20,
        ...options,
      },
      {
        onDurable: (zxid) => {
          this.durable.push(zxid);
          this.afterDurable();
        },
        onFailure: (error) => this.failures.push(error),
        onSync: (elapsedMs) => this.syncs.push(elapsedMs),
        onSlowSync: (message) => this.slowSyncs.push(message),
      },
    );
  }

  /** Applies and appends transactions, each with the next zxid. */
  append(...txns: readonly Txn[]): void {
    for (const given of txns) {
      const txn = this.withParentCVersion(given);
      this.zxid = nextZxid(this.zxid);
      const header: TxnHeader = {
        clientId: SESSION,
        cxid: 1,
        zxid: this.zxid,
        time: 1_700_000_000_000 + Number(this.zxid),
        type: txn.type,
      };
      this.tree.apply(header, txn);
      const digest = { version: 2, treeDigest: this.tree.treeDigest };
      this.log.append(header, txn, digest);
      this.applied.push({ header, txn, digest });
    }
  }

  /** A create tells how many there have been below its parent, so that it can be replayed over its own outcome. */
  private withParentCVersion(txn: Txn): Txn {
    if (txn.type !== OpCode.create) return txn;
    const parent = this.tree.findPath(txn.path.slice(0, txn.path.lastIndexOf('/')));
    return { ...txn, parentCVersion: this.tree.cversion(parent) + 1 };
  }

  /** The same, made durable in one batch. */
  commit(...txns: readonly Txn[]): void {
    this.append(...txns);
    this.flush();
  }

  flush(): void {
    while (this.log.hasPending && this.failures.length === 0) {
      this.log.flush();
      this.disk.settle();
    }
  }

  /** Cuts a snapshot from beginning to end. Returns what it ended with. */
  snapshot(compression: SnapshotCompression = ''): string {
    const writing = this.startSnapshot(compression);
    while (writing.writer.isActive) {
      writing.writer.step();
      this.disk.settle();
    }
    return writing.ends.join();
  }

  startSnapshot(
    compression: SnapshotCompression = '',
    whenLogged?: (done: () => void) => void,
  ): {
    readonly writer: SnapshotWriter;
    readonly ends: string[];
  } {
    const ends: string[] = [];
    const options = {
      directory: DIRECTORY,
      compression,
      now: () => 0,
      digestEnabled: true,
      serializeLastProcessedZxid: true,
    };
    const writer = new SnapshotWriter(this.disk, this.tree, options, {
      onChunkWritten: () => {},
      onDone: (snapshot) => ends.push(snapshot.path),
      onFailure: (error) => ends.push(error.message),
    });
    writer.start(whenLogged);
    return { writer, ends };
  }
}

/** A file that a Java server wrote, by its path below golden/. */
export function golden(path: string): Buffer {
  return readFileSync(new URL(`golden/${path}`, import.meta.url));
}

/** A disk with files that a Java server wrote. */
export function goldenDisk(directory: string, names: readonly string[]): MemoryDisk {
  const disk = new MemoryDisk();
  for (const name of names) disk.put(`${DIRECTORY}/${name}`, golden(`${directory}/${name}`));
  return disk;
}

/** Everything that can be seen of a tree. */
export function seen(tree: DataTree): Record<string, unknown> {
  const nodes: Record<string, unknown> = {};
  const visit = (path: string): void => {
    const row = tree.findPath(path);
    const acl = tree.aclTable.aclsOf(tree.aclId(row));
    nodes[path] = { stat: tree.statOf(row), data: tree.dataOf(row)?.toString('latin1'), acl };
    for (const name of tree.childNames(row)) visit(path === '/' ? `/${name}` : `${path}/${name}`);
  };
  visit('/');
  const sorted = Object.entries(nodes).sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    nodes: Object.fromEntries(sorted),
    sessions: [...tree.sessions].sort(),
    zxid: tree.lastProcessedZxid,
    digest: tree.treeDigest,
  };
}

export function zxid(value: number): Zxid {
  return toZxid(BigInt(value));
}
