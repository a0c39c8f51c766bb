import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { DataTree } from '../../../src/datatree/data-tree.ts';
import { toZxid } from '../../../src/jute/int64.ts';
import { changed, erased, offsetOf } from './log-images.ts';
import { refusal, tenTransactions, withLog } from './recovery.ts';
import { createTxn, DIRECTORY, recoverFrom, Scene, seen, setTxn } from './scene.ts';

const SNAPSHOT_0 = `${DIRECTORY}/snapshot.0`;
/** Of a snapshot: sessions stand behind the header and their count, access lists behind them and their count. */
const FIRST_SESSION = 20;
const SESSION_SIZE = 12;

describe('a log without a transaction', () => {
  it('in front of another one is no harm', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(createTxn('/x'));
    const { disk } = scene;
    disk.put(`${DIRECTORY}/log.b.2`, disk.contents(`${DIRECTORY}/log.b`));
    disk.put(`${DIRECTORY}/log.b`, Buffer.alloc(0));
    const found = recoverFrom(disk);
    expect(found.lastZxid).toBe(11n);
    expect(found.warnings).toEqual([]);
    expect(disk.listing(DIRECTORY)).toEqual(['log.1', 'log.b', 'log.b.2', 'snapshot.0']);
  });

  it('shows by its name what there had been before', () => {
    const scene = tenTransactions();
    const log = scene.disk.contents(`${DIRECTORY}/log.1`);
    const offset = offsetOf(log, 10);
    scene.disk.put(`${DIRECTORY}/log.b`, Buffer.alloc(0));
    const torn = withLog(scene, () => erased(log, offset + 40, 20));
    expect(refusal(torn).message).toBe(
      'Transactions between 0x9 and 0xb are missing: the log is damaged ' +
        `(${DIRECTORY}/log.1 at offset ${offset})`,
    );
    const found = recoverFrom(withLog(scene, () => log.subarray(0, offset)));
    expect(found.warnings[0]).toMatch(/^Transactions between 0x9 and 0xb are missing in front of/);
  });
});

