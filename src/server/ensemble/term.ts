/*
 * Term: what one role of a member needs of the member, and the other way round, from its beginning to its end.
 */

import type { ServerMetrics } from '../../admin/metrics/index.ts';
import type { DataTree } from '../../datatree/data-tree.ts';
import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import type { Revalidate } from '../client/ports.ts';
import type { TurnClock } from '../clock.ts';
import type { ServerConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import type { Serving } from '../serving.ts';
import type { Sessions } from '../session/sessions.ts';
import type { History } from './history.ts';

/** How clients are served in a role. */
export interface ServingSeed {
  readonly isLeader?: boolean;
  readonly tree: DataTree;
  readonly sessions: Sessions;
  readonly revalidate: Revalidate;
}

/** What a role is given. */
export interface TermPorts {
  readonly clock: TurnClock;
  readonly log: Log;
  readonly metrics: ServerMetrics;
  readonly config: ServerConfig;
  readonly history: History;
  /** Begins to serve clients. */
  readonly newServing: (seed: ServingSeed) => Serving;
  /** The leader has told the membership of its epoch, as text. */
  readonly toldMembership: (text: string) => void;
  /** A transaction proposes another one, as text. */
  readonly proposedMembership: (text: string) => void;
}

/** A role of a member. */
export interface Term {
  /** What is in the log, or on its way there, and not committed, oldest first. */
  readonly uncommitted: readonly LoggedTxn[];
  /** When run() wants to be called, in ms of the elapsed clock. */
  readonly deadline: number;
  /** Does what is due by now. */
  run(): void;
  /** It is over, and what was uncommitted has been applied. */
  ended(): void;
}
