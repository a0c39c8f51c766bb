/*
 * multi and multiRead: what each op code and create mode is taken for, and sequences that are refused.
 */

import { describe, expect, it } from 'vitest';
import type { MultiOp } from '../../src/jute/multi.ts';
import {
  isMultiGet,
  isTTLMode,
  readMultiOps,
  readMultiResults,
  writeMultiEnd,
  writeMultiHeader,
} from '../../src/jute/multi.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { JuteError, JuteReader } from '../../src/jute/reader.ts';
import { writeCreateRequest, writeCreateTTLRequest } from '../../src/jute/requests.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { encode, multiOps } from './codecs.ts';
import { goldenCodes } from './golden-files.ts';
import { ACLS, DATA, PATH } from './samples.ts';

const java = [...goldenCodes('multiKind')].map(([name, kind]) => {
  const [type = 0, flags = 0] = name.split('/').map(Number);
  return { type, flags, kind };
});

/** What we take a part with `type` and `flags` for. */
function kindOf(type: number, flags: number): MultiOp {
  const writer = new JuteWriter();
  writeMultiHeader(writer, { type, done: false, err: -1 });
  const request = { path: PATH, data: DATA, acl: ACLS, flags };
  if (type === OpCode.createTTL) writeCreateTTLRequest(writer, { ...request, ttl: 5n });
  else writeCreateRequest(writer, request);
  writeMultiEnd(writer);
  const [op, ...others] = readMultiOps(new JuteReader(writer.view()));
  if (op === undefined || others.length > 0) throw new Error('not one operation');
  return op;
}

/** A TTL mode in a record that has no place for a TTL. */
function lacksItsTTL({ type, flags }: { type: number; flags: number }): boolean {
  return isTTLMode(flags) && type !== OpCode.createTTL;
}

/** A create2 that stays one, since 3.9 (ZOOKEEPER-4026); 3.8 takes it for a create. */
function isPlainCreate2({ type, kind }: { type: number; kind: number }): boolean {
  return type === OpCode.create2 && kind === OpCode.create;
}

describe('a create in a multi', () => {
  it.each(java.filter((row) => !lacksItsTTL(row) && !isPlainCreate2(row)))(
    'of op code $type with flags $flags is one of op code $kind, as in Java',
    ({ type, flags, kind }) => {
      const ttl = kind === OpCode.createTTL ? 5n : -1n;
      expect(kindOf(type, flags)).toMatchObject({ type: kind, flags, ttl, path: PATH });
    },
  );

  it('stays a create2 where 3.8 makes a create of it', () => {
    const rows = java.filter(isPlainCreate2);
    expect(rows.map(({ flags }) => flags)).toEqual([-1, 0, 1, 2, 3, 7]);
    expect(rows.map(({ type, flags }) => kindOf(type, flags).type)).toEqual(
      rows.map(() => OpCode.create2),
    );
  });

  it('keeps the flags of a TTL mode without a TTL, which Java fails over when its turn comes', () => {
    const rows = java.filter(lacksItsTTL);
    expect(rows.map(({ kind }) => kind)).toEqual(Array(6).fill(OpCode.createTTL));
    expect(rows.map(({ type, flags }) => kindOf(type, flags))).toEqual(
      rows.map(({ flags }) => expect.objectContaining({ flags, ttl: -1n })),
    );
  });
});

describe('a sequence of operations', () => {
  const get: MultiOp = { type: OpCode.getData, path: PATH, watch: false };
  const check: MultiOp = { type: OpCode.check, path: PATH, version: 0 };

  it.each([[[get, check]], [[check, get]], [[check, check, get]]])(
    'that reads and writes is refused',
    (ops) => {
      expect(() => multiOps.read(new JuteReader(encode(multiOps, ops)))).toThrow(
        new JuteError('reading and writing operations in one multi'),
      );
    },
  );

  it('knows which operations read', () => {
    expect([get, check].map(isMultiGet)).toEqual([true, false]);
  });

  it.each([OpCode.exists, OpCode.setACL, OpCode.multi, OpCode.createSession, OpCode.error, 99])(
    'with op code %i is refused',
    (type) => {
      const writer = new JuteWriter();
      writeMultiHeader(writer, { type, done: false, err: -1 });
      writer.writeString(PATH);
      expect(() => readMultiOps(new JuteReader(writer.view()))).toThrow(
        new JuteError(`op code ${type} in a multi`),
      );
    },
  );

  it('ends at the header that is done, whatever its type', () => {
    const writer = new JuteWriter();
    writeMultiHeader(writer, { type: OpCode.check, done: true, err: 7 });
    writer.writeInt(1);
    const reader = new JuteReader(writer.view());
    expect(readMultiOps(reader)).toEqual([]);
    expect(reader.remaining).toBe(4);
  });

  it('that never ends is cut short', () => {
    const writer = new JuteWriter();
    writeMultiHeader(writer, { type: OpCode.delete, done: false, err: 0 });
    expect(() => readMultiResults(new JuteReader(writer.view()))).toThrow(JuteError);
  });

  it('answers with no other op codes than results have', () => {
    const writer = new JuteWriter();
    writeMultiHeader(writer, { type: OpCode.exists, done: false, err: 0 });
    expect(() => readMultiResults(new JuteReader(writer.view()))).toThrow(
      new JuteError('op code 3 in the response to a multi'),
    );
  });
});
