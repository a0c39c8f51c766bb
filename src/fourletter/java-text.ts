/*
 * Values as the texts that Java's classes make of them: doubles, socket addresses and dates.
 *
 * Scripts read the four-letter words with regular expressions written against the Java server, so `0.0` must not become
 * `0`. Not for 64-bit numbers in hexadecimal: that is toHex of src/jute.
 *
 * Answers to Double.toString, InetSocketAddress.toString (JDK 14 and later) and Date.toString.
 */

/** The smallest and largest magnitudes that Double.toString writes without an exponent. */
const SMALLEST_PLAIN_DOUBLE = 1e-3;
const LARGEST_PLAIN_DOUBLE = 1e7;

/**
 * A number as Double.toString prints it: `0.0`, `1.6667`, `1.2345678E7`. Java before 19 prints some very large and very
 * small ones with more digits than they need (JDK-4511638); no metric has such values.
 */
export function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= SMALLEST_PLAIN_DOUBLE && magnitude < LARGEST_PLAIN_DOUBLE) {
    return withFraction(String(value));
  }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${withFraction(mantissa)}E${Number(exponent)}`;
}

function withFraction(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`;
}

/**
 * An address as a Java server prints that of an accepted socket: `/127.0.0.1:2181`, `/[0:0:0:0:0:0:0:1]:2181`; an IPv4
 * address in IPv6 clothes is printed as IPv4. `null` for a closed socket.
 */
export function javaSocketAddress(address: string | null, port: number): string {
  if (address === null) return 'null';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return `/${mapped}:${port}`;
  return address.includes(':') ? `/[${allGroups(address)}]:${port}` : `/${address}:${port}`;
}

/** An IPv6 address with all of its eight groups, none of them with leading zeros; a zone stays behind it. */
function allGroups(address: string): string {
  const [groups = '', zone] = address.split('%');
  const [head = '', tail] = groups.split('::');
  const before = groupsOf(head);
  const after = groupsOf(tail ?? '');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const all = [...before, ...new Array<string>(gap).fill('0'), ...after].join(':');
  return zone === undefined ? all : `${all}%${zone}`;
}

function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.replace(/^0+(?=.)/, ''));
}

/**
 * English locales that between them know most of the short zone names that Java prints (`CEST`, `AEDT`, `IST`); each of
 * them says `GMT+2` for the zones of others.
 */
const LOCALES_WITH_ZONE_NAMES = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'ja-JP'];

/** Names that Java knows and no locale of ICU does, of zones whose clocks stay as they are all year. */
const zoneNamesOfJava = new Map([
  ['America/Sao_Paulo', 'BRT'],
  ['Asia/Hong_Kong', 'HKT'],
  ['Asia/Seoul', 'KST'],
  ['Asia/Shanghai', 'CST'],
  ['Asia/Singapore', 'SGT'],
  ['Europe/Istanbul', 'TRT'],
  ['Europe/Moscow', 'MSK'],
]);

/**
 * Makes a function that prints milliseconds since 1970 as Date.toString does in a time zone: `Thu Jul 24 10:11:12 CEST
 * 2026`. `timeZone` is an IANA name; one that is unknown (`Etc/Unknown`, which ICU makes of a bad TZ) is taken as UTC.
 */
export function javaDateFormat(timeZone: string): (epochMs: number) => string {
  const zone = isKnownTimeZone(timeZone) ? timeZone : 'UTC';
  const name = zoneNameFormat(zone);
  const date = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    year: 'numeric',
    hourCycle: 'h23',
  });
  return (epochMs) => {
    const parts = new Map(date.formatToParts(epochMs).map(({ type, value }) => [type, value]));
    const at = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
    const time = `${at('hour')}:${at('minute')}:${at('second')}`;
    return `${at('weekday')} ${at('month')} ${at('day')} ${time} ${name(epochMs)} ${at('year')}`;
  };
}

function isKnownTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Makes a function that names the zone as it is called at a moment: `CET` or `CEST`; `GMT+7` when it has no name. */
function zoneNameFormat(timeZone: string): (epochMs: number) => string {
  const fixed = zoneNamesOfJava.get(timeZone);
  if (fixed !== undefined) return () => fixed;
  const formats = LOCALES_WITH_ZONE_NAMES.map(
    (locale) => new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: 'short' }),
  );
  return (epochMs) => {
    const names = formats.map(
      (format) => format.formatToParts(epochMs).find(({ type }) => type === 'timeZoneName')?.value,
    );
    return names.find((name) => name !== undefined && !/^GMT[+-]/.test(name)) ?? names[0] ?? 'UTC';
  };
}
