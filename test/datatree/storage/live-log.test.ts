/*
 * A log that its server writes to while a tool reads it: what comes between two looks is no damage.
 */
import { describe, expect, it } from 'vitest';
import { LogRecords } from '../../../src/cli/tool/log-records.ts';
import type { OpenFile } from '../../../src/datatree/storage/disk.ts';
import { Replay } from '../../../src/datatree/storage/replay.ts';
import { ZXID_ZERO } from '../../../src/jute/int64.ts';
import { changed, erased, offsetOf } from './log-images.ts';
import { MemoryDisk } from './memory-disk.ts';
import { tenTransactions } from './recovery.ts';
import { DIRECTORY, newTree, zxid } from './scene.ts';

const LOG = { name: 'log.1', zxid: zxid(1) };
const PATH = `${DIRECTORY}/${LOG.name}`;

/** The log of ten transactions, and the same without what was written from the middle of the sixth on. */
function logs(): { whole: Buffer; half: Buffer } {
  const whole = tenTransactions().disk.contents(PATH);
  const middle = offsetOf(whole, 6) + 30;
  return { whole, half: erased(whole, middle, whole.length - middle) };
}

/** A disk on which the log is another one once it has been read. */
class LiveDisk extends MemoryDisk {
  private readonly grown: Buffer;

  constructor(now: Buffer, later: Buffer) {
    super();
    this.put(PATH, now);
    this.grown = later;
  }

  override open(path: string): OpenFile {
    const file = super.open(path);
    return { ...file, close: () => this.put(path, this.grown) };
  }
}

/** Replays the log as a tool does; gives how many transactions it took. */
function replayed(now: Buffer, later: Buffer): number {
  const replay = new Replay(new LiveDisk(now, later), newTree(), {
    logDirectory: DIRECTORY,
    digestEnabled: true,
    isStartUnknown: false,
    knownZxid: ZXID_ZERO,
    isReadOnly: true,
    onWarning: (message) => {
      throw new Error(message);
    },
  });
  replay.run([LOG]);
  return replay.txnCount;
}

describe('a replay beside a running server', () => {
  it('ends with what was there when it read the log', () => {
    const { whole, half } = logs();
    expect(replayed(half, whole)).toBe(5);
    expect(replayed(Buffer.alloc(whole.length), whole)).toBe(0);
  });

  it('still finds what is damaged', () => {
    const { whole } = logs();
    const damaged = changed(whole, offsetOf(whole, 6) + 30);
    expect(() => replayed(damaged, damaged)).toThrow('The log is damaged behind transaction 0x5');
  });
});

/** How many good records a walk over the log meets, where only the first piece that is read is as it was. */
function walked(now: Buffer, later: Buffer): number {
  let reads = 0;
  const records = new LogRecords({
    size: later.length,
    read: (target, position) => (reads++ === 0 ? now : later).copy(target, 0, position),
    close: () => undefined,
  });
  let count = 0;
  while (records.nextOfLive() && records.isSound && records.hasEndMark) count++;
  return count;
}

describe('a walk over the log of a running server', () => {
  it('looks again at a record that was being written', () => {
    const { whole, half } = logs();
    expect(walked(half, whole)).toBe(10);
  });

  it('looks again where there was nothing and more follows by now', () => {
    const { whole } = logs();
    const sixth = offsetOf(whole, 6);
    expect(walked(erased(whole, sixth, whole.length - sixth), whole)).toBe(10);
    expect(walked(whole.subarray(0, sixth), whole)).toBe(10);
  });

  it('stops at a record that stays as it is', () => {
    const { whole } = logs();
    const damaged = changed(whole, offsetOf(whole, 6) + 30);
    expect(walked(damaged, damaged)).toBe(5);
  });
});
