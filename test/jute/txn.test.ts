/*
 * What is particular to transactions: layouts that have grown over the years, what follows a record, parts of a multi.
 */

import { describe, expect, it } from 'vitest';
import { OpCode } from '../../src/jute/op-code.ts';
import { JuteError, JuteReader } from '../../src/jute/reader.ts';
import { readWhoAmIResponse } from '../../src/jute/responses.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../src/jute/txn.ts';
import {
  readTxn,
  readTxnDigest,
  readTxnHeader,
  writeTxn,
  writeTxnDigest,
  writeTxnHeader,
} from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { encode, multiTxn, txn } from './codecs.ts';
import { golden } from './golden-files.ts';
import { ACLS, DATA, PATH } from './samples.ts';
import { DIGEST, HEADER } from './samples-txn.ts';

interface Entry {
  readonly header: TxnHeader;
  readonly txn: Txn;
  readonly digest: TxnDigest | undefined;
}

const CREATE: Txn = {
  type: OpCode.create,
  path: PATH,
  data: DATA,
  acl: ACLS,
  ephemeral: true,
  parentCVersion: 4,
};

function closeOf(paths2Delete: readonly string[] | null): Txn {
  return { type: OpCode.closeSession, paths2Delete };
}

/** One entry of a log or one proposal: header, transaction, digest. */
function readEntry(name: string): Entry {
  const reader = new JuteReader(golden(name));
  const header = readTxnHeader(reader);
  const entry = { header, txn: readTxn(header.type, reader), digest: readTxnDigest(reader) };
  expect(reader.remaining).toBe(0);
  return entry;
}

function writeEntry({ header, txn: record, digest }: Entry): Buffer {
  const writer = new JuteWriter();
  writeTxnHeader(writer, header);
  writeTxn(writer, record);
  if (digest !== undefined) writeTxnDigest(writer, digest);
  return writer.toBuffer();
}

describe('an entry of the log', () => {
  it.each([
    ['entry/create', CREATE, DIGEST],
    ['entry/withoutDigest', CREATE, undefined],
    ['entry/close', closeOf([PATH]), DIGEST],
    ['entry/closeWithoutTxn', closeOf(null), DIGEST],
    ['entry/closeOfOldLog', closeOf(null), undefined],
  ])('%s is read and written as Java does', (name, record, digest) => {
    const entry = readEntry(name);
    expect(entry).toMatchObject({ txn: record, digest });
    expect(entry.header.type).toBe(record.type);
    expect(writeEntry(entry)).toEqual(golden(name));
  });

  it('has the header that stands in it', () => {
    expect(readEntry('entry/create').header).toEqual(HEADER);
  });

  it('has no digest when fewer bytes are left than one takes', () => {
    const reader = new JuteReader(golden('TxnDigest'), 1);
    expect(readTxnDigest(reader)).toBeUndefined();
    expect(reader.remaining).toBe(11);
  });
});

describe('a transaction of an older server', () => {
  it('of 3.3 creates a znode without the cversion of its parent', () => {
    const reader = new JuteReader(golden('CreateTxnV0'));
    expect(readTxn(OpCode.create, reader)).toEqual({ ...CREATE, parentCVersion: -1 });
  });

  it('of 3.5 closes a session without naming its ephemerals', () => {
    expect(readTxn(OpCode.closeSession, new JuteReader(Buffer.alloc(0)))).toEqual(closeOf(null));
  });
});

describe('a session that ends', () => {
  it('with one path in as many bytes as a digest takes has that path', () => {
    const close = encode(txn(OpCode.closeSession), closeOf(['/abc']));
    expect(close.length).toBe(golden('TxnDigest').length);
    expect(readTxn(OpCode.closeSession, new JuteReader(close))).toEqual(closeOf(['/abc']));
  });

  it('without naming its ephemerals leaves the digest behind it alone', () => {
    const reader = new JuteReader(golden('TxnDigest'));
    expect(readTxn(OpCode.closeSession, reader)).toEqual(closeOf(null));
    expect(readTxnDigest(reader)).toEqual(DIGEST);
  });
});

describe('a null vector', () => {
  it('of paths to delete says nothing of them', () => {
    const reader = new JuteReader(golden('CloseSessionTxn/null'));
    expect(readTxn(OpCode.closeSession, reader)).toEqual(closeOf(null));
    expect(reader.remaining).toBe(0);
  });

  it('of parts is a multi without any', () => {
    const reader = new JuteReader(golden('MultiTxn/null'));
    expect(readTxn(OpCode.multi, reader)).toEqual({ type: OpCode.multi, txns: [] });
  });

  it('of identities is an empty answer to whoAmI', () => {
    expect(readWhoAmIResponse(new JuteReader(golden('WhoAmIResponse/null')))).toEqual([]);
  });
});

describe('a transaction that nobody may have written', () => {
  it('without a path is refused', () => {
    const nowhere = Buffer.from('ffffffff', 'hex');
    expect(() => readTxn(OpCode.delete, new JuteReader(nowhere))).toThrow(
      new JuteError('a transaction without a path'),
    );
  });

  it.each([
    OpCode.notification,
    OpCode.exists,
    OpCode.getData,
    OpCode.sync,
    OpCode.ping,
    OpCode.multiRead,
    OpCode.auth,
    23,
    -2,
  ])('of op code %i is refused', (type) => {
    expect(() => readTxn(type, new JuteReader(Buffer.alloc(64)))).toThrow(
      new JuteError(`no transaction has op code ${type}`),
    );
  });

  it('leaves null paths out of those that a session takes along', () => {
    const reader = new JuteReader(Buffer.from('00000002ffffffff000000022f61', 'hex'));
    expect(readTxn(OpCode.closeSession, reader)).toEqual(closeOf(['/a']));
  });
});

describe('a part of a multi', () => {
  /** A multi of one part of `type`, whose record is `hex`. */
  function multiOf(type: number, hex: string): JuteReader {
    const writer = new JuteWriter();
    writer.writeInt(1);
    writer.writeInt(type);
    writer.writeBuffer(Buffer.from(hex, 'hex'));
    writer.writeBytes(Buffer.alloc(100, 0xff));
    return new JuteReader(writer.toBuffer());
  }

  it('is bounded by its own length, not by that of the multi', () => {
    expect(() => multiTxn.read(multiOf(OpCode.check, '000000012f0000'))).toThrow(
      new JuteError('needs 4 bytes, has 2'),
    );
  });

  it('may be longer than its record; what follows the multi is left', () => {
    const reader = multiOf(OpCode.error, 'ffffff9b0000');
    const txns = [{ type: OpCode.error, err: -101 }];
    expect(multiTxn.read(reader)).toEqual({ type: OpCode.multi, txns });
    expect(reader.remaining).toBe(100);
  });

  it('must have a record', () => {
    const reader = new JuteReader(Buffer.from('0000000100000002ffffffff', 'hex'));
    expect(() => multiTxn.read(reader)).toThrow(
      new JuteError('a multi with a part that has no record'),
    );
  });

  it('is no multi: a record could hold a hundred thousand of them in each other', () => {
    expect(() => multiTxn.read(multiOf(OpCode.multi, '00000000'))).toThrow(
      new JuteError('a multi as part of a multi'),
    );
  });
});
