/*
 * startServer: recovers the database, puts a Standalone on it, and serves (Java: ZooKeeperServerMain.runFromConfig).
 */

import { randomBytes } from 'node:crypto';
import { ServerMetrics } from '../admin/metrics/index.ts';
import { DataTree } from '../datatree/data-tree.ts';
import { SnapshotWriter } from '../datatree/storage/snapshot-writer.ts';
import type { ServerConfig } from './config/config.ts';
import { ClientListener } from './host/client-listener.ts';
import { NodeDisk } from './host/disk.ts';
import { hostFacts } from './host/facts.ts';
import { ServerHost, startClock } from './host/server-host.ts';
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
  const disk = new NodeDisk();
  const clock = startClock();
  const metrics = new ServerMetrics(Math.random);
  const seed = randomBytes(8);
  const tree = new DataTree({
    hashSeed: [seed.readInt32LE(0), seed.readInt32LE(4)],
    digestEnabled: config.digestEnabled,
    extendedTypesEnabled: config.extendedTypesEnabled,
    emulate353TTLNodes: config.emulate353TTLNodes,
    onWarning: (message) => log.warn(message),
  });
  const snapshots = new SnapshotWriter(
    disk,
    tree,
    {
      directory: `${config.dataDir}/version-2`,
      compression: config.snapshotCompression,
      digestEnabled: config.digestEnabled,
      serializeLastProcessedZxid: config.serializeLastProcessedZxidEnabled,
    },
    {
      onDone: ({ path }) => log.info(`snapshot ${path}`),
      onFailure: (error) => {
        metrics.snapshotErrorCount.increment();
        log.error(`a snapshot failed: ${error.message}`);
      },
    },
  );
  const host = new ServerHost(clock, snapshots);
  let ended: (reason: Error | null) => void = () => undefined;
  const stopped = new Promise<Error | null>((resolve) => {
    ended = resolve;
  });
  const server = new Standalone(
    {
      disk,
      clock,
      log,
      facts: hostFacts,
      random: Math.random,
      tree,
      snapshots,
      metrics,
      wake: host.openTurn,
      fail: (error) => {
        host.stop();
        ended(error);
      },
    },
    config,
  );
  host.start(server);
  const listener = new ClientListener(host, {
    port: config.clientPort ?? 0,
    address: config.clientPortAddress,
    backlog: config.clientPortListenBacklog,
    tcpKeepAlive: config.clientTcpKeepAlive,
  });
  const clientPort = await listener.listen();
  server.listeningPort = clientPort;
  return {
    clientPort,
    stopped,
    stop: () =>
      new Promise((resolve) => {
        listener.close();
        server.stop((error) => {
          host.stop();
          ended(error);
          resolve();
        });
      }),
  };
}
