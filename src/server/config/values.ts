/*
 * From the text of a value to a value, one function per kind, each as strict or as lenient as the place where Java reads
 * that key: keys of QuorumPeerConfig go through Integer.parseInt and its own parseBoolean, system properties through
 * Integer.getInteger (which decodes 0x and octal) and Boolean.parseBoolean. Where Java silently falls back to its default
 * for something that is not a number, this is an error here: the operator meant something.
 */

/** A value that cannot be taken; the reader of settings adds file, line and key. */
export class BadValue extends Error {}

/** Reports something that was understood but corrected. */
export type Warn = (text: string) => void;

/** Turns the trimmed text of a value into the value, or throws BadValue. */
export type Parse<T> = (text: string, warn: Warn) => T;

const INT_MAX = 2_147_483_647;

/** java.lang.Long is wider, but no setting needs a number that JavaScript does not count exactly. */
const LONG_MAX = Number.MAX_SAFE_INTEGER;

/** Refuses a text that is not what it should be. */
function refuse(text: string, what: string): never {
  throw new BadValue(
    text === ''
      ? `has no value, where ${what} is needed`
      : `${JSON.stringify(text)} is not ${what}`,
  );
}

function inRange(text: string, value: number, min: number, max: number): number {
  if (value < min) throw new BadValue(`${text} is too small: ${min} is the least`);
  if (value > max) throw new BadValue(`${text} is too large: ${max} is the most`);
  return value;
}

/** A decimal number within bounds, as Integer.parseInt takes it. */
export function decimal(min: number, max: number = INT_MAX): Parse<number> {
  return (text) => {
    if (!/^[+-]?[0-9]+$/.test(text)) return refuse(text, 'a whole number');
    return inRange(text, Number(text), min, max);
  };
}

/** Integer.decode: decimal, 0x or # for hexadecimal, a leading 0 for octal; null where it is none of these. */
function decode(text: string): number | null {
  const match = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|#([0-9a-fA-F]+)|0([0-7]+)|([0-9]+))$/.exec(text);
  if (match === null) return null;
  const [, sign, hex, hash, octal, plain] = match;
  if (plain !== undefined && plain.length > 1 && plain.startsWith('0')) return null;
  const digits = hex ?? hash;
  const size =
    digits !== undefined
      ? Number.parseInt(digits, 16)
      : octal !== undefined
        ? Number.parseInt(octal, 8)
        : Number(plain);
  return sign === '-' ? -size : size;
}

/** A number of a system property, as Integer.getInteger takes it; `max` defaults to that of an int. */
export function integer(min: number = -INT_MAX - 1, max: number = INT_MAX): Parse<number> {
  return (text) => {
    const value = decode(text);
    if (value === null) return refuse(text, 'a whole number');
    return inRange(text, value, min, max);
  };
}

/** As `integer`, with the range of a Java long. */
export function long(min: number = -LONG_MAX): Parse<number> {
  return integer(min, LONG_MAX);
}

/** A system property that Java corrects with a warning: `accept` says which values stand, `instead` what the others become. */
export function corrected(
  parse: Parse<number>,
  accept: (value: number) => boolean,
  rule: string,
  instead: number,
): Parse<number> {
  return (text, warn) => {
    const value = parse(text, warn);
    if (accept(value)) return value;
    warn(`${value} ${rule}; using ${instead}`);
    return instead;
  };
}

/** A real number, as Double.parseDouble takes it (without its hexadecimal form). */
export function real(text: string): number {
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?$/.test(text)) {
    refuse(text, 'a number');
  }
  return Number.parseFloat(text);
}

/** true or false and nothing else (QuorumPeerConfig.parseBoolean). */
export function strictBoolean(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower === 'true') return true;
  if (lower === 'false') return false;
  return refuse(text, 'true or false');
}

/** true, or false for everything else (Boolean.parseBoolean), with a warning for what is neither. */
export function boolean(text: string, warn: Warn): boolean {
  const lower = text.toLowerCase();
  if (lower === 'true') return true;
  if (lower !== 'false') {
    warn(
      `${JSON.stringify(text)} is neither true nor false; taken as false, as Apache ZooKeeper does`,
    );
  }
  return false;
}

/** A switch that is on for one word alone, and off for every other (skipACL=yes). */
export function onlyWord(word: string, opposite: string): Parse<boolean> {
  return (text, warn) => {
    if (text !== word && text !== opposite) {
      warn(
        `${JSON.stringify(text)} is neither ${word} nor ${opposite}; taken as ${opposite}, as Apache ZooKeeper does`,
      );
    }
    return text === word;
  };
}

/** A switch that is off for one word alone, and on for every other (forceSync=no). */
export function exceptWord(word: string, opposite: string): Parse<boolean> {
  return (text, warn) => {
    if (text !== word && text !== opposite) {
      warn(
        `${JSON.stringify(text)} is neither ${opposite} nor ${word}; taken as ${opposite}, as Apache ZooKeeper does`,
      );
    }
    return text !== word;
  };
}

/** Any text but none. */
export function nonEmpty(text: string): string {
  if (text === '') throw new BadValue('has no value');
  return text;
}

/** Any text. */
export function anyText(text: string): string {
  return text;
}

const MS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Hours, or a number with one of ms, s, m, h, d behind it (ZOOKEEPER-4829); what is not above zero becomes 0. */
export function purgeInterval(text: string): number {
  const match = /^([+-]?[0-9]+)(ms|s|m|h|d)?$/i.exec(text);
  const unit = MS_PER_UNIT[match?.[2]?.toLowerCase() ?? 'h'];
  if (match === null || unit === undefined) {
    return refuse(text, 'a number of hours, or a number followed by ms, s, m, h or d');
  }
  return Math.max(0, inRange(text, Number(match[1]), -INT_MAX - 1, INT_MAX) * unit);
}

/** Names between commas, without the empty ones. */
export function commaList(text: string): readonly string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/** A snapshot's compression; an unknown name means none, as SnapStream.StreamMode.fromString has it. */
export function snapshotCompression(text: string, warn: Warn): '' | 'gz' | 'snappy' {
  const lower = text.toLowerCase();
  if (lower === 'gz' || lower === 'snappy' || lower === '') return lower;
  warn(`${JSON.stringify(text)} is neither gz nor snappy; snapshots are not compressed`);
  return '';
}

/** Java's names of hashes (MessageDigest) and what node:crypto calls them. */
const HASHES: ReadonlyMap<string, string> = new Map([
  ['MD5', 'md5'],
  ['SHA', 'sha1'],
  ['SHA1', 'sha1'],
  ['SHA-1', 'sha1'],
  ['SHA-224', 'sha224'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
  ['SHA-512/224', 'sha512-224'],
  ['SHA-512/256', 'sha512-256'],
  ['SHA3-224', 'sha3-224'],
  ['SHA3-256', 'sha3-256'],
  ['SHA3-384', 'sha3-384'],
  ['SHA3-512', 'sha3-512'],
]);

/** The name that node:crypto has for one of Java's hashes. */
export function hashName(text: string): string {
  const name = HASHES.get(text.toUpperCase());
  if (name === undefined) {
    return refuse(text, `one of the hashes ${[...HASHES.keys()].join(', ')}`);
  }
  return name;
}