describe('damage', () => {
  it('in the middle of the last log is refused, with file and offset', () => {
    const scene = tenTransactions();
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 5);
    const error = refusal(withLog(scene, (log) => changed(log, offset + 60)));
    expect(error.path).toBe(`${DIRECTORY}/log.1`);
    expect(error.offset).toBe(offset);
    expect(error.message).toBe(
      `The log is damaged behind transaction 0x4, and more follows (${DIRECTORY}/log.1 at offset ${offset})`,
    );
  });

  it.each([
    ['the checksum', 5],
    ['the length', 9],
    ['the length, which becomes huge', 8],
    ['the zxid', 24],
  ])('of %s of a record is refused when others follow', (_, at) => {
    const scene = tenTransactions();
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 5);
    const error = refusal(withLog(scene, (log) => changed(log, offset + at)));
    expect(error.offset).toBe(offset);
  });

  it('that leaves zeros is refused when more follows than one write can have', () => {
    const scene = new Scene();
    for (let index = 0; index < 30; index++) {
      scene.commit(createTxn(`/n${index}`, Buffer.alloc(60_000, index + 1)));
    }
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 5);
    const error = refusal(withLog(scene, (log) => erased(log, offset, 4096)));
    expect(error.offset).toBe(offset);
  });

  it('that leaves zeros is refused where a snapshot shows that the log went on', () => {
    const scene = new Scene();
    for (let index = 0; index < 10; index++) {
      scene.commit(createTxn(`/n${index}`, Buffer.alloc(2000, index)));
    }
    const log = scene.disk.contents(`${DIRECTORY}/log.1`);
    const offset = offsetOf(log, 5);
    expect(recoverFrom(withLog(scene, () => erased(log, offset, 1024))).lastZxid).toBe(4n);
    scene.snapshot();
    expect(refusal(withLog(scene, () => erased(log, offset, 1024))).offset).toBe(offset);
  });

  it('at the end of a log is refused when the next one shows that more was there', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(createTxn('/next'));
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 10);
    const error = refusal(withLog(scene, (log) => changed(log, offset + 60)));
    expect(error.message).toBe(
      'Transactions between 0x9 and 0xb are missing: the log is damaged ' +
        `(${DIRECTORY}/log.1 at offset ${offset})`,
    );
  });

  it.each([
    ['a record that has its end mark', 60, 1],
    ['a record of which nothing is left', 0, 90],
  ])('at the end of an epoch, %s, is refused when another epoch follows', (_, at, size) => {
    const scene = tenTransactions();
    scene.zxid = toZxid(0x1_0000_0000n);
    scene.log.roll();
    scene.commit(createTxn('/next'));
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 10);
    const error = refusal(withLog(scene, (log) => changed(log, offset + at, size)));
    expect(error.message).toMatch(/^Transactions between 0x9 and 0x100000001 are missing/);
    expect(error.offset).toBe(offset);
  });

  it('at the end of an epoch is refused where a snapshot shows what was there', () => {
    const scene = tenTransactions();
    const { writer } = scene.startSnapshot();
    scene.commit(createTxn('/while-it-was-written'));
    while (writer.isActive) {
      writer.step();
      scene.disk.settle();
    }
    scene.zxid = toZxid(0x1_0000_0000n);
    scene.log.roll();
    scene.commit(createTxn('/next'));
    const offset = offsetOf(scene.disk.contents(`${DIRECTORY}/log.1`), 11);
    const error = refusal(withLog(scene, (log) => changed(log, offset, 90)));
    expect(error.message).toMatch(/^Transactions between 0xa and 0x100000001 are missing/);
  });

  it('of a snapshot is refused where only it had the end of an epoch', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(createTxn('/only-in-the-snapshot'));
    const path = scene.snapshot();
    scene.zxid = toZxid(0x1_0000_0000n);
    scene.log.roll();
    scene.commit(createTxn('/next'));
    scene.disk.removeNow(`${DIRECTORY}/log.b`);
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    const error = refusal(scene.disk.crash(() => true));
    expect(error.message).toMatch(/^Transactions between 0xa and 0x100000001 are missing/);
  });

  it('is none at the end of an epoch where a write was torn and the digests of the next agree', () => {
    const scene = tenTransactions();
    const log = scene.disk.contents(`${DIRECTORY}/log.1`);
    const torn = erased(log, offsetOf(log, 10) + 40, 4096);
    const next = new Scene(withLog(scene, () => torn).crash(() => true));
    next.zxid = toZxid(0x1_0000_0000n);
    next.commit(createTxn('/next'));
    // Java leaves the torn write where it is.
    const disk = withLog(next, () => torn);
    expect(recoverFrom(disk).lastZxid).toBe(0x1_0000_0001n);
  });

  it('is none when the next log goes on where this one stops', () => {
    const scene = tenTransactions();
    const disk = withLog(scene, (log) => changed(log, offsetOf(log, 10) + 60));
    const next = new Scene(disk.crash(() => true));
    next.commit(createTxn('/n10'), createTxn('/n11'));
    disk.put(`${DIRECTORY}/log.a`, next.disk.contents(`${DIRECTORY}/log.a`));
    expect(recoverFrom(disk).lastZxid).toBe(11n);
  });

  it('is none when the next log goes on where this one stops, also with another epoch', () => {
    const scene = tenTransactions();
    const disk = withLog(scene, (log) => changed(log, offsetOf(log, 10) + 60));
    const next = new Scene(disk.crash(() => true));
    next.commit(createTxn('/n10'));
    next.zxid = toZxid(0x1_0000_0000n);
    next.commit(createTxn('/epoch'));
    disk.put(`${DIRECTORY}/log.a`, next.disk.contents(`${DIRECTORY}/log.a`));
    expect(recoverFrom(disk).lastZxid).toBe(0x1_0000_0001n);
  });

  it('of a header is refused', () => {
    const error = refusal(withLog(tenTransactions(), (log) => changed(log, 0)));
    expect(error.message).toBe(
      `Transaction log has invalid magic number (${DIRECTORY}/log.1 at offset 0)`,
    );
  });

  it('of a record that is too short to be a transaction is refused', () => {
    const scene = tenTransactions();
    scene.log.appendBytes(toZxid(11n), Buffer.from('short'));
    scene.zxid = toZxid(11n);
    scene.commit(createTxn('/x'), createTxn('/y'));
    expect(refusal(scene.disk).message).toMatch(/^The log is damaged behind transaction 0xa/);
  });

  it('in a transaction that passes its checksum is refused: a newer server wrote it', () => {
    const scene = tenTransactions();
    const record = Buffer.alloc(40);
    record.writeInt32BE(11, 16);
    record.writeInt32BE(77, 28);
    scene.log.appendBytes(toZxid(11n), record);
    scene.flush();
    expect(refusal(scene.disk).message).toMatch(
      /^Transaction 0xb of type 77 cannot be read: no transaction has op code 77 \(/,
    );
  });
});

