/*
 * JuteReader by itself: the ends of what it may read, nulls, and the strings that Java's decoder gives.
 */

import { describe, expect, it } from 'vitest';
import { OPEN_ACL_UNSAFE, readACLs } from '../../src/jute/data.ts';
import { JuteError, JuteReader } from '../../src/jute/reader.ts';
import { acls as aclsCodec, create, encode, string } from './codecs.ts';
import { golden, goldenStrings } from './golden-files.ts';
import { OPEN } from './samples.ts';

function reader(hex: string): JuteReader {
  return new JuteReader(Buffer.from(hex, 'hex'));
}

describe('JuteReader', () => {
  it('stays where it was when a number is cut short', () => {
    const short = reader('000000');
    expect(() => short.readInt()).toThrow(new JuteError('needs 4 bytes, has 3'));
    expect(short.offset).toBe(0);
  });

  it('reads nothing behind its end, though there are bytes', () => {
    const bytes = Buffer.alloc(32);
    const bounded = new JuteReader(bytes, 4, 12);
    expect(bounded.readLong()).toBe(0n);
    expect(bounded.remaining).toBe(0);
    expect(() => bounded.readBoolean()).toThrow(JuteError);
  });

  it('serves another range after reset', () => {
    const again = reader('00000001').reset(Buffer.from('ffffffff00000005', 'hex'), 4, 8);
    expect(again.readInt()).toBe(5);
    expect(again.remaining).toBe(0);
  });

  it.each(['01', '02', '80', 'ff'])('takes the byte %s for true, as DataInput does', (hex) => {
    expect(reader(hex).readBoolean()).toBe(true);
  });

  it.each([
    ['7fffffff', 2147483647],
    ['80000000', -2147483648],
    ['fffffffe', -2],
    ['00000004', 4],
  ])('refuses a length of %s before three bytes', (hex, length) => {
    const message = `unreasonable length ${length}, 3 bytes are left`;
    expect(() => reader(`${hex}616263`).readBuffer()).toThrow(new JuteError(message));
    expect(() => reader(`${hex}616263`).readString()).toThrow(new JuteError(message));
  });

  it('tells a null from what is empty', () => {
    expect([reader('ffffffff').readString(), reader('00000000').readString()]).toEqual([null, '']);
    expect([reader('ffffffff').readStrings(), reader('00000000').readStrings()]).toEqual([
      null,
      [],
    ]);
    expect(reader('ffffffff').readBuffer()).toBeNull();
    expect(reader('00000000').readBuffer()).toHaveLength(0);
  });

  it('takes a count below -1 for an empty vector, as the code that jute generates', () => {
    expect(reader('fffffffe').readStrings()).toEqual([]);
    expect(readACLs(reader('80000000'))).toEqual([]);
  });

  it('gives views of its input as bytes, not copies', () => {
    const bytes = Buffer.from('0000000161', 'hex');
    const view = new JuteReader(bytes).readBuffer();
    bytes[4] = 0x62;
    expect(view?.toString()).toBe('b');
  });
});

describe('strings', () => {
  it('are what Java makes of the same bytes, also where they are no UTF-8', () => {
    const read = goldenStrings.map(({ bytes }) => {
      const length = bytes.length.toString(16).padStart(8, '0');
      return [bytes.toString('hex'), reader(`${length}${bytes.toString('hex')}`).readString()];
    });
    expect(read.length).toBeGreaterThan(1000);
    expect(read).toEqual(goldenStrings.map(({ bytes, text }) => [bytes.toString('hex'), text]));
  });

  it('beyond U+FFFF are UTF-8, where Java writes two halves of three bytes that it cannot read', () => {
    const java = golden('string/surrogatePair');
    expect(java.subarray(4).toString('hex')).toBe('2feda0bdedb880');
    expect(new JuteReader(java).readString()).toBe('/\ufffd\ufffd');
    expect(encode(string, '/😀').subarray(4).toString('hex')).toBe('2ff09f9880');
    expect(reader('000000052ff09f9880').readString()).toBe('/😀');
  });

  it('have U+FFFD for a surrogate that Java has written alone', () => {
    expect(new JuteReader(golden('string/loneSurrogate')).readString()).toBe('a\ufffdb');
  });
});

describe('the ACL that nearly every znode has', () => {
  it('is one object, however often it is read', () => {
    const bytes = golden('CreateRequest/open');
    expect(create.read(new JuteReader(bytes)).acl).toBe(OPEN_ACL_UNSAFE);
    expect(create.read(new JuteReader(bytes)).acl).toEqual(OPEN);
  });

  it('is written alike as that object and entry by entry', () => {
    expect(encode(aclsCodec, OPEN_ACL_UNSAFE)).toEqual(encode(aclsCodec, OPEN));
  });

  it('is not taken for another that differs in one byte', () => {
    const bytes = encode(aclsCodec, OPEN);
    const others = [...bytes.keys()].map((at) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      try {
        return readACLs(new JuteReader(changed));
      } catch (error) {
        return error instanceof JuteError ? 'refused' : error;
      }
    });
    expect(others).not.toContain(OPEN_ACL_UNSAFE);
    expect(others[bytes.length - 1]).toEqual([
      { perms: 31, id: { scheme: 'world', id: 'anyond' } },
    ]);
  });

  it('is read up to the end of the range only', () => {
    const bytes = encode(aclsCodec, OPEN);
    const cut = new JuteReader(bytes, 0, bytes.length - 1);
    expect(() => readACLs(cut)).toThrow(JuteError);
  });
});
