/*
 * What a leader needs of the history that it leads with: what is committed, and how it is read for learners that miss some of it
 * (Java: ZKDatabase as LearnerHandler uses it).
 */

import type { CommittedLog } from '../../datatree/storage/committed-log.ts';
import type { LogSource } from '../../datatree/storage/log-source.ts';
import type { SnapshotStream } from '../../datatree/storage/snapshot-stream.ts';
import type { Zxid } from '../../jute/int64.ts';

/** The history of a leader. */
export interface LeaderHistory {
  /** The zxid of the tree: of the transaction applied last, or the beginning of an epoch. */
  readonly lastProcessedZxid: Zxid;
  /** The last transaction that was committed, whatever epoch began since. */
  readonly lastTxnZxid: Zxid;
  /** The newest transactions that were committed. */
  readonly committed: CommittedLog;
  /** Opens the log behind `after`, up to and with `through`; null where reading it would cost more than a snapshot, or is turned off. */
  openLog(after: Zxid, through: Zxid): LogSource | null;
  /** Begins to write the tree as it is. */
  openSnapshot(): SnapshotStream;
}
