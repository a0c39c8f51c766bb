/*
 * A server as plain facts, for the tests of the four-letter words: a fresh one unless told otherwise.
 */

import { readFileSync } from 'node:fs';
import type {
  ConnectionStatsView,
  ConnectionView,
  MonitorGauges,
  RequestStatsView,
  ServerView,
} from '../../src/fourletter/index.ts';
import {
  answerFourLetterWord,
  type FourLetterWord,
  fourLetterWordWhitelist,
} from '../../src/fourletter/index.ts';

/** The version text of Debian's package, which the golden texts were taken from. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: Debian's build left Maven's placeholder in.
const VERSION = '3.8.0-${mvngit.commit.id}, built on 2024-12-29 17:54 UTC';

/** A text that Apache ZooKeeper 3.8.0 sent. */
export function golden(name: string): string {
  return readFileSync(new URL(`golden/${name}.txt`, import.meta.url), 'utf8');
}

/** What a word answers, with the bytes that came behind it. */
export function answer(word: FourLetterWord, view: ServerView, argument = new Uint8Array()) {
  return answerFourLetterWord(word, argument, view);
}

/** Request stats of a server that has not answered anything. */
export function requestStats(facts: Partial<Record<keyof RequestStatsView, number>> = {}) {
  return {
    minLatency: () => facts.minLatency ?? 0,
    avgLatency: () => facts.avgLatency ?? 0,
    maxLatency: () => facts.maxLatency ?? 0,
    packetsReceived: () => facts.packetsReceived ?? 0,
    packetsSent: () => facts.packetsSent ?? 0,
    lastClientResponseSize: () => facts.lastClientResponseSize ?? -1,
    minClientResponseSize: () => facts.minClientResponseSize ?? -1,
    maxClientResponseSize: () => facts.maxClientResponseSize ?? -1,
  } satisfies RequestStatsView;
}

/** What a test says of a connection; the rest is as on one that has just asked a word. */
export interface ConnectionFacts {
  readonly address?: string | null;
  readonly port?: number;
  readonly interestOps?: number;
  readonly received?: number;
  readonly sent?: number;
  readonly sessionId?: bigint;
  readonly timeout?: number;
  readonly lastOperation?: string;
  readonly established?: number;
  readonly lastCxid?: number;
  readonly lastZxid?: bigint;
  readonly lastResponseTime?: number;
  readonly lastLatency?: number;
  readonly avgLatency?: number;
  readonly maxLatency?: number;
}

export function connection(facts: ConnectionFacts): ConnectionView {
  const stats: ConnectionStatsView = {
    packetsReceived: () => facts.received ?? 1,
    packetsSent: () => facts.sent ?? 0,
    lastOperation: () => facts.lastOperation ?? null,
    established: () => facts.established ?? 0,
    lastCxid: () => facts.lastCxid ?? 0,
    lastZxid: () => facts.lastZxid ?? 0n,
    lastResponseTime: () => facts.lastResponseTime ?? 0,
    lastLatency: () => facts.lastLatency ?? 0,
    minLatency: () => 0,
    avgLatency: () => facts.avgLatency ?? 0,
    maxLatency: () => facts.maxLatency ?? 0,
  };
  return {
    remoteAddress: () => (facts.address === undefined ? '127.0.0.1' : facts.address),
    remotePort: () => facts.port ?? 0,
    interestOps: () => facts.interestOps ?? 0,
    outstandingRequests: () => 0,
    sessionId: () => facts.sessionId ?? 0n,
    sessionTimeout: () => facts.timeout ?? 0,
    stats: () => stats,
  };
}

export const freshGauges: MonitorGauges = {
  uptime: 0,
  watchCount: 0,
  ephemeralsCount: 0,
  approximateDataSize: 44,
  globalSessions: 0,
  localSessions: 0,
  openFileDescriptorCount: -1,
  maxFileDescriptorCount: -1,
  connectionDropProbability: 0,
  authFailedCount: 0,
  outstandingTlsHandshake: 0,
  nonMtlsRemoteConnCount: 0,
  nonMtlsLocalConnCount: 0,
};

/** A standalone server that has just started, with every word on its whitelist. */
export function serverView(facts: Partial<ServerView> = {}): ServerView {
  return {
    whitelist: () => fourLetterWordWhitelist(['*']),
    isRunning: () => true,
    version: () => VERSION,
    serverState: () => 'standalone',
    member: () => null,
    timeZone: () => 'UTC',
    configuration: () => ({
      clientPort: 21810,
      secureClientPort: -1,
      dataDir: '/tmp/zookeeper/version-2',
      dataLogDir: '/tmp/zookeeper-log/version-2',
      tickTime: 2000,
      maxClientCnxns: 60,
      minSessionTimeout: 4000,
      maxSessionTimeout: 40000,
      clientPortListenBacklog: -1,
      serverId: 0,
    }),
    environment: () => ({
      hostName: 'localhost',
      nodeVersion: '20.20.2',
      execPath: '/usr/bin/node',
      osName: 'Linux',
      osArch: 'x64',
      osVersion: '6.1.0-18-amd64',
      userName: 'zookeeper',
      userHome: '/var/lib/zookeeper',
      userDir: '/var/lib/zookeeper',
      memoryFree: 0,
      memoryMax: 0,
      memoryTotal: 0,
    }),
    dataDirSize: () => 0,
    logDirSize: () => 0,
    requestStats: () => requestStats(),
    outstandingRequests: () => 0,
    lastProcessedZxid: () => 0n,
    nodeCount: () => 5,
    gauges: () => freshGauges,
    quotas: () => [],
    metrics: () => [],
    connections: () => [],
    numAliveConnections: () => 1,
    connectionExpiry: () => [],
    sessionExpiry: () => [],
    learnerSessions: () => null,
    ephemerals: () => [],
    watchSummary: () => ({ connections: 0, paths: 0, watches: 0 }),
    watchesByPath: () => [],
    watchesBySession: () => [],
    digestLog: () => [],
    traceMask: () => 0x132n,
    setTraceMask: () => {},
    resetServerStats: () => {},
    resetConnectionStats: () => {},
    ...facts,
  };
}
