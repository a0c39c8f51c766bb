/*
 * Where what a learner misses is read from (Java: LearnerHandler.syncFollower and ZKDatabase.getProposalsFromTxnLog): out of memory, or in
 * slices, because it is too much for one turn: the tree, or transactions out of the log. The choice itself is sync-plan.ts.
 */

import type { LogSource } from '../../datatree/storage/log-source.ts';
import type { SnapshotStream } from '../../datatree/storage/snapshot-stream.ts';
import type { Zxid } from '../../jute/int64.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { LeaderHistory } from './history.ts';
import { PacketType, SNAPSHOT_SIGNATURE, writePacket } from './packet.ts';
import { planSync, planWithin, SNAP } from './sync-plan.ts';

/** `more`: another slice follows. `done`: that was all. `snap`: the log does not have what is missing, nothing was written. */
export type SliceResult = 'more' | 'done' | 'snap';

/** Something that is sent in slices. */
export interface SyncSource {
  /** Writes about `maxBytes`. Raises StorageError for a damaged log. */
  writeSlice(writer: JuteWriter, maxBytes: number): SliceResult;
  /** Ends early. */
  close(): void;
}

/** How a learner's history is made the leader's. */
export type Sync =
  /** The packet says `zxid`; what is behind `after` is in memory. */
  | { readonly kind: 'diff' | 'trunc'; readonly zxid: Zxid; readonly after: Zxid }
  /** The source is sent first; what is behind `after` is in memory. */
  | { readonly kind: 'log'; readonly source: SyncSource; readonly after: Zxid }
  | { readonly kind: 'snap'; readonly source: SyncSource };

/** Chooses what a learner is sent, and opens it where it is not in memory. @param isSnapForced nothing but the tree will do */
export function openSync(history: LeaderHistory, peerLastZxid: Zxid, isSnapForced: boolean): Sync {
  const { committed, lastProcessedZxid, lastTxnZxid } = history;
  const minZxid = committed.minZxid ?? lastTxnZxid;
  const plan = isSnapForced
    ? SNAP
    : planSync(peerLastZxid, {
        lastProcessedZxid,
        minZxid,
        maxZxid: committed.maxZxid ?? lastTxnZxid,
        floor: (zxid) => (committed.isEmpty ? lastTxnZxid : committed.floor(zxid)),
        above: (zxid) => committed.above(zxid),
      });
  if (plan.kind === 'trunc') return { kind: 'trunc', zxid: plan.after, after: plan.after };
  if (plan.kind === 'diff') {
    const zxid = plan.after === lastProcessedZxid ? plan.after : lastTxnZxid;
    return { kind: 'diff', zxid, after: plan.after };
  }
  const log = plan.kind === 'log' ? history.openLog(peerLastZxid, minZxid) : null;
  if (log !== null) {
    const source = new LogSyncSource(log, peerLastZxid, lastTxnZxid);
    return { kind: 'log', source, after: minZxid };
  }
  const source = new SnapshotSource(history.openSnapshot(), lastProcessedZxid);
  return { kind: 'snap', source };
}

/** The SNAP packet, the tree, and the signature. */
class SnapshotSource implements SyncSource {
  private readonly stream: SnapshotStream;
  private readonly zxid: Zxid;
  private isStarted = false;

  /** @param zxid of the tree when the stream was begun */
  constructor(stream: SnapshotStream, zxid: Zxid) {
    this.stream = stream;
    this.zxid = zxid;
  }

  writeSlice(writer: JuteWriter, maxBytes: number): SliceResult {
    if (!this.isStarted) {
      this.isStarted = true;
      writePacket(writer, PacketType.snap, this.zxid, null);
    }
    if (!this.stream.writeSlice(writer, maxBytes)) return 'more';
    writer.writeString(SNAPSHOT_SIGNATURE);
    return 'done';
  }

  close(): void {
    this.stream.close();
  }
}

/** DIFF or TRUNC and the transactions behind it, out of the log. */
class LogSyncSource implements SyncSource {
  private readonly source: LogSource;
  private readonly peerLastZxid: Zxid;
  private readonly lastCommitted: Zxid;
  private isStarted = false;

  /** @param lastCommitted what a DIFF says */
  constructor(source: LogSource, peerLastZxid: Zxid, lastCommitted: Zxid) {
    this.source = source;
    this.peerLastZxid = peerLastZxid;
    this.lastCommitted = lastCommitted;
  }

  writeSlice(writer: JuteWriter, maxBytes: number): SliceResult {
    const batch = this.source.next(maxBytes);
    if (batch === null) return this.isStarted ? 'done' : 'snap';
    if (batch.length === 0) return 'more';
    if (!this.isStarted && !this.start(writer, batch[0]?.zxid ?? null)) return 'snap';
    for (const { zxid, record } of batch) {
      writePacket(writer, PacketType.proposal, zxid, record);
      writePacket(writer, PacketType.commit, zxid, null);
    }
    return 'more';
  }

  /** Writes DIFF or TRUNC, now that it is known where the learner's last transaction is in the log; false where it needs a SNAP. */
  private start(writer: JuteWriter, above: Zxid | null): boolean {
    const plan = planWithin(this.peerLastZxid, this.source.floorZxid, above);
    if (plan.kind === 'snap' || plan.kind === 'log') return false;
    this.isStarted = true;
    if (plan.kind === 'diff') writePacket(writer, PacketType.diff, this.lastCommitted, null);
    else writePacket(writer, PacketType.trunc, plan.after, null);
    return true;
  }

  close(): void {
    this.source.close();
  }
}
