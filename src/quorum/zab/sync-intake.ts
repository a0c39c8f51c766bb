/*
 * SyncIntake: how a learner's history becomes the beginning of its leader's: DIFF leaves it as it is, TRUNC cuts it, SNAP replaces it
 * (Java: Learner.syncWithLeader; ZkV3_7_0.tla: FollowerProcessSyncMessage). What a leader sends is chosen by sync-plan.ts; the
 * transactions that follow are received-proposals.ts.
 *
 * The bytes behind SNAP are no packets: the tree, and behind it a signature. They are taken as fast as the disk takes them; the leader has
 * to wait where that is slower than the link.
 */

import type { Zxid } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';
import { JuteWriter } from '../../jute/writer.ts';
import type { PeerLink } from '../ports.ts';
import { PacketType, SNAPSHOT_SIGNATURE } from './packet.ts';

/** Who keeps the history. */
export interface SyncReceiver {
  /** Its last zxid: of the last transaction in the log, or the beginning of an epoch. */
  readonly lastZxid: Zxid;
  /** Cuts off what is behind `zxid`, in the log and in the tree. Raises StorageError where that cannot be done. */
  truncate(zxid: Zxid): void;
  /** Begins to take a tree that replaces the history; until it is finished the history stays as it was. */
  startSnapshot(zxid: Zxid): void;
  /** Takes bytes of the tree; returns how many, fewer only where the tree is whole. Raises an error for nonsense. */
  receiveSnapshot(bytes: Buffer, start: number, end: number): number;
  readonly isSnapshotWhole: boolean;
  /** Whether so much of the tree waits for the disk that no more should be taken for now. */
  readonly isSnapshotFull: boolean;
}

/** Takes one DIFF, TRUNC or SNAP. */
export class SyncIntake {
  private readonly receiver: SyncReceiver;
  private isBegun = false;
  private state: 'idle' | 'tree' | 'signature' = 'idle';
  /** The signature, as far as it has come. */
  private readonly signature = new JuteWriter(32);
  private isLinkPaused = false;

  constructor(receiver: SyncReceiver) {
    this.receiver = receiver;
  }

  /** Whether the link was told to wait for the disk. */
  get isPaused(): boolean {
    return this.isLinkPaused;
  }

  /** Whether DIFF, TRUNC or SNAP has come. */
  get hasBegun(): boolean {
    return this.isBegun;
  }

  /**
   * Takes DIFF, TRUNC or SNAP; JuteError for another packet. Returns where the history ends by then, or will when the tree is there: what
   * comes next is behind it.
   */
  begin(type: number, zxid: Zxid): Zxid {
    const { receiver } = this;
    this.isBegun = true;
    switch (type) {
      case PacketType.diff:
        return receiver.lastZxid;
      case PacketType.trunc:
        receiver.truncate(zxid);
        return zxid;
      case PacketType.snap:
        receiver.startSnapshot(zxid);
        this.state = 'tree';
        return zxid;
      default:
        throw new JuteError(`packet ${type} instead of DIFF`);
    }
  }

  /** Whether what comes next is no packet. */
  get isActive(): boolean {
    return this.state !== 'idle';
  }

  /** Takes what has come; returns how many bytes of it. Raises JuteError where there is no signature behind the tree. */
  take(bytes: Buffer, start: number, end: number): number {
    if (this.state === 'signature') return this.takeSignature(bytes, start, end);
    const { receiver } = this;
    const taken = receiver.receiveSnapshot(bytes, start, end);
    if (receiver.isSnapshotWhole) this.state = 'signature';
    return taken;
  }

  /** Ends a turn: stops the link where the disk does not come along, or lets it go on. Returns whether it did either. */
  pauseOrResume(link: PeerLink): boolean {
    const { isSnapshotFull } = this.receiver;
    if (isSnapshotFull === this.isLinkPaused) return false;
    this.isLinkPaused = isSnapshotFull;
    if (isSnapshotFull) link.pause();
    else link.resume();
    return true;
  }

  private takeSignature(bytes: Buffer, start: number, end: number): number {
    const { signature } = this;
    const expected = new JuteWriter(32);
    expected.writeString(SNAPSHOT_SIGNATURE);
    const size = Math.min(expected.length - signature.length, end - start);
    signature.writeBytes(bytes.subarray(start, start + size));
    if (signature.length < expected.length) return size;
    if (!signature.view().equals(expected.view())) {
      throw new JuteError('no signature behind its tree');
    }
    this.state = 'idle';
    return size;
  }
}

/** What the operator reads of the packet with which a synchronization begins. */
export function syncName(type: number): string {
  switch (type) {
    case PacketType.diff:
      return 'DIFF';
    case PacketType.trunc:
      return 'TRUNC';
    case PacketType.snap:
      return 'SNAP';
    default:
      return `packet ${type}`;
  }
}
