/*
 * Texts as Java makes them, for the lines that scripts read: dates in the locale en_US and the zone of the process, numbers of
 * String.format, records as jute's toString writes them, and the order in which a HashSet walks.
 */
import type { ACL } from '../../jute/data.ts';
import { toHex } from '../../jute/int64.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Kinds of English that between them know most abbreviations of zones; American alone says GMT+1 where Java says CET. */
const ENGLISH = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ'];

/** Zones without summer time that no kind of English has an abbreviation for, and Java has. */
const MORE_ZONES: Readonly<Record<string, string>> = {
  'Asia/Bangkok': 'ICT',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Jakarta': 'WIB',
  'Asia/Seoul': 'KST',
  'Asia/Shanghai': 'CST',
  'Asia/Singapore': 'SGT',
  'Asia/Taipei': 'CST',
  'Asia/Tokyo': 'JST',
  'Europe/Istanbul': 'TRT',
  'Europe/Moscow': 'MSK',
};

/** By the offset from UTC, as two names of one zone do not share one. */
const zoneNames = new Map<number, string>();

function zoneOf(date: Date): string {
  const offset = date.getTimezoneOffset();
  const known = zoneNames.get(offset);
  if (known !== undefined) return known;
  const names = ENGLISH.map((locale) => {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date);
    return parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  });
  const name =
    names.find((text) => !/^(GMT|UTC)[+-]/.test(text)) ??
    MORE_ZONES[Intl.DateTimeFormat().resolvedOptions().timeZone] ??
    names[0] ??
    'GMT';
  zoneNames.set(offset, name);
  return name;
}

const twoDigits = (value: number): string => String(value).padStart(2, '0');

function clock(date: Date): string {
  return `${twoDigits(date.getHours())}:${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
}

function clockOfTwelve(date: Date): string {
  const hours = date.getHours();
  const minutes = `${twoDigits(date.getMinutes())}:${twoDigits(date.getSeconds())}`;
  return `${hours % 12 === 0 ? 12 : hours % 12}:${minutes} ${hours < 12 ? 'AM' : 'PM'}`;
}

/** A date that no calendar has is written as its number. */
function dated(timeMs: number, write: (date: Date) => string): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : write(date);
}

/** A time as in `11/21/26, 5:43:26 PM UTC` (Java: DateFormat SHORT, LONG). */
export function shortLongDate(timeMs: number): string {
  return dated(timeMs, (date) => {
    const year = twoDigits(date.getFullYear() % 100);
    const day = `${date.getMonth() + 1}/${date.getDate()}/${year}`;
    return `${day}, ${clockOfTwelve(date)} ${zoneOf(date)}`;
  });
}

/** A time as in `Nov 21, 2026, 5:43:26 PM` (Java: DateFormat.getDateTimeInstance). */
export function mediumDate(timeMs: number): string {
  return dated(timeMs, (date) => {
    const day = `${MONTHS[date.getMonth()]} ${date.getDate()}, ${date.getFullYear()}`;
    return `${day}, ${clockOfTwelve(date)}`;
  });
}

/** A time as in `Sat Nov 21 17:43:26 UTC 2026` (Java: Date.toString). */
export function dateText(timeMs: number): string {
  return dated(timeMs, (date) => {
    const day = `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${twoDigits(date.getDate())}`;
    return `${day} ${clock(date)} ${zoneOf(date)} ${String(date.getFullYear()).padStart(4, '0')}`;
  });
}

/** 64 bits as `%#016x` writes them: 0x and zeros up to 16 characters, more where there are more digits. */
export function wideHex(value: bigint): string {
  return `0x${toHex(value).padStart(14, '0')}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '%00',
  '\n': '%0A',
  '\r': '%0D',
  ',': '%2C',
  '}': '%7D',
  '%': '%25',
};

/** A string as jute's toString writes it (Java: ToStringOutputArchive.escapeString). */
export function juteString(text: string | null): string {
  if (text === null) return '';
  return `'${text.replace(/[\0\n\r,}%]/g, (unit) => ESCAPES[unit] ?? unit)}`;
}

/** An ACL inside of a record. */
export function juteAcl(acl: ACL): string {
  return `${acl.perms},s{${juteString(acl.id.scheme)},${juteString(acl.id.id)}}`;
}

/** A list of ACLs as List.toString writes it: every record ends with a line break. */
export function javaAclList(acls: readonly ACL[] | null): string {
  if (acls === null) return 'null';
  return `[${acls.map((acl) => `${juteAcl(acl)}\n`).join(', ')}]`;
}

function hashCode(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** What HashMap makes of a hash code, before the size of the table takes its lowest bits. */
const spread = (hash: number): number => hash ^ (hash >>> 16);

function inBuckets<T>(items: readonly T[], initialSize: number, hashOf: (item: T) => number): T[] {
  if (items.length < 2) return [...items];
  let size = initialSize;
  while (items.length > size * 0.75) size *= 2;
  const buckets = new Int32Array(items.map((item) => spread(hashOf(item)) & (size - 1)));
  const order = new Int32Array(items.length).map((_, index) => index);
  order.sort((one, other) => {
    return (buckets[one] as number) - (buckets[other] as number) || one - other;
  });
  return Array.from(order, (index) => items[index] as T);
}

/**
 * The names of children in the order in which a DataNode of Java's walks them, whose HashSet begins with 8 buckets and was filled in the
 * given order. (Where eight names share a bucket Java makes a tree of it, and may begin that bucket with another name.)
 */
export function hashSetOrder(names: readonly string[]): string[] {
  return inBuckets(names, 8, hashCode);
}

/** Entries in the order in which a HashMap<Long, …> of 16 buckets walks them. */
export function longHashMapOrder<K extends bigint, T>(
  entries: readonly (readonly [K, T])[],
): (readonly [K, T])[] {
  return inBuckets(entries, 16, ([key]) => {
    return Number(BigInt.asIntN(32, key ^ (BigInt.asUintN(64, key) >> 32n)));
  });
}
