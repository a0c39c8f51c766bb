/*
 * TreeIntake: the bytes behind SNAP, which are no packets: the tree, and behind it a signature (Java: Learner.syncWithLeader).
 */

import { JuteError } from '../../jute/reader.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { SNAPSHOT_SIGNATURE } from './packet.ts';

/** Who keeps the tree. */
export interface TreeReceiver {
  /** Takes bytes of the tree; returns how many, fewer only where the tree is whole. Raises an error for nonsense. */
  receiveSnapshot(bytes: Buffer, start: number, end: number): number;
  readonly isSnapshotWhole: boolean;
}

/** Takes one tree. */
export class TreeIntake {
  private readonly receiver: TreeReceiver;
  private state: 'idle' | 'tree' | 'signature' = 'idle';
  /** The signature, as far as it has come. */
  private readonly signature = new JuteWriter(32);

  constructor(receiver: TreeReceiver) {
    this.receiver = receiver;
  }

  /** A tree comes. */
  start(): void {
    this.state = 'tree';
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
