import { describe, expect, it } from 'vitest';
import { Epochs } from '../../../src/datatree/storage/epochs.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { MemoryDisk } from './memory-disk.ts';
import { DIRECTORY } from './scene.ts';

const ACCEPTED = `${DIRECTORY}/acceptedEpoch`;
const CURRENT = `${DIRECTORY}/currentEpoch`;

function diskWith(files: Record<string, string>): MemoryDisk {
  const disk = new MemoryDisk();
  for (const [name, text] of Object.entries(files)) {
    disk.put(`${DIRECTORY}/${name}`, Buffer.from(text));
  }
  return disk;
}

function read(
  disk: MemoryDisk,
  lastZxid: bigint,
): { readonly epochs: Epochs; readonly warnings: string[] } {
  const warnings: string[] = [];
  const epochs = Epochs.read(disk, DIRECTORY, toZxid(lastZxid), (line) => warnings.push(line));
  return { epochs, warnings };
}

describe('the epochs of a member', () => {
  it('are those in the files', () => {
    const { epochs, warnings } = read(
      diskWith({ acceptedEpoch: '7', currentEpoch: '6' }),
      0x6_0000_0003n,
    );
    expect([epochs.accepted, epochs.current]).toEqual([7, 6]);
    expect(warnings).toEqual([]);
  });

  it('are made without a word by a server that has nothing yet', () => {
    const { epochs, warnings } = read(diskWith({ 'snapshot.0': '' }), 0n);
    expect([epochs.accepted, epochs.current]).toEqual([0, 0]);
    expect(warnings).toEqual([]);
  });

  it('are that of the last zxid where the files are missing, which are made', () => {
    const disk = diskWith({ 'snapshot.0': '' });
    const { epochs, warnings } = read(disk, 0x5_0000_0001n);
    expect([epochs.accepted, epochs.current]).toEqual([5, 5]);
    expect(warnings[0]).toMatch(/^currentEpoch not found! Creating with a reasonable default of 5/);
    const after = disk.crash(() => false);
    expect(after.contents(ACCEPTED).toString()).toBe('5');
    expect(after.contents(CURRENT).toString()).toBe('5');
  });

  it('are -1 in a database that is unexpectedly empty, and can be read again', () => {
    const disk = diskWith({ 'snapshot.0': '' });
    read(disk, -1n);
    expect(disk.contents(CURRENT).toString()).toBe('-1');
    expect(read(disk, -1n).epochs.accepted).toBe(-1);
  });

  it('are durable when they are set, as Java writes them', () => {
    const disk = diskWith({ acceptedEpoch: '1', currentEpoch: '1' });
    const { epochs } = read(disk, 0n);
    epochs.setAccepted(12);
    epochs.setCurrent(11);
    const again = read(
      disk.crash(() => false),
      0n,
    ).epochs;
    expect([again.accepted, again.current]).toEqual([12, 11]);
    expect(disk.contents(ACCEPTED).toString()).toBe('12');
  });

  it('stay what they were when they cannot be written', () => {
    const disk = diskWith({ acceptedEpoch: '1', currentEpoch: '1' });
    const { epochs } = read(disk, 0n);
    disk.onCall = () => new Error('no space');
    expect(() => epochs.setAccepted(2)).toThrow('no space');
    expect(epochs.accepted).toBe(1);
  });

  it.each(['3\n', '3\r\nrest', '+3', '03'])('are the first line of %j', (text) => {
    expect(read(diskWith({ acceptedEpoch: text, currentEpoch: text }), 0n).epochs.current).toBe(3);
  });

  it.each(['', 'x', ' 3', '3 ', '0x3', '99999999999', '-2', '\n3'])('are not in %j', (text) => {
    const disk = diskWith({ acceptedEpoch: '9', currentEpoch: text });
    expect(() => read(disk, 0n)).toThrow(
      /^Found ".*" where an epoch should be \(.*currentEpoch\)$/,
    );
  });

  it('may not be accepted below the current one', () => {
    expect(() => read(diskWith({ acceptedEpoch: '2', currentEpoch: '3' }), 0n)).toThrow(
      'The accepted epoch, 0x2 is less than the current epoch, 0x3',
    );
  });
});

describe('a last zxid of a later epoch than the current one', () => {
  it('means that a crash came between the history and the epoch, if the epoch was accepted (ZOOKEEPER-4643)', () => {
    const disk = diskWith({ acceptedEpoch: '6', currentEpoch: '4' });
    const { epochs, warnings } = read(disk, 0x5_0000_0001n);
    expect(epochs.current).toBe(5);
    expect(warnings).toHaveLength(1);
    expect(disk.contents(CURRENT).toString()).toBe('5');
  });

  it('takes what a Java server had not renamed yet', () => {
    const disk = diskWith({ acceptedEpoch: '6', currentEpoch: '4', 'currentEpoch.tmp': '6' });
    expect(read(disk, 0x5_0000_0001n).epochs.current).toBe(6);
  });

  it('is refused if the epoch was never accepted', () => {
    const disk = diskWith({ acceptedEpoch: '4', currentEpoch: '4' });
    expect(() => read(disk, 0x5_0000_0001n)).toThrow(
      'The current epoch, 0x4, is older than the last zxid, 0x500000001',
    );
  });
});
