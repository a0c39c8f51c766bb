/*
 * Every record, byte for byte, against what Apache ZooKeeper 3.8.0 writes for the same values.
 */

import { describe, expect, it } from 'vitest';
import {
  STAT_PERSISTED_PZXID_OFFSET,
  STAT_PERSISTED_SIZE,
  STAT_SIZE,
  StatOffset,
  writeStatPersisted,
} from '../../src/jute/data.ts';
import { readInt32, readInt64, readTimeMs } from '../../src/jute/int64.ts';
import { writeMultiEnd, writeMultiHeader } from '../../src/jute/multi.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { REPLY_HEADER_SIZE, REQUEST_HEADER_SIZE } from '../../src/jute/proto.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import { TXN_HEADER_SIZE } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { golden, goldenNames } from './golden-files.ts';
import { SESSION, STAT, ZXID } from './samples.ts';
import { protoSamples } from './samples-proto.ts';
import { multiSamples, transactionSamples } from './samples-txn.ts';

const samples = [...protoSamples, ...transactionSamples, ...multiSamples];

/** What we do not write as Java does, or not alone; other tests, by their own names, read these. */
const notSamples = [
  'CloseSessionTxn/null',
  'CreateTxnV0',
  'MultiHeader',
  'MultiHeader/end',
  'MultiTxn/null',
  'StatPersisted',
  'WhoAmIResponse/null',
  'entry/close',
  'entry/closeOfOldLog',
  'entry/closeWithoutTxn',
  'entry/create',
  'entry/withoutDigest',
  'string/loneSurrogate',
  'string/surrogatePair',
];

describe('records of Java', () => {
  it.each(samples)('$name is written as Java writes it', ({ bytes, encode }) => {
    expect(encode().toString('hex')).toBe(bytes.toString('hex'));
  });

  it.each(samples)('$name is read to its end', ({ bytes, value, decode }) => {
    const reader = new JuteReader(bytes);
    expect(decode(reader)).toEqual(value);
    expect(reader.remaining).toBe(0);
  });

  it('are all looked at', () => {
    const names = new Set([...samples.map(({ name }) => name), ...notSamples]);
    expect([...names].sort()).toEqual([...goldenNames].sort());
  });

  it('have the sizes that are constants here', () => {
    expect(golden('Stat').length).toBe(STAT_SIZE);
    expect(golden('RequestHeader').length).toBe(REQUEST_HEADER_SIZE);
    expect(golden('ReplyHeader').length).toBe(REPLY_HEADER_SIZE);
    expect(golden('TxnHeader').length).toBe(TXN_HEADER_SIZE);
  });

  it('have StatPersisted as a Stat without its two lengths', () => {
    const bytes = golden('StatPersisted');
    const writer = new JuteWriter(1);
    writeStatPersisted(writer, STAT);
    expect(writer.toBuffer()).toEqual(bytes);
    expect(bytes.length).toBe(STAT_PERSISTED_SIZE);
    expect(bytes.subarray(0, StatOffset.dataLength)).toEqual(
      golden('Stat').subarray(0, StatOffset.dataLength),
    );
    expect(readInt64(bytes, STAT_PERSISTED_PZXID_OFFSET)).toBe(STAT.pzxid);
  });

  it('have the fields of a Stat where StatOffset says', () => {
    const bytes = golden('Stat');
    const { czxid, mzxid, ctime, mtime, version, cversion, aversion } = StatOffset;
    const { ephemeralOwner, dataLength, numChildren, pzxid } = StatOffset;
    expect([czxid, mzxid, ephemeralOwner, pzxid].map((at) => readInt64(bytes, at))).toEqual([
      STAT.czxid,
      STAT.mzxid,
      SESSION,
      ZXID,
    ]);
    expect([ctime, mtime].map((at) => readTimeMs(bytes, at))).toEqual([STAT.ctime, STAT.mtime]);
    const ints = [version, cversion, aversion, dataLength, numChildren];
    expect(ints.map((at) => readInt32(bytes, at))).toEqual([1, 2, 3, 5, 6]);
  });

  it('have the MultiHeaders that stand between and behind the parts of a multi', () => {
    const writer = new JuteWriter();
    writeMultiHeader(writer, { type: OpCode.delete, done: false, err: -1 });
    writeMultiEnd(writer);
    expect(writer.view()).toEqual(
      Buffer.concat([golden('MultiHeader'), golden('MultiHeader/end')]),
    );
  });
});
