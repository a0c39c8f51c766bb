/*
 * startServer: recovers the database, puts a Standalone on it, and serves (Java: ZooKeeperServerMain.runFromConfig).
 */

import { randomBytes } from 'node:crypto';
import { ServerMetrics } from '../admin/metrics/index.ts';
import { DataTree } from '../datatree/data-tree.ts';
import type { Recovery } from '../datatree/storage/recover.ts';
import { recover } from '../datatree/storage/recover.ts';
import type { SnapshotContents } from '../datatree/storage/snapshot-cut.ts';
import { SnapshotWriter } from '../datatree/storage/snapshot-writer.ts';
import { toHex } from '../jute/int64.ts';
import type { ServerConfig } from './config/config.ts';
import { ClientListener } from './host/client-listener.ts';
import { lockDirectory } from './host/data-lock.ts';
import { NodeDisk } from './host/disk.ts';
import { hostFacts } from './host/facts.ts';
import { ServerHost, startClock } from './host/server-host.ts';
import { keepYoungGenerationSmall } from './host/young-generation.ts';
import { limitedLog } from './limited-log.ts';
import type { Log } from './log.ts';
import { Standalone } from './standalone.ts';

/** A server that serves. */
export interface RunningServer {
  /** The port that clients reach; null where none is configured. */
  readonly clientPort: number | null;
  /** Resolves when the server has ended: with null after stop(), else with what ended it. */
  readonly stopped: Promise<Error | null>;
  /** Takes no more clients and requests, and resolves when everything acknowledged is on disk. */
  stop(): Promise<void>;
}

/**
 * Starts a server and resolves when clients can connect.
 * Rejects with what keeps it from serving: a StorageError for a damaged database, the system's error for a port that is taken.
 */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  keepYoungGenerationSmall();
  const disk = new NodeDisk();
  const metrics = new ServerMetrics(Math.random);
  const clock = startClock();
  const host = new ServerHost(clock);
  const listener = new ClientListener(host, {
    port: config.clientPort ?? 0,
    address: config.clientPortAddress,
    backlog: config.clientPortListenBacklog,
    tcpKeepAlive: config.clientTcpKeepAlive,
    lingerMs: config.sessionlessCnxnTimeoutMs,
  });
  // Both before the data is touched. Clients that connect now are accepted once the loop runs again, which is when the
  // server is ready.
  await lockDirectory(config.dataLogDir);
  const clientPort = await listener.listen();
  const tree = emptyTree(config, log);
  const recovery = recoverTree(disk, tree, { config, log, metrics });
  const snapshots = snapshotWriter(disk, tree, { config, log, metrics }, host.openTurn);
  let end: (reason: Error | null) => void = () => undefined;
  const stopped = new Promise<Error | null>((resolve) => {
    end = resolve;
  });
  const fail = (error: Error): void => {
    log.error(
      `the transaction log cannot be written, nothing more is acknowledged: ${error.message}`,
    );
    listener.close();
    server.clientPort.closeAll();
    host.stop();
    end(error);
  };
  const ports = {
    disk,
    clock,
    log,
    facts: hostFacts,
    random: Math.random,
    tree,
    snapshots,
    metrics,
  };
  host.setClock();
  const server = new Standalone({ ...ports, wake: host.openTurn, fail }, config, clientPort);
  host.start(server, snapshots);
  // What was replayed need not be replayed again (Java: ZooKeeperServer.loadData makes a clean snapshot).
  if (recovery.txnsLoaded > 0) snapshots.start();
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      listener.close();
      server.stop((error) => {
        host.stop();
        end(error);
        resolve();
      });
    });
  return { clientPort, stopped, stop };
}

function emptyTree(config: ServerConfig, log: Log): DataTree {
  const seed = randomBytes(8);
  return new DataTree({
    hashSeed: [seed.readInt32LE(0), seed.readInt32LE(4)],
    digestEnabled: config.digestEnabled,
    extendedTypesEnabled: config.extendedTypesEnabled,
    emulate353TTLNodes: config.emulate353TTLNodes,
    onWarning: limitedLog(
      (message) => log.warn(message),
      () => performance.now(),
    ),
  });
}

/** What the parts that are made here share. */
interface Shared {
  readonly config: ServerConfig;
  readonly log: Log;
  readonly metrics: ServerMetrics;
}

function recoverTree(disk: NodeDisk, tree: DataTree, shared: Shared): Recovery {
  const { config, log, metrics } = shared;
  const start = performance.now();
  const recovery = recover(disk, tree, {
    snapshotDirectory: `${config.dataDir}/version-2`,
    logDirectory: `${config.dataLogDir}/version-2`,
    autocreate: config.dataDirAutocreate,
    initializePath: `${config.dataLogDir}/initialize`,
    dbAutocreate: config.dbAutocreate,
    snapshotTrustEmpty: config.snapshotTrustEmpty,
    ...snapshotContents(config),
    now: () => performance.now(),
    onWarning: (message) => log.warn(message),
  });
  const elapsed = Math.trunc(performance.now() - start);
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

function snapshotWriter(
  disk: NodeDisk,
  tree: DataTree,
  shared: Shared,
  wake: () => void,
): SnapshotWriter {
  const { config, log, metrics } = shared;
  const options = {
    directory: `${config.dataDir}/version-2`,
    compression: config.snapshotCompression,
    now: () => performance.now(),
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
