/*
 * Arguments that no server could take, found before anything is written: half a request, or a number that was cut down to what fits,
 * would reach the server as something else. Raises TypeError for what is of the wrong type, RangeError for a number that makes no
 * sense. Paths are checked in path.ts, data in operations.ts; what a server judges by itself (an access list without an entry,
 * a scheme that it does not know) is not looked at. In Java the compiler sees to most of it.
 */

import type { ACL } from '../jute/data.ts';
import { OPEN_ACL_UNSAFE } from '../jute/data.ts';
import type { Watcher } from './watch-registry.ts';

const MIN_INT = -0x8000_0000;
/** The largest integer of 32 bits; as ms the longest time that setTimeout takes. */
const MAX_INT = 0x7fff_ffff;

/** Raises TypeError for what is no number, RangeError for NaN. */
export function validateNumber(field: string, value: number): void {
  if (typeof value !== 'number') throw wrongType(field, 'a number', value);
  if (Number.isNaN(value)) throw new RangeError(`${field} is a number, not NaN`);
}

/** Raises TypeError for what is no number, RangeError for one below `least` or beyond 32 bits. */
export function validateAtLeast(field: string, value: number, least: number): void {
  validateNumber(field, value);
  if (value < least || value > MAX_INT) {
    throw new RangeError(`${field} is from ${least} to ${MAX_INT}, not ${value}`);
  }
}

/** Raises TypeError for what is no number, RangeError for one that is no integer of 32 bits. */
export function validateInt(field: string, value: number): void {
  validateNumber(field, value);
  if (!Number.isInteger(value) || value < MIN_INT || value > MAX_INT) {
    throw new RangeError(`${field} is an integer from ${MIN_INT} to ${MAX_INT}, not ${value}`);
  }
}

/** Raises TypeError for what is no bigint. */
export function validateBigInt(field: string, value: bigint): void {
  if (typeof value !== 'bigint') throw wrongType(field, 'a bigint', value);
}

/** Raises TypeError for what is no bigint, RangeError for one of more than 64 bits. */
export function validateLong(field: string, value: bigint): void {
  validateBigInt(field, value);
  if (value !== BigInt.asIntN(64, value)) {
    throw new RangeError(`${field} is an integer of 64 bits, not ${value}`);
  }
}

/** Raises TypeError for what is no string. */
export function validateString(field: string, value: string): void {
  if (typeof value !== 'string') throw wrongType(field, 'a string', value);
}

/** Raises TypeError for what is no array of specifications or, where it `names` servers, of ids; names the field: `joining[0]`. */
export function validateServers(
  field: string,
  servers: readonly (string | number)[] | undefined,
  names = false,
): void {
  if (servers === undefined) return;
  if (!Array.isArray(servers)) throw wrongType(field, 'an array', servers);
  for (const [index, server] of servers.entries()) {
    if (names && typeof server === 'number') validateInt(`${field}[${index}]`, server);
    else validateString(`${field}[${index}]`, server);
  }
}

/** Raises TypeError for a name that is none of the keys of `names`. */
export function validateName(field: string, name: string, names: object): void {
  if (typeof name !== 'string' || !Object.hasOwn(names, name)) {
    throw new TypeError(`Unknown ${field} ${JSON.stringify(name)}`);
  }
}

/** Raises TypeError for a watcher that cannot be told anything. */
export function validateWatcher(watcher: Watcher): void {
  if (typeof watcher !== 'function') throw new TypeError('A watcher is a function');
}

/** Raises TypeError or RangeError for what is no access list, and names the field: `acl[0].id.scheme`. */
export function validateACL(acl: readonly ACL[]): void {
  if (acl === OPEN_ACL_UNSAFE) return;
  if (!Array.isArray(acl)) throw wrongType('acl', 'an array', acl);
  for (const [index, entry] of acl.entries()) validateEntry(`acl[${index}]`, entry);
}

function validateEntry(field: string, entry: ACL): void {
  if (typeof entry !== 'object' || entry === null) throw wrongType(field, 'an object', entry);
  validateInt(`${field}.perms`, entry.perms);
  const { id } = entry;
  if (typeof id !== 'object' || id === null) throw wrongType(`${field}.id`, 'an object', id);
  validateText(`${field}.id.scheme`, id.scheme);
  validateText(`${field}.id.id`, id.id);
}

function validateText(field: string, text: string | null): void {
  if (typeof text !== 'string' && text !== null) throw wrongType(field, 'a string or null', text);
}

function wrongType(field: string, expected: string, value: unknown): TypeError {
  const type = value === null ? 'null' : `of type ${typeof value}`;
  return new TypeError(`${field} is ${expected}, not ${type}`);
}
