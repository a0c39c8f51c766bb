import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressText,
  type Handshake,
  HandshakeReader,
  writeHandshake,
} from '../../../src/quorum/election/handshake.ts';
import { golden } from './golden-bytes.ts';

/** Reads a handshake that comes in pieces of these sizes, the last one over and over. */
function read(
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
): { readonly result: Handshake | string | null; readonly taken: number } {
  const reader = new HandshakeReader();
  let at = 0;
  for (let piece = 0; at < bytes.length; piece++) {
    const size = sizes[Math.min(piece, sizes.length - 1)] ?? 1;
    const end = Math.min(at + size, bytes.length);
    const taken = reader.take(bytes, at, end);
    if (taken < end) return { result: reader.result, taken };
    at = end;
  }
  return { result: reader.result, taken: at };
}

function hello(version: bigint, sid: bigint, text: string, length = text.length): Buffer {
  const bytes = Buffer.alloc(20 + text.length);
  bytes.writeBigInt64BE(version, 0);
  bytes.writeBigInt64BE(sid, 8);
  bytes.writeInt32BE(length, 16);
  bytes.write(text, 20);
  return bytes;
}

const addresses = fc.array(
  fc.record({
    host: fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()).filter((host) => !/^[0:.]+$/.test(host)),
    port: fc.integer({ min: 0, max: 65_535 }),
  }),
  { minLength: 1, maxLength: 5 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 });

describe('the handshake of Java', () => {
  it('with one address', () => {
    const bytes = golden('handshake-one-address');
    const { result } = read(bytes);
    expect(result).toEqual({ sid: 2, addresses: [{ host: '127.0.0.1', port: 44281 }] });
    expect(Buffer.from(writeHandshake(2, [{ host: '127.0.0.1', port: 44281 }], false))).toEqual(
      bytes,
    );
  });

  it('with two addresses', () => {
    const bytes = golden('handshake-two-addresses');
    const both = [
      { host: '127.0.0.1', port: 46079 },
      { host: '127.0.0.1', port: 39891 },
    ];
    expect(read(bytes).result).toEqual({ sid: 2, addresses: both });
    expect(Buffer.from(writeHandshake(2, both, true))).toEqual(bytes);
  });

  it('of an observer says its id', () => {
    expect(read(golden('handshake-observer')).result).toMatchObject({ sid: 4 });
  });
});

describe('a handshake', () => {
  it('is read as it was written, in whatever pieces, and takes nothing of what follows', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), addresses, fc.boolean(), sizes, (sid, all, several, pieces) => {
        const bytes = writeHandshake(sid, all, several);
        const followed = Buffer.concat([bytes, Buffer.alloc(50, 7)]);
        expect(read(followed, pieces)).toEqual({
          result: { sid, addresses: several ? all : all.slice(0, 1) },
          taken: bytes.length,
        });
      }),
    );
  });

  it('says as many addresses as others take', () => {
    const all = Array.from({ length: 100 }, (_, index) => ({
      host: `server-${index}.some-longer-domain.example`,
      port: 3888,
    }));
    const bytes = writeHandshake(1, all, true);
    expect(bytes.length).toBeLessThanOrEqual(20 + 2048);
    const { result } = read(bytes);
    expect(result).toEqual({ sid: 1, addresses: all.slice(0, 49) });
  });

  it('puts an IPv6 address in brackets', () => {
    expect(addressText({ host: '::1', port: 3888 })).toBe('[::1]:3888');
    expect(read(hello(-65_536n, 1n, '[fe80::1%eth0]:3888')).result).toEqual({
      sid: 1,
      addresses: [{ host: 'fe80::1%eth0', port: 3888 }],
    });
  });

  it('leaves out addresses that stand for every interface', () => {
    expect(read(hello(-65_535n, 1n, '0.0.0.0:3888|[::]:3888|zk1:3888')).result).toEqual({
      sid: 1,
      addresses: [{ host: 'zk1', port: 3888 }],
    });
    expect(read(hello(-65_536n, 1n, '[0:0:0:0:0:0:0:0]:3888')).result).toEqual({
      sid: 1,
      addresses: [],
    });
  });

  it('of 3.4 is the id alone', () => {
    const bytes = Buffer.alloc(12);
    bytes.writeBigInt64BE(5n);
    expect(read(bytes)).toEqual({ result: { sid: 5, addresses: [] }, taken: 8 });
  });

  it('of an observer without an id has none', () => {
    for (const sid of [-1n, (1n << 63n) - 1n]) {
      expect(read(hello(-65_536n, sid, 'a:1')).result).toMatchObject({ sid: null });
    }
  });

  it('is refused where it cannot be true', () => {
    expect(read(hello(-65_534n, 1n, 'a:1')).result).toBe('protocol version -65534');
    expect(read(hello(-65_536n, -2n, 'a:1')).result).toBe('server id -2');
    for (const length of [0, -1, 2049, 2_147_483_647]) {
      expect(read(hello(-65_536n, 1n, 'a:1', length)).result).toBe(`addresses of ${length} bytes`);
    }
    for (const text of [
      'a',
      'a:',
      ':1',
      'a:b',
      'a:1:2',
      'a:65536',
      '[::1]',
      '[::1',
      'a:1|',
      '::1:2',
    ]) {
      expect(read(hello(-65_536n, 1n, text)).result).toContain('a badly formed address');
    }
  });
});
