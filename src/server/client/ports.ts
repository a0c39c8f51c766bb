/*
 * What ClientPort needs of its neighbours and how it is set. Its parts (frames.ts, words.ts, handshakes.ts, requests.ts,
 * open-connections.ts) are given the same ports and options.
 */

import type { ServerMetrics, ServerStats } from '../../admin/metrics/index.ts';
import type { DataTree } from '../../datatree/data-tree.ts';
import type { Watches } from '../../datatree/watches.ts';
import type { ServerView } from '../../fourletter/index.ts';
import type { SessionId } from '../../jute/int64.ts';
import type { AccessControl } from '../auth/access.ts';
import type { TurnClock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Sessions } from '../session/sessions.ts';
import type { Connection } from './connection.ts';
import type { ConnectionThrottle } from './connection-throttle.ts';
import type { RequestThrottleOptions } from './request-throttle.ts';

/** Limits and time-outs; units and meaning as in ServerConfig. */
export interface ClientPortOptions {
  readonly juteMaxBuffer: number;
  readonly minSessionTimeout: number;
  readonly maxSessionTimeout: number;
  readonly maxClientCnxns: number;
  readonly maxCnxns: number;
  readonly globalOutstandingLimit: number;
  readonly requestThrottle: RequestThrottleOptions;
  readonly largeRequestThreshold: number;
  readonly largeRequestMaxBytes: number;
  readonly sessionlessCnxnTimeoutMs: number;
  readonly enforceAuthSchemes: readonly string[] | null;
}

/**
 * Asks whether a session that `connection` wants to take over still lives, and if so puts off its expiry by `timeout` ms
 * (Java: ZooKeeperServer.revalidateSession). `answer` is called once: at once where this server knows, in a later turn where the
 * leader of an ensemble has to be asked, or never where the link to the leader breaks, which closes all connections.
 */
export type Revalidate = (
  connection: Connection,
  sessionId: SessionId,
  timeout: number,
  answer: (isValid: boolean) => void,
) => void;

/** The port's neighbours. */
export interface ClientPortPorts {
  readonly pipeline: Pipeline;
  /** What four-letter words tell; while it says that the server is not running, they are all that is answered. */
  readonly view: ServerView;
  readonly tree: DataTree;
  readonly watches: Watches<Connection>;
  readonly sessions: Sessions;
  readonly revalidate: Revalidate;
  readonly access: AccessControl;
  readonly throttle: ConnectionThrottle;
  readonly clock: TurnClock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly stats: ServerStats;
  /** Whether the log has so much to write that nothing more should be asked of it. */
  readonly isLogFull: () => boolean;
}
