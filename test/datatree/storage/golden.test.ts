import { describe, expect, it } from 'vitest';
import { SnapshotReceiver } from '../../../src/datatree/storage/snapshot-receiver.ts';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { containersOf, ttlsOf } from '../trees.ts';
import { readZxids } from './log-images.ts';
import { DIRECTORY, golden, goldenDisk, newTree, recoverFrom, Scene, seen, zxid } from './scene.ts';

/* The files below golden/ are those of Apache ZooKeeper 3.8.0, as a kill -9 left them; only the zeros at the ends of the logs were cut off. */

const PLAIN = ['snapshot.0', 'log.1', 'snapshot.22', 'log.23'];

describe('a directory of Apache ZooKeeper', () => {
  it('opens with everything that is in it', () => {
    const found = recoverFrom(goldenDisk('plain', PLAIN));
    const { tree } = found;
    expect(found.lastZxid).toBe(38n);
    expect(found.snapshot?.zxid).toBe(34n);
    expect(found.txnsLoaded).toBe(4);
    expect(tree.dataOf(tree.findPath('/second'))?.toString()).toBe('again');
    expect(tree.dataOf(tree.findPath('/a/ü-漢'))?.toString()).toBe('ünï');
    expect(tree.findPath('/seq/n-0000000001')).toBe(-1);
    expect(tree.aclTable.aclsOf(tree.aclId(tree.findPath('/a/b')))).toEqual([
      { perms: 31, id: { scheme: 'ip', id: '127.0.0.1' } },
    ]);
    expect(containersOf(tree)).toEqual(['/cont']);
    expect(ttlsOf(tree)).toEqual(['/ttl']);
    expect(tree.quotaRootOf('/a/b')).toBe('/a');
    expect([...tree.sessions.values()]).toEqual([40000, 30000, 40000]);
    expect(tree.ephemeralsCount).toBe(3);
  });

  it('has the digests that Java wrote, at every transaction and in the snapshot', () => {
    for (const names of [PLAIN, ['snapshot.0', 'log.1', 'log.23'], ['snapshot.22', 'log.23']]) {
      const found = recoverFrom(goldenDisk('plain', names));
      expect(found.tree.digestMismatchCount).toBe(0);
      expect(found.warnings).toEqual([]);
    }
  });

  it('is the same tree from its snapshot and from its log', () => {
    const fromLog = recoverFrom(goldenDisk('plain', ['snapshot.0', 'log.1', 'log.23']));
    const fromSnapshot = recoverFrom(goldenDisk('plain', PLAIN));
    expect(fromLog.txnsLoaded).toBe(38);
    expect(seen(fromLog.tree)).toEqual(seen(fromSnapshot.tree));
  });

  it.each(['gz', 'snappy'])('opens with snapshots packed by %s', (packing) => {
    const found = recoverFrom(goldenDisk(packing, [`snapshot.22.${packing}`, 'log.23']));
    expect(found.lastZxid).toBe(38n);
    expect(found.tree.nodeCount).toBe(26);
    expect(found.tree.digestMismatchCount).toBe(0);
  });

  it('is not changed by being opened', () => {
    const disk = goldenDisk('plain', PLAIN);
    const before = disk.image();
    recoverFrom(disk);
    expect(disk.image()).toEqual(before);
  });

  it('goes on in a new log', () => {
    const scene = new Scene(goldenDisk('plain', PLAIN));
    scene.commit({ type: 2, path: '/second' });
    expect(scene.disk.listing(DIRECTORY)).toContain('log.27');
    expect(readZxids(scene.disk.contents(`${DIRECTORY}/log.27`))).toEqual([39]);
  });
});

describe('a snapshot of ours', () => {
  it('has what Java wrote, in its very size, and a last zxid behind it', () => {
    const java = golden('plain/snapshot.22');
    const scene = new Scene(goldenDisk('plain', ['snapshot.22']));
    expect(scene.snapshot()).toBe(`${DIRECTORY}/snapshot.22`);
    const ours = scene.disk.contents(`${DIRECTORY}/snapshot.22`);
    const lastZxid = 8 + 13;
    expect(ours.length).toBe(java.length + lastZxid);
    expect(sortedBytes(ours.subarray(0, -13 - lastZxid - 33))).toEqual(
      sortedBytes(java.subarray(0, -13 - 33)),
    );
  });

  it('of a new database is that of Java', () => {
    const scene = new Scene();
    const ours = scene.disk.contents(`${DIRECTORY}/snapshot.0`);
    const java = golden('plain/snapshot.0');
    expect(ours.length).toBe(java.length + 21);
    expect(seen(recoverFrom(goldenDisk('plain', ['snapshot.0'])).tree)).toEqual(seen(scene.tree));
  });
});

/** Java's order of siblings and sessions is that of its hash tables; the bytes themselves are the same. */
function sortedBytes(bytes: Buffer): string {
  return Buffer.from(bytes).sort().toString('hex');
}

describe('what ZKDatabase.serializeSnapshot sends', () => {
  it('is the tree that Java had, and none of what follows is taken', () => {
    const bytes = Buffer.concat([golden('plain/serializeSnapshot'), Buffer.from('signature')]);
    const tree = newTree();
    const receiver = new SnapshotReceiver(tree, zxid(38), null);
    expect(receiver.push(bytes, 0, bytes.length)).toBe(bytes.length - 9);
    expect(receiver.isComplete).toBe(true);
    expect(tree.treeDigest).toBe(42910671940n);
    expect(seen(tree)).toEqual(seen(recoverFrom(goldenDisk('plain', PLAIN)).tree));
  });

  it('is in other orders what we send', () => {
    const { tree } = recoverFrom(goldenDisk('plain', PLAIN));
    const writer = new JuteWriter();
    while (!new SnapshotStream(tree).writeSlice(writer, Number.MAX_SAFE_INTEGER));
    expect(writer.length).toBe(golden('plain/serializeSnapshot').length);
    expect(sortedBytes(writer.toBuffer())).toBe(sortedBytes(golden('plain/serializeSnapshot')));
  });
});
