/*
 * Database: a server's tree, read from its disk, and the snapshots that are written of it
 * (Java: ZKDatabase.loadDataBase, ZooKeeperServer.loadData).
 */

import type { ServerMetrics } from '../admin/metrics/index.ts';
import { DataTree } from '../datatree/data-tree.ts';
import type { Warm } from '../datatree/memory.ts';
import type { Disk } from '../datatree/storage/disk.ts';
import type { Recovery } from '../datatree/storage/recover.ts';
import { recover } from '../datatree/storage/recover.ts';
import type { SnapshotContents } from '../datatree/storage/snapshot-cut.ts';
import { SnapshotWriter } from '../datatree/storage/snapshot-writer.ts';
import { toHex } from '../jute/int64.ts';
import type { ServerConfig } from './config/config.ts';
import { limitedLog } from './limited-log.ts';
import type { Log } from './log.ts';

/** What a database needs. */
export interface DatabasePorts {
  readonly disk: Disk;
  readonly config: ServerConfig;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  /** ms from any beginning, with fractions. */
  readonly now: () => number;
  /** The seed of path hashes, which nobody outside may know. */
  readonly hashSeed: () => readonly [number, number];
  /** Makes memory of the tree ready before it is used; null where the tree does so itself. */
  readonly warm: Warm | null;
}

/** A tree without anything in it. */
export function emptyTree({ config, log, now, hashSeed, warm }: DatabasePorts): DataTree {
  return new DataTree({
    hashSeed: hashSeed(),
    warm,
    digestEnabled: config.digestEnabled,
    extendedTypesEnabled: config.extendedTypesEnabled,
    emulate353TTLNodes: config.emulate353TTLNodes,
    onWarning: limitedLog((message) => log.warn(message), now),
  });
}

/** Fills an empty tree from the disk. Raises StorageError for a damaged database, and the system's errors. */
export function recoverTree(tree: DataTree, ports: DatabasePorts): Recovery {
  const { disk, config, log, metrics, now } = ports;
  const start = now();
  const recovery = recover(disk, tree, {
    snapshotDirectory: `${config.dataDir}/version-2`,
    logDirectory: `${config.dataLogDir}/version-2`,
    autocreate: config.dataDirAutocreate,
    initializePath: `${config.dataLogDir}/initialize`,
    dbAutocreate: config.dbAutocreate,
    snapshotTrustEmpty: config.snapshotTrustEmpty,
    ...snapshotContents(config),
    now,
    onWarning: (message) => log.warn(message),
  });
  const elapsed = Math.trunc(now() - start);
  metrics.dbInitTime.add(elapsed);
  if (recovery.snapshot !== null) {
    metrics.startupSnapLoadTime.add(Math.trunc(recovery.snapshotLoadMs));
    metrics.startupTxnsLoaded.add(recovery.txnsLoaded);
    metrics.startupTxnsLoadTime.add(Math.trunc(recovery.txnLoadMs));
  }
  log.info(
    `loaded ${tree.nodeCount} znodes and ${tree.sessions.size} sessions in ${elapsed} ms: ` +
      `${recovery.snapshot?.path ?? 'no snapshot'} and ${recovery.txnsLoaded} transactions, last zxid 0x${toHex(recovery.lastZxid)}`,
  );
  return recovery;
}

function snapshotContents(config: ServerConfig): SnapshotContents {
  return {
    digestEnabled: config.digestEnabled,
    serializeLastProcessedZxid: config.serializeLastProcessedZxidEnabled,
  };
}

/** Writes the snapshots of a tree. @param wake a turn is due, for the next slice */
export function snapshotWriter(
  tree: DataTree,
  ports: DatabasePorts,
  wake: () => void,
): SnapshotWriter {
  const { disk, config, log, metrics, now } = ports;
  const options = {
    directory: `${config.dataDir}/version-2`,
    compression: config.snapshotCompression,
    now,
    ...snapshotContents(config),
  };
  return new SnapshotWriter(disk, tree, options, {
    onChunkWritten: wake,
    onDone: ({ path, elapsedMs }) => {
      metrics.snapshotTime.add(Math.trunc(elapsedMs));
      log.info(`snapshot ${path}`);
    },
    onFailure: (error) => {
      metrics.snapshotErrorCount.increment();
      log.error(`a snapshot failed: ${error.message}`);
    },
  });
}
