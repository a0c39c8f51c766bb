/*
 * A znode as one line of JSON, to be read and written by people and programs:
 *
 *   {"path":"/a","data":"text"}                    base64 instead of data where that is no text; data is null for none
 *   "acl":["world:anyone:r"]                       where not everybody may do everything
 *   "ephemeral":"0x1…", "container":true, "ttl":1000
 *   "stat":{"czxid":"0x1","mzxid":"0x1","pzxid":"0x1","ctime":0,"mtime":0,"version":0,"cversion":0,"aversion":0}
 *                                                  as it is stored: cversion counts creates; times in ms since 1970
 *
 * Parents stand before their children.
 */
import type { DataTree, Row } from '../../datatree/data-tree.ts';
import {
  CONTAINER_EPHEMERAL_OWNER,
  MAX_TTL_MS,
  ttlOf,
  ttlToEphemeralOwner,
} from '../../datatree/ephemeral-type.ts';
import { invalidPathReason } from '../../datatree/path.ts';
import type { ACL, Stat } from '../../jute/data.ts';
import { SESSION_ID_ZERO, type SessionId } from '../../jute/int64.ts';
import type { AclTexts } from './acl-texts.ts';
import { type DataForm, jsonData, parseAcl } from './json-values.ts';
import type { StoredStats } from './snapshot-dump.ts';
import { ToolError } from './tool-error.ts';
import { hex, parseSession, parseZxid } from './words.ts';

/** What is written of a znode. */
export interface LineOptions {
  readonly data: DataForm;
  readonly stat: boolean;
}

/** The line of a znode, with the line break. */
export function znodeLine(
  tree: DataTree,
  path: string,
  row: Row,
  stats: StoredStats,
  acls: AclTexts,
  options: LineOptions,
): string {
  const acl = acls.of(row);
  const line = {
    path,
    ...jsonData(options.data === 'none' ? null : tree.dataOf(row), options.data),
    ...(acl === null ? {} : { acl }),
    ...ownerFields(tree, tree.ephemeralOwner(row)),
    ...(options.stat ? { stat: statFields(stats.of(row)) } : {}),
  };
  return `${JSON.stringify(line)}\n`;
}

function ownerFields(tree: DataTree, owner: SessionId): object {
  switch (tree.ephemeralTypeOf(owner)) {
    case 'void':
      return {};
    case 'normal':
      return { ephemeral: hex(owner) };
    case 'container':
      return { container: true };
    case 'ttl':
      return { ttl: Number(ttlOf(owner)) };
  }
}

function statFields(stat: Stat): object {
  return {
    czxid: hex(stat.czxid),
    mzxid: hex(stat.mzxid),
    pzxid: hex(stat.pzxid),
    ctime: stat.ctime,
    mtime: stat.mtime,
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
  };
}

/** The Stat of a line, as it is stored. */
export type LineStat = Omit<Stat, 'ephemeralOwner' | 'dataLength' | 'numChildren'>;

/** A znode that was read from a line. */
export interface ZnodeLine {
  readonly path: string;
  readonly data: Buffer | null;
  /** Null for the ACL that lets everybody do everything. */
  readonly acl: readonly ACL[] | null;
  /** The session, or the mark of a container or a TTL; 0 for none. */
  readonly owner: SessionId;
  readonly kind: 'persistent' | 'ephemeral' | 'container' | 'ttl';
  /** Null where the line has none. */
  readonly stat: LineStat | null;
}

const FIELDS = new Set(['path', 'data', 'base64', 'acl', 'ephemeral', 'container', 'ttl', 'stat']);

type Fields = Readonly<Record<string, unknown>>;

/** Reads a line. Raises ToolError, which says what is wrong, not where. */
export function parseZnodeLine(text: string): ZnodeLine {
  const fields = parseObject(text);
  const unknown = Object.keys(fields).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw new ToolError(`a field ${unknown} is not known`);
  const { path } = fields;
  if (typeof path !== 'string') throw new ToolError('path is missing');
  const reason = invalidPathReason(path);
  if (reason !== null) throw new ToolError(reason);
  return {
    path,
    data: dataIn(fields),
    acl: aclIn(fields),
    ...ownerIn(fields),
    stat: statIn(fields),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ToolError(`no JSON: ${error.message}`);
  }
  if (!isFields(value)) throw new ToolError('no JSON object');
  return value;
}

function dataIn({ data, base64 }: Fields): Buffer | null {
  if (base64 === undefined) {
    if (data === undefined) return Buffer.alloc(0);
    if (data === null) return null;
    if (typeof data !== 'string') throw new ToolError('data is neither text nor null');
    if (/\p{Surrogate}/u.test(data)) throw new ToolError('data has one half of a surrogate pair');
    return Buffer.from(data, 'utf8');
  }
  if (data !== undefined) throw new ToolError('there is data, and base64 too');
  if (typeof base64 !== 'string' || !isBase64(base64)) throw new ToolError('base64 is none');
  return Buffer.from(base64, 'base64');
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function aclIn({ acl }: Fields): readonly ACL[] | null {
  if (acl === undefined) return null;
  if (!Array.isArray(acl) || acl.length === 0) throw new ToolError('acl is no list of entries');
  return acl.map((entry: unknown) => {
    const parsed = typeof entry === 'string' ? parseAcl(entry) : null;
    if (parsed === null) throw new ToolError(`${JSON.stringify(entry)} is no scheme:id:perms`);
    return parsed;
  });
}

function ownerIn({ ephemeral, container, ttl }: Fields): Pick<ZnodeLine, 'owner' | 'kind'> {
  const given = [ephemeral, container, ttl].filter((value) => value !== undefined);
  if (given.length > 1) throw new ToolError('ephemeral, container and ttl exclude each other');
  if (ephemeral !== undefined) {
    if (typeof ephemeral !== 'string') throw new ToolError('ephemeral is no session id');
    return { owner: parseSession(ephemeral), kind: 'ephemeral' };
  }
  if (ttl !== undefined) {
    const isWhole = typeof ttl === 'number' && Number.isSafeInteger(ttl);
    const owner = isWhole ? ttlToEphemeralOwner(BigInt(ttl)) : null;
    if (owner === null) throw new ToolError(`ttl is no number from 1 to ${MAX_TTL_MS}`);
    return { owner, kind: 'ttl' };
  }
  if (container === true) return { owner: CONTAINER_EPHEMERAL_OWNER, kind: 'container' };
  if (container !== undefined) throw new ToolError('container is not true');
  return { owner: SESSION_ID_ZERO, kind: 'persistent' };
}

function statIn({ stat }: Fields): LineStat | null {
  if (stat === undefined) return null;
  if (!isFields(stat)) throw new ToolError('stat is no object');
  const zxid = (name: string): LineStat['czxid'] => {
    const value = stat[name];
    if (typeof value !== 'string') throw new ToolError(`stat.${name} is no zxid`);
    return parseZxid(value);
  };
  const whole = (name: string, limit: number): number => {
    const value = stat[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) > limit) {
      throw new ToolError(`stat.${name} is no whole number`);
    }
    return value;
  };
  const int = (name: string): number => whole(name, 0x7fff_ffff);
  return {
    czxid: zxid('czxid'),
    mzxid: zxid('mzxid'),
    pzxid: zxid('pzxid'),
    ctime: whole('ctime', Number.MAX_SAFE_INTEGER),
    mtime: whole('mtime', Number.MAX_SAFE_INTEGER),
    version: int('version'),
    cversion: int('cversion'),
    aversion: int('aversion'),
  };
}
