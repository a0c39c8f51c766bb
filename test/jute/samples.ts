/*
 * What a sample is: a line of golden/records.txt, how we read and write that record, and the value it stands for.
 * The values below are those of golden/Records.java, which its records are made of.
 */

import type { ACL, Stat } from '../../src/jute/data.ts';
import { toSessionId, toZxid } from '../../src/jute/int64.ts';
import type { JuteReader } from '../../src/jute/reader.ts';
import type { Codec } from './codecs.ts';
import { encode } from './codecs.ts';
import { golden } from './golden-files.ts';

/** A record that Java has written, with what we make of it. */
export interface Sample {
  readonly name: string;
  readonly bytes: Buffer;
  readonly value: unknown;
  /** What the first bytes of the record alone stand for, by their number: where a layout has grown at its end. */
  readonly shorter: ReadonlyMap<number, unknown>;
  encode(): Buffer;
  decode(reader: JuteReader): unknown;
}

/** Makes a sample; `shorter` tells what the record means with so many bytes cut off its end. */
export function sample<T>(
  name: string,
  codec: Codec<T>,
  value: T,
  shorter: readonly (readonly [cut: number, value: NoInfer<T>])[] = [],
): Sample {
  const bytes = golden(name);
  return {
    name,
    bytes,
    value,
    shorter: new Map(shorter.map(([cut, rest]) => [bytes.length - cut, rest])),
    encode: () => encode(codec, value),
    decode: (reader) => codec.read(reader),
  };
}

export const PATH = '/zoo/keeper';
export const TWO_BYTES = '/\u0080\u00e9\u07ff';
/** It begins with the mark that some decoders take off. */
export const THREE_BYTES = '\ufeff/\u0800\u6c49\u20ac\uffff';
export const CONTROLS = '\u0000\u0001\u007f';
export const LONG_TEXT = '\u6c49'.repeat(700);
export const DATA = Buffer.from([0, 1, 0x7f, 0x80, 0xff]);
export const EMPTY = Buffer.alloc(0);
export const PASSWD = Buffer.from([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
export const MIN_INT = -(2 ** 31);
export const MAX_INT = 2 ** 31 - 1;
export const MIN_LONG = -(2n ** 63n);
export const MAX_LONG = 2n ** 63n - 1n;
export const MAX_TIME = Number.MAX_SAFE_INTEGER;
export const SESSION = toSessionId(0x100000abcdef0001n);
export const ZXID = toZxid(0x100000003n);

export const OPEN: readonly ACL[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
export const NEGATIVE_ACL: ACL = {
  perms: MIN_INT,
  id: { scheme: 'digest', id: 'b\u00e9n:\u6c49=' },
};
export const ACLS: readonly ACL[] = [
  { perms: 31, id: { scheme: 'world', id: 'anyone' } },
  NEGATIVE_ACL,
  { perms: 0, id: { scheme: 'ip', id: null } },
  { perms: -1, id: { scheme: '', id: '' } },
];
export const PATHS: readonly (string | null)[] = ['/a', TWO_BYTES, null, '', THREE_BYTES];
export const MANY_PATHS: readonly string[] = Array.from(
  { length: 150 },
  (_, index) => `/n${index}`,
);

export const STAT: Stat = {
  czxid: toZxid(0x100000001n),
  mzxid: toZxid(0x100000002n),
  ctime: 1700000000123,
  mtime: 1700000000456,
  version: 1,
  cversion: 2,
  aversion: 3,
  ephemeralOwner: SESSION,
  dataLength: 5,
  numChildren: 6,
  pzxid: ZXID,
};
export const EXTREME_STAT: Stat = {
  czxid: toZxid(MIN_LONG),
  mzxid: toZxid(MAX_LONG),
  ctime: -MAX_TIME,
  mtime: MAX_TIME,
  version: MIN_INT,
  cversion: MAX_INT,
  aversion: -1,
  ephemeralOwner: toSessionId(MIN_LONG),
  dataLength: MAX_INT,
  numChildren: MIN_INT,
  pzxid: toZxid(-1n),
};
