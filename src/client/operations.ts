/*
 * What the operations of ZooKeeper take and give: options, results, and the checks and encodings that several share. No
 * requests are made here: see question.ts, zookeeper.ts and multi.ts.
 */

import { types } from 'node:util';
import type { ACL, ClientInfo, Stat } from '../jute/data.ts';
import { CreateMode, OpCode } from '../jute/op-code.ts';
import type { JuteReader } from '../jute/reader.ts';
import { JuteError } from '../jute/reader.ts';
import { readGetChildren2Response, readGetDataResponse } from '../jute/responses.ts';
import { validateName } from './checks.ts';
import type { Watcher } from './watch-registry.ts';

/** What every operation can be given. */
export interface RequestOptions {
  /** Gives up waiting when it is aborted, with its reason. What was sent already may still be done. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up waiting with RequestTimeoutError after so many ms, time without a connection included. */
  readonly timeoutMs?: number | undefined;
}

/** For a request that is not given up, whatever requestTimeoutMs the client has. */
export const NO_TIME_LIMIT: RequestOptions = { timeoutMs: Number.POSITIVE_INFINITY };

/** The data of a znode: bytes, text that goes as UTF-8, or null for none at all. */
export type Data = Uint8Array | string | null;

/** What kind of znode: the names of CreateMode. */
export type CreateModeName = keyof typeof CreateMode;

/** How a znode is created. */
export interface CreateParts {
  /** `persistent` when not given. */
  readonly mode?: CreateModeName | undefined;
  /** Everybody may do everything when not given. */
  readonly acl?: readonly ACL[] | undefined;
  /** For the two modes with a TTL, and only there: how long the znode lives after its last change without children, ms. */
  readonly ttlMs?: number | undefined;
}

/** Options of create. */
export interface CreateOptions extends CreateParts, RequestOptions {}

/** Options of an operation that can be made to depend on a version. */
export interface VersionOptions extends RequestOptions {
  /** The version that must be there, or BadVersionError; any (-1) when not given. */
  readonly version?: number | undefined;
}

/** Options of an operation that can leave a one-shot watch. */
export interface WatchOptions extends RequestOptions {
  /** Called once, when what was read has changed. */
  readonly watch?: Watcher | undefined;
}

/** A new znode. */
export interface CreateResult {
  /** With the number of a sequential znode. */
  readonly path: string;
  readonly stat: Stat;
}

/** What stands in a znode. */
export interface DataResult {
  /** Null for a znode that was created with null. */
  readonly data: Buffer | null;
  readonly stat: Stat;
}

/** The children of a znode, in no order. */
export interface ChildrenResult {
  /** Names, not paths. */
  readonly children: readonly string[];
  readonly stat: Stat;
}

/** The access list of a znode. */
export interface ACLResult {
  /** Hashes of passwords are masked for who may not administer the znode. */
  readonly acl: readonly ACL[];
  readonly stat: Stat;
}

/** One identity of a client, as the server knows it. */
export interface Identity {
  /** `ip`, `digest`, `x509`, `sasl`, `super`. */
  readonly scheme: string;
  readonly user: string;
}

/** How the ensemble is to change. Give `members`, or `joining` and `leaving`. */
export interface ReconfigOptions extends RequestOptions {
  /** Specifications of servers: `server.4=host:2888:3888;2181`. */
  readonly joining?: readonly string[] | undefined;
  /** Ids of servers. */
  readonly leaving?: readonly (string | number)[] | undefined;
  /** All servers of the new ensemble. */
  readonly members?: readonly string[] | undefined;
  /** The version (a zxid) that the configuration must have now; any when not given. */
  readonly fromConfig?: bigint | undefined;
}

/** The largest TTL that a server takes, ms: 40 bits (Java: EphemeralType.TTL). */
export const MAX_TTL_MS = 2 ** 40 - 1;

/** The bytes of data. Raises TypeError for what is none. */
export function bytesOf(data: Data | undefined): Uint8Array | null {
  if (data === undefined || data === null) return null;
  if (typeof data === 'string') return Buffer.from(data, 'utf8');
  if (types.isUint8Array(data)) return data;
  throw new TypeError(`Data is a Uint8Array, a string or null, not of type ${typeof data}`);
}

/** True for the modes that let the server append a number. */
export function isSequential(mode: CreateModeName): boolean {
  return (
    mode === 'persistentSequential' ||
    mode === 'ephemeralSequential' ||
    mode === 'persistentSequentialWithTTL'
  );
}

const isTTLMode = (mode: CreateModeName): boolean =>
  mode === 'persistentWithTTL' || mode === 'persistentSequentialWithTTL';

/**
 * The op code and the flags for a mode. Raises RangeError for a TTL where none belongs, none where one does, or one beyond
 * MAX_TTL_MS (Java: EphemeralType.validateTTL).
 *
 * @param plain the op code of the modes that have none of their own
 */
export function createType<T extends typeof OpCode.create | typeof OpCode.create2>(
  parts: CreateParts,
  plain: T,
): {
  readonly type: T | typeof OpCode.createContainer | typeof OpCode.createTTL;
  readonly flags: number;
  readonly ttl: bigint;
} {
  const { mode = 'persistent', ttlMs } = parts;
  validateName('mode', mode, CreateMode);
  const flags = CreateMode[mode];
  if (!isTTLMode(mode)) {
    if (ttlMs !== undefined) throw new RangeError(`A TTL does not belong to mode ${mode}`);
    return { type: mode === 'container' ? OpCode.createContainer : plain, flags, ttl: -1n };
  }
  if (ttlMs === undefined || !Number.isInteger(ttlMs) || ttlMs <= 0 || ttlMs > MAX_TTL_MS) {
    throw new RangeError(`A TTL is from 1 to ${MAX_TTL_MS} ms, not ${ttlMs}`);
  }
  return { type: OpCode.createTTL, flags, ttl: BigInt(ttlMs) };
}

/** A string that a server may not leave out. */
export function readText(reader: JuteReader): string {
  return present(reader.readString());
}

/** A vector of strings of which none may be left out. */
export function readTexts(reader: JuteReader): readonly string[] {
  return presentAll(reader.readStrings());
}

/** The value, unless it is null. Raises JuteError. */
export function present<T>(value: T | null): T {
  if (value === null) throw new JuteError('the server left out a value');
  return value;
}

/** The values, none of which may be null. Raises JuteError. */
export function presentAll(values: readonly (string | null)[] | null): readonly string[] {
  return present(values).map(present);
}

/** A copy: what the reader gives is a view of what the socket gave, which would keep 64 kB alive for a few bytes. */
export function copied(bytes: Uint8Array | null): Buffer | null {
  return bytes === null ? null : Buffer.from(bytes);
}

/** What getData is answered with. */
export function readData(reader: JuteReader): DataResult {
  const { data, stat } = readGetDataResponse(reader);
  return { data: copied(data), stat };
}

/** What getChildren2 is answered with. */
export function readChildren(reader: JuteReader): ChildrenResult {
  const { children, stat } = readGetChildren2Response(reader);
  return { children: presentAll(children), stat };
}

/** An identity as whoAmI gives it. */
export function identityOf(info: ClientInfo): Identity {
  return { scheme: present(info.authScheme), user: info.user ?? '' };
}
