/*
 * Turns what a server sent into one line of text, with everything in it that a client can see and nothing in it that
 * differs between two runs of the same server. What is left out, and why:
 * - ctime and mtime become `t` (0 stays 0): they are the clock's;
 * - session ids become S0, S1, … in the order of their making: Java makes them from the clock;
 * - the names of getChildren, getEphemerals and whoAmI are sorted: Java answers them in the order of a hash table;
 * - entries of an ACL with the same permissions are sorted: `auth` is expanded in the order of a hash table;
 * - the zxid of an event becomes `event`: 3.8 sends -1, and from 3.9 on it is the zxid of the change (ZOOKEEPER-4655).
 */
import type { Reply } from '../../harness/raw-client.ts';
import { Op } from '../../harness/requests.ts';
import { WireReader } from '../../harness/wire.ts';

/** How a session id is called in the text; 0 and the owners of container and TTL znodes stay numbers. */
export type NameSession = (id: bigint) => string;

/** What is masked beside what always is: a comparison of two starts on the same folder can see the times too. */
export interface TextOptions {
  readonly nameSession: NameSession;
  readonly showTimes?: boolean;
}

const quoted = (text: string | null): string => (text === null ? 'null' : JSON.stringify(text));

const hex = (bytes: Uint8Array | null): string =>
  bytes === null ? 'null' : `0x${Buffer.from(bytes).toString('hex')}`;

const time = (at: bigint, options: TextOptions): string =>
  options.showTimes === true || at === 0n ? String(at) : 't';

/** The 68 bytes of a Stat. */
function stat(reader: WireReader, options: TextOptions): string {
  const fields = [
    `czxid=${reader.long()}`,
    `mzxid=${reader.long()}`,
    `ctime=${time(reader.long(), options)}`,
    `mtime=${time(reader.long(), options)}`,
    `version=${reader.int()}`,
    `cversion=${reader.int()}`,
    `aversion=${reader.int()}`,
    `owner=${options.nameSession(reader.long())}`,
    `length=${reader.int()}`,
    `children=${reader.int()}`,
    `pzxid=${reader.long()}`,
  ];
  return `{${fields.join(' ')}}`;
}

const sortedStrings = (reader: WireReader): string => {
  const names = reader.vector(() => quoted(reader.string()));
  return names === null ? 'null' : `[${names.sort().join(' ')}]`;
};

function acl(reader: WireReader): string {
  const entries = reader.vector(() => ({
    perms: reader.int(),
    who: `${quoted(reader.string())}:${quoted(reader.string())}`,
  }));
  if (entries === null) return 'null';
  const runs: { perms: number; who: string[] }[] = [];
  for (const entry of entries) {
    const last = runs.at(-1);
    if (last?.perms === entry.perms) last.who.push(entry.who);
    else runs.push({ perms: entry.perms, who: [entry.who] });
  }
  return `[${runs.map(({ perms, who }) => `${perms}:${who.sort().join('+')}`).join(' ')}]`;
}

/** The results of multi and multiRead, each after its MultiHeader. */
function multi(reader: WireReader, options: TextOptions): string {
  const results: string[] = [];
  for (;;) {
    const type = reader.int();
    const done = reader.bool();
    const err = reader.int();
    if (done) return `[${results.join(', ')}] done type=${type} err=${err}`;
    results.push(`${type}/${err} ${multiResult(type, reader, options)}`);
  }
}

function multiResult(type: number, reader: WireReader, options: TextOptions): string {
  switch (type) {
    case Op.create:
      return quoted(reader.string());
    case Op.create2:
    case Op.createContainer:
    case Op.createTTL:
      return `${quoted(reader.string())} ${stat(reader, options)}`;
    case Op.setData:
      return stat(reader, options);
    case Op.getData:
      return `${hex(reader.buffer())} ${stat(reader, options)}`;
    case Op.getChildren:
      return sortedStrings(reader);
    case -1:
      return `error ${reader.int()}`;
    default:
      return '';
  }
}

/** The body of a reply to `op`. */
function body(op: number, reader: WireReader, options: TextOptions): string {
  switch (op) {
    case Op.create:
    case Op.sync:
      return quoted(reader.string());
    case Op.create2:
    case Op.createContainer:
    case Op.createTTL:
      return `${quoted(reader.string())} ${stat(reader, options)}`;
    case Op.exists:
    case Op.setData:
    case Op.setACL:
      return stat(reader, options);
    case Op.getData:
      return `${hex(reader.buffer())} ${stat(reader, options)}`;
    case Op.getACL:
      return `${acl(reader)} ${stat(reader, options)}`;
    case Op.getChildren:
    case Op.getEphemerals:
      return sortedStrings(reader);
    case Op.getChildren2:
      return `${sortedStrings(reader)} ${stat(reader, options)}`;
    case Op.multi:
    case Op.multiRead:
      return multi(reader, options);
    case Op.getAllChildrenNumber:
    case Op.addWatch:
      return String(reader.int());
    case Op.whoAmI: {
      const who = reader.vector(() => `${quoted(reader.string())}:${quoted(reader.string())}`);
      return who === null ? 'null' : `[${who.sort().join(' ')}]`;
    }
    default:
      return hex(reader.rest());
  }
}

/** One line for a watch event. */
export function eventText(event: Reply): string {
  const reader = new WireReader(event.body);
  const what = `type=${reader.int()} state=${reader.int()} path=${quoted(reader.string())}`;
  return `event err=${event.err} ${what}${reader.left === 0 ? '' : ` and ${hex(reader.rest())}`}`;
}

/** One line for the reply to a request with op code `op`. */
export function replyText(op: number, reply: Reply, options: TextOptions): string {
  const header = `reply xid=${reply.xid} zxid=${reply.zxid} err=${reply.err}`;
  if (reply.body.length === 0) return header;
  const reader = new WireReader(reply.body);
  try {
    const text = body(op, reader, options);
    return `${header} ${text}${reader.left === 0 ? '' : ` and ${hex(reader.rest())}`}`;
  } catch (error) {
    return `${header} undecodable ${hex(reply.body)} (${String(error)})`;
  }
}
