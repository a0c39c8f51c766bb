/*
 * startServer: a server as a configuration describes it, alone or a member of an ensemble
 * (Java: QuorumPeerMain, ZooKeeperServerMain.runFromConfig).
 */

import { randomBytes } from 'node:crypto';
import { ServerMetrics } from '../admin/metrics/index.ts';
import type { ServerConfig } from './config/config.ts';
import type { DatabasePorts } from './database.ts';
import { emptyTree, recoverTree, snapshotWriter } from './database.ts';
import { ClientListener } from './host/client-listener.ts';
import { lockDirectory } from './host/data-lock.ts';
import { NodeDisk } from './host/disk.ts';
import { hostFacts } from './host/facts.ts';
import { ServerHost, startClock } from './host/server-host.ts';
import { memoryWarmer } from './host/warm-memory.ts';
import { keepYoungGenerationSmall } from './host/young-generation.ts';
import type { Log } from './log.ts';
import type { Foundation } from './main-member.ts';
import { PortUnavailable, startMember } from './main-member.ts';
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
 * Starts a server and resolves when clients can connect; a member of an ensemble serves them once it has found a leader.
 * Rejects with what keeps it from serving: a StorageError for a damaged database, the system's error for a port that is taken.
 */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  keepYoungGenerationSmall();
  const disk = new NodeDisk();
  const metrics = new ServerMetrics(Math.random);
  const clock = startClock();
  const host = new ServerHost(clock);
  const listener =
    config.clientPort === null ? null : clientListener(host, config, config.clientPort);
  // Both before the data is touched. Clients that connect now are accepted once the loop runs again, which is when a
  // server alone is ready; a member may have to wait for its election port, and sends them away.
  await lockDirectory(config.dataLogDir);
  const clientPort = (await listener?.listen()) ?? null;
  let end: (reason: Error | null) => void = () => undefined;
  const stopped = new Promise<Error | null>((resolve) => {
    end = resolve;
  });
  const database: DatabasePorts = {
    disk,
    config,
    log,
    metrics,
    now: () => performance.now(),
    hashSeed: () => {
      const seed = randomBytes(8);
      return [seed.readInt32LE(0), seed.readInt32LE(4)];
    },
    warm: memoryWarmer(),
  };
  host.setClock();
  const foundation: Foundation = {
    disk,
    clock,
    log,
    metrics,
    facts: hostFacts,
    random: Math.random,
    wake: host.openTurn,
    fail: (error) => {
      if (!(error instanceof PortUnavailable)) {
        log.error(
          `the transaction log cannot be written, nothing more is acknowledged: ${error.message}`,
        );
      }
      listener?.close();
      server.halt();
      host.stop();
      end(error);
    },
  };
  const server =
    config.ensemble === null
      ? startAlone(host, foundation, database, clientPort ?? -1)
      : await startMember(host, foundation, database, clientPort ?? -1);
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      listener?.close();
      server.stop((error) => {
        host.stop();
        end(error);
        resolve();
      });
    });
  return { clientPort, stopped, stop };
}

function clientListener(host: ServerHost, config: ServerConfig, port: number): ClientListener {
  return new ClientListener(host, {
    port,
    address: config.clientPortAddress,
    backlog: config.clientPortListenBacklog,
    tcpKeepAlive: config.clientTcpKeepAlive,
    lingerMs: config.sessionlessCnxnTimeoutMs,
  });
}

function startAlone(
  host: ServerHost,
  foundation: Foundation,
  database: DatabasePorts,
  clientPort: number,
): Standalone {
  const tree = emptyTree(database);
  const recovery = recoverTree(tree, database);
  const snapshots = snapshotWriter(tree, database, host.openTurn);
  host.setClock();
  const server = new Standalone({ ...foundation, tree, snapshots }, database.config, clientPort);
  host.start(server);
  // What was replayed need not be replayed again (Java: ZooKeeperServer.loadData makes a clean snapshot).
  if (recovery.txnsLoaded > 0) snapshots.start();
  return server;
}
