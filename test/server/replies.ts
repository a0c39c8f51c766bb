/*
 * What is in the replies of a World's server, taken apart for tests to compare: strings, Stats, results of multis, watch events.
 * It reads with the tests' own codec.
 */
import { WireReader } from '../harness/wire.ts';
import type { Reply } from './client.ts';

/** The Stat of a znode as numbers and bigints. */
export interface StatFields {
  readonly czxid: bigint;
  readonly mzxid: bigint;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly ephemeralOwner: bigint;
  readonly dataLength: number;
  readonly numChildren: number;
  readonly pzxid: bigint;
}

function readStat(reader: WireReader): StatFields {
  return {
    czxid: reader.long(),
    mzxid: reader.long(),
    ctime: Number(reader.long()),
    mtime: Number(reader.long()),
    version: reader.int(),
    cversion: reader.int(),
    aversion: reader.int(),
    ephemeralOwner: reader.long(),
    dataLength: reader.int(),
    numChildren: reader.int(),
    pzxid: reader.long(),
  };
}

function read<T>(reply: Reply, take: (reader: WireReader) => T): T {
  if (reply.err !== 0) throw new Error(`the reply is error ${reply.err}`);
  const reader = new WireReader(reply.body);
  const value = take(reader);
  if (reader.left > 0) throw new Error(`${reader.left} bytes too many in a reply`);
  return value;
}

/** A path alone: create, sync. */
export const pathIn = (reply: Reply) => read(reply, (reader) => reader.string());

/** A Stat alone: exists, setData, setACL. */
export const statIn = (reply: Reply) => read(reply, readStat);

/** A path and a Stat: create2 and its kin. */
export const createdIn = (reply: Reply) =>
  read(reply, (reader) => ({ path: reader.string(), stat: readStat(reader) }));

/** Data and Stat: getData. */
export const nodeIn = (reply: Reply) =>
  read(reply, (reader) => ({ data: reader.buffer()?.toString() ?? null, stat: readStat(reader) }));

/** Strings alone, sorted: getChildren, getEphemerals. */
export const namesIn = (reply: Reply) =>
  read(reply, (reader) => reader.vector(() => reader.string())?.sort() ?? null);

/** Strings, sorted, and a Stat: getChildren2. */
export const familyIn = (reply: Reply) =>
  read(reply, (reader) => ({
    names: reader.vector(() => reader.string())?.sort() ?? null,
    stat: readStat(reader),
  }));

/** An int alone: getAllChildrenNumber, addWatch. */
export const intIn = (reply: Reply) => read(reply, (reader) => reader.int());

/** An access list and a Stat: getACL. Entries as `perms scheme:id`. */
export const aclIn = (reply: Reply) =>
  read(reply, (reader) => {
    const acl = reader.vector(() => `${reader.int()} ${reader.string()}:${reader.string()}`);
    return { acl, stat: readStat(reader) };
  });

/** Scheme and user of each identity: whoAmI. */
export const identitiesIn = (reply: Reply) =>
  read(reply, (reader) => reader.vector(() => [reader.string(), reader.string()]));

/** One result of a multi or multiRead: what stands behind its header, and the code in the header. */
export interface PartResult {
  readonly type: number;
  readonly err: number;
  readonly path?: string | null;
  readonly data?: string | null;
  readonly names?: (string | null)[] | null;
  readonly stat?: StatFields;
  /** The code behind the header of an error. */
  readonly code?: number;
}

function readPart(type: number, err: number, reader: WireReader): PartResult {
  switch (type) {
    case 1:
      return { type, err, path: reader.string() };
    case 15:
      return { type, err, path: reader.string(), stat: readStat(reader) };
    case 5:
      return { type, err, stat: readStat(reader) };
    case 4:
      return { type, err, data: reader.buffer()?.toString() ?? null, stat: readStat(reader) };
    case 8:
      return { type, err, names: reader.vector(() => reader.string()) };
    case -1:
      return { type, err, code: reader.int() };
    default:
      return { type, err };
  }
}

/** The results of a multi or multiRead. */
export function partsIn(reply: Reply): PartResult[] {
  return read(reply, (reader) => {
    const parts: PartResult[] = [];
    for (;;) {
      const type = reader.int();
      const isEnd = reader.bool();
      const err = reader.int();
      if (isEnd) return parts;
      parts.push(readPart(type, err, reader));
    }
  });
}

/** The codes of a multi that was refused, one for each part. */
export function codesIn(reply: Reply): (number | undefined)[] {
  return partsIn(reply).map(({ code }) => code);
}

const eventNames = new Map([
  [1, 'created'],
  [2, 'deleted'],
  [3, 'changed'],
  [4, 'children'],
]);

/** A watch event as `created /a`; null for what is none. */
export function eventIn(reply: Reply): string | null {
  if (reply.xid !== -1) return null;
  const [type, state, path] = read(reply, (reader) => [
    reader.int(),
    reader.int(),
    reader.string(),
  ]);
  if (state !== 3) throw new Error(`an event with state ${state}`);
  return `${eventNames.get(Number(type)) ?? type} ${path}`;
}

/** Replies in the order in which they came: an event as its text, another reply as its xid. */
export function storyOf(replies: readonly Reply[]): (string | number)[] {
  return replies.map((reply) => eventIn(reply) ?? reply.xid);
}