describe('a gap', () => {
  it('between logs is told, and no reason to refuse', () => {
    const scene = tenTransactions();
    scene.log.roll();
    scene.commit(createTxn('/x'));
    scene.log.roll();
    scene.commit(createTxn('/y'));
    scene.disk.removeNow(`${DIRECTORY}/log.b`);
    const found = recoverFrom(scene.disk);
    expect(found.lastZxid).toBe(12n);
    expect(found.warnings).toEqual([
      `Transactions between 0xa and 0xc are missing in front of ${DIRECTORY}/log.c at offset 16`,
      expect.stringMatching(/^Digests do not match at 0xc/),
    ]);
  });
  it('between what a snapshot may hold and the end of the log is told', () => {
    const scene = tenTransactions();
    const { writer } = scene.startSnapshot();
    scene.commit(setTxn('/n5', 'newer than the snapshot'));
    while (writer.isActive) {
      writer.step();
      scene.disk.settle();
    }
    const found = recoverFrom(withLog(scene, (log) => log.subarray(0, offsetOf(log, 11))));
    expect(found.lastZxid).toBe(10n);
    expect(found.warnings).toEqual([
      'Highest txn zxid 0xa is not covering the snapshot digest zxid 0xb, which might lead to inconsistent state',
    ]);
  });
});

describe('a snapshot that cannot be loaded', () => {
  let scene: Scene;
  const path = `${DIRECTORY}/snapshot.a`;

  beforeEach(() => {
    scene = tenTransactions();
    scene.snapshot();
    scene.log.roll();
    scene.commit(createTxn('/later'));
  });

  it('is passed over for an older one and the logs', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    const found = recoverFrom(scene.disk);
    expect(found.snapshot?.zxid).toBe(0n);
    expect(found.txnsLoaded).toBe(11);
    expect(seen(found.tree)).toEqual(seen(scene.tree));
    expect(found.warnings[0]).toMatch(/^problem reading snap file \/data\/version-2\/snapshot.a: /);
  });

  it('leaves no number of an access list behind, to go on from', () => {
    const contents = scene.disk.contents(path);
    const firstId = FIRST_SESSION + SESSION_SIZE * contents.readInt32BE(FIRST_SESSION - 4) + 4;
    scene.disk.put(path, changed(contents, firstId + 4));
    const { tree } = recoverFrom(scene.disk);
    const aclIdIn = (one: DataTree): number => one.aclId(one.findPath('/later'));
    expect(aclIdIn(tree)).toBe(aclIdIn(scene.tree));
  });

  it('is passed over when it was never finished', () => {
    scene.disk.put(path, scene.disk.contents(path).subarray(0, 300));
    const found = recoverFrom(scene.disk);
    expect(found.lastZxid).toBe(11n);
    expect(found.warnings).toEqual([`invalid snapshot ${path}`]);
  });

  it('stops the server where nothing else leads to its zxid', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    scene.disk.removeNow(`${DIRECTORY}/log.1`);
    expect(refusal(scene.disk).message).toBe(
      'Transactions between 0x0 and 0xb are missing, and the snapshot that had them is damaged ' +
        `(${DIRECTORY}/log.b at offset 16)`,
    );
  });

  it('stops the server where the logs end before its zxid', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    scene.disk.removeNow(`${DIRECTORY}/log.1`);
    scene.disk.removeNow(`${DIRECTORY}/log.b`);
    expect(refusal(scene.disk).message).toBe(
      `The log ends at 0x0, but there is a damaged snapshot of 0xa (${DIRECTORY})`,
    );
  });

  it('stops the server when there is no other', () => {
    scene.disk.put(path, changed(scene.disk.contents(path), 200));
    scene.disk.removeNow(SNAPSHOT_0);
    expect(refusal(scene.disk).message).toBe(`Not able to find valid snapshots in ${DIRECTORY}`);
  });

  it.each([
    ['the magic number', 0],
    ['a session', 17],
    ['the tree', 250],
  ])('may be wrong in %s', (_, offset) => {
    scene.disk.put(path, changed(scene.disk.contents(path), offset));
    expect(recoverFrom(scene.disk).snapshot?.zxid).toBe(0n);
  });

  it('may be wrong anywhere: no changed byte goes unnoticed', () => {
    const whole = scene.disk.contents(path);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), (offset) => {
        scene.disk.put(path, changed(whole, offset));
        const found = recoverFrom(scene.disk);
        expect(found.snapshot?.zxid).toBe(0n);
        expect(seen(found.tree)).toEqual(seen(scene.tree));
      }),
    );
  });

  it('may be packed and cut off, as a crash of a Java server leaves it', () => {
    const packed = gzipSync(scene.disk.contents(path));
    scene.disk.removeNow(path);
    scene.disk.put(`${path}.gz`, gzipSync(scene.disk.contents(SNAPSHOT_0).subarray(0, 200)));
    expect(recoverFrom(scene.disk).snapshot?.zxid).toBe(0n);
    scene.disk.put(`${path}.gz`, packed);
    expect(recoverFrom(scene.disk).snapshot?.zxid).toBe(10n);
  });
});
