/*
 * Texts and orders as Java makes them. What is expected was printed by OpenJDK 17 in the locale C.UTF-8.
 */
import { afterEach, describe, expect, it } from 'vitest';
import {
  dateText,
  hashSetOrder,
  juteString,
  longHashMapOrder,
  mediumDate,
  shortLongDate,
  wideHex,
} from '../../../src/cli/tool/java-text.ts';

const zone = process.env['TZ'];

afterEach(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

const newYear = Date.UTC(2026, 0, 1);
const july = Date.UTC(2026, 6, 1);

// Zones of which no two share an offset: names are kept by it.
it.each([
  ['UTC', newYear, '1/1/26, 12:00:00 AM UTC', 'Thu Jan 01 00:00:00 UTC 2026'],
  ['Europe/Berlin', newYear, '1/1/26, 1:00:00 AM CET', 'Thu Jan 01 01:00:00 CET 2026'],
  ['Europe/Berlin', july, '7/1/26, 2:00:00 AM CEST', 'Wed Jul 01 02:00:00 CEST 2026'],
  ['America/New_York', newYear, '12/31/25, 7:00:00 PM EST', 'Wed Dec 31 19:00:00 EST 2025'],
  ['America/New_York', july, '6/30/26, 8:00:00 PM EDT', 'Tue Jun 30 20:00:00 EDT 2026'],
  ['Asia/Kolkata', july, '7/1/26, 5:30:00 AM IST', 'Wed Jul 01 05:30:00 IST 2026'],
  ['Asia/Tokyo', july, '7/1/26, 9:00:00 AM JST', 'Wed Jul 01 09:00:00 JST 2026'],
  ['Australia/Sydney', july, '7/1/26, 10:00:00 AM AEST', 'Wed Jul 01 10:00:00 AEST 2026'],
])('dates in %s at %d', (name, time, short, text) => {
  process.env['TZ'] = name;
  expect(shortLongDate(time)).toBe(short);
  expect(dateText(time)).toBe(text);
});

it('dates without a zone, and times that no calendar has', () => {
  process.env['TZ'] = 'UTC';
  expect(mediumDate(newYear)).toBe('Jan 1, 2026, 12:00:00 AM');
  expect(mediumDate(july + 12 * 3_600_000)).toBe('Jul 1, 2026, 12:00:00 PM');
  expect(shortLongDate(9e15)).toBe('9000000000000000');
});

describe('hash tables', () => {
  it('walk names as HashSet does', () => {
    const names = 'zookeeper app config é 名前 n-0000000001 n-0000000002 locks a b c queue';
    expect(hashSetOrder(names.split(' ')).join(' ')).toBe(
      'app a b c zookeeper n-0000000002 é n-0000000001 名前 config locks queue',
    );
    expect(hashSetOrder(['only'])).toEqual(['only']);
  });

  it('walk sessions as HashMap does', () => {
    const sessions = [
      0x10000353a1f0000n,
      0x10000353a1f0001n,
      -2n,
      0x2ff0000000000007n,
      5n,
      0x7f00000000000000n,
    ];
    const order = longHashMapOrder(sessions.map((session) => [session, 1] as const));
    expect(order.map(([session]) => session)).toEqual([
      9151314442816847872n,
      -2n,
      5n,
      3454260914193170439n,
      72057822646304768n,
      72057822646304769n,
    ]);
  });
});

it('numbers and strings', () => {
  expect([5n, -1n, 0x123456789abcdefn].map(wideHex)).toEqual([
    '0x00000000000005',
    '0xffffffffffffffff',
    '0x123456789abcdef',
  ]);
  expect(juteString('a,b}c%d\0\r\n')).toBe("'a%2Cb%7Dc%25d%00%0D%0A");
  expect(juteString(null)).toBe('');
});
