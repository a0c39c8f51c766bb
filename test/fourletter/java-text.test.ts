import { describe, expect, it } from 'vitest';
import { javaDateFormat, javaDouble, javaSocketAddress } from '../../src/fourletter/java-text.ts';
import { golden } from './view.ts';

describe('doubles', () => {
  const printed = golden('doubles')
    .trim()
    .split('\n')
    .map((line) => line.split('\t') as [bits: string, text: string]);

  it.each(printed)('of the bits %s prints %s', (bits, text) => {
    const value = new Float64Array(new BigInt64Array([BigInt(bits)]).buffer)[0] ?? 0;
    expect(javaDouble(value)).toBe(text);
  });
});

describe('socket addresses', () => {
  it.each([
    ['127.0.0.1', '/127.0.0.1:2181'],
    ['::ffff:10.0.0.1', '/10.0.0.1:2181'],
    ['::1', '/[0:0:0:0:0:0:0:1]:2181'],
    ['::', '/[0:0:0:0:0:0:0:0]:2181'],
    ['2001:0db8::ff00:42', '/[2001:db8:0:0:0:0:ff00:42]:2181'],
    ['1:2:3:4:5:6:7:8', '/[1:2:3:4:5:6:7:8]:2181'],
    ['1::', '/[1:0:0:0:0:0:0:0]:2181'],
    ['fe80::1%eth0', '/[fe80:0:0:0:0:0:0:1%eth0]:2181'],
    [null, 'null'],
  ])('%s prints %s', (address, text) => {
    expect(javaSocketAddress(address, 2181)).toBe(text);
  });
});

describe('dates', () => {
  const summer = Date.UTC(2025, 6, 24, 8, 11, 12);
  const winter = Date.UTC(2025, 0, 3, 23, 0, 0);

  // As `new Date(ms)` prints them in Java 17 with the default time zone set.
  it.each([
    ['UTC', 'Thu Jul 24 08:11:12 UTC 2025', 'Fri Jan 03 23:00:00 UTC 2025'],
    ['Europe/Berlin', 'Thu Jul 24 10:11:12 CEST 2025', 'Sat Jan 04 00:00:00 CET 2025'],
    ['Europe/London', 'Thu Jul 24 09:11:12 BST 2025', 'Fri Jan 03 23:00:00 GMT 2025'],
    ['America/New_York', 'Thu Jul 24 04:11:12 EDT 2025', 'Fri Jan 03 18:00:00 EST 2025'],
    ['Asia/Tokyo', 'Thu Jul 24 17:11:12 JST 2025', 'Sat Jan 04 08:00:00 JST 2025'],
    ['Asia/Shanghai', 'Thu Jul 24 16:11:12 CST 2025', 'Sat Jan 04 07:00:00 CST 2025'],
    ['Asia/Kolkata', 'Thu Jul 24 13:41:12 IST 2025', 'Sat Jan 04 04:30:00 IST 2025'],
    ['Australia/Sydney', 'Thu Jul 24 18:11:12 AEST 2025', 'Sat Jan 04 10:00:00 AEDT 2025'],
  ])('in %s', (timeZone, inSummer, inWinter) => {
    const date = javaDateFormat(timeZone);
    expect(date(summer)).toBe(inSummer);
    expect(date(winter)).toBe(inWinter);
  });

  it('of a time zone that is not known are in UTC', () => {
    expect(javaDateFormat('Etc/Unknown')(summer)).toBe('Thu Jul 24 08:11:12 UTC 2025');
  });

  it('of a zone without a name tell the offset', () => {
    expect(javaDateFormat('Asia/Bangkok')(summer)).toBe('Thu Jul 24 15:11:12 GMT+7 2025');
  });
});
