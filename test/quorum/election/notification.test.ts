import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toZxid } from '../../../src/jute/int64.ts';
import { frame } from '../../../src/quorum/election/frames.ts';
import {
  NO_VOTE,
  type Notification,
  readNotification,
  writeNotification,
} from '../../../src/quorum/election/notification.ts';
import { NOBODY, type PeerState } from '../../../src/quorum/server-id.ts';
import { golden } from './golden-bytes.ts';

const long = fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n });

const notifications: fc.Arbitrary<Notification> = fc.record({
  state: fc.constantFrom<PeerState[]>('looking', 'following', 'leading', 'observing'),
  leader: fc.oneof(fc.constant(NOBODY), fc.maxSafeNat()),
  zxid: long.map(toZxid),
  electionEpoch: long,
  peerEpoch: long,
  version: fc.constant(2),
  configText: fc.string({ unit: 'grapheme' }),
});

/** A form older than version 2, whose fields come one after the other. */
function older(size: number, version: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeInt32BE(2, 0);
  bytes.writeBigInt64BE(3n, 4);
  bytes.writeBigInt64BE(0x7_0000_0005n, 12);
  bytes.writeBigInt64BE(4n, 20);
  if (size >= 36) bytes.writeBigInt64BE(9n, 28);
  if (size >= 40) bytes.writeInt32BE(version, 36);
  return bytes;
}

describe('a notification of Java', () => {
  for (const [name, said] of [
    ['looking', { state: 'looking', leader: 2, zxid: 0n, electionEpoch: 1n, peerEpoch: 0n }],
    ['following', { state: 'following', leader: 2, zxid: 0n, electionEpoch: 1n, peerEpoch: 1n }],
    ['leading', { state: 'leading', leader: 2, zxid: 0n, electionEpoch: 1n, peerEpoch: 1n }],
    [
      'looking-observer',
      { state: 'looking', leader: NOBODY, zxid: NO_VOTE, electionEpoch: 1n, peerEpoch: NO_VOTE },
    ],
  ] as const) {
    it(`says ${name}, and is written the same`, () => {
      const framed = golden(name);
      const read = readNotification(framed.subarray(4));
      expect(read).toMatchObject({ ...said, version: 2 });
      expect(read).toHaveProperty('configText', expect.stringMatching(/^server\.1=.*version=0$/s));
      if (typeof read !== 'string') {
        expect(Buffer.from(frame(writeNotification(read))).equals(framed)).toBe(true);
      }
    });
  }
});

describe('a notification', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(notifications, (one) => {
        expect(readNotification(writeNotification(one))).toEqual(one);
      }),
    );
  });

  it('of 28 bytes takes the peer epoch from the zxid', () => {
    expect(readNotification(older(28, 0))).toEqual({
      state: 'leading',
      leader: 3,
      zxid: 0x7_0000_0005n,
      electionEpoch: 4n,
      peerEpoch: 7n,
      version: 0,
      configText: null,
    });
  });

  it('of 40 bytes has no version, even if there is one', () => {
    expect(readNotification(older(40, 1))).toMatchObject({ peerEpoch: 9n, version: 0 });
  });

  it('of version 1 has no configuration', () => {
    expect(readNotification(older(48, 1))).toMatchObject({
      peerEpoch: 9n,
      version: 1,
      configText: null,
    });
  });

  it('for an id that cannot be one is for nobody', () => {
    const bytes = older(28, 0);
    bytes.writeBigInt64BE(-1n, 4);
    expect(readNotification(bytes)).toMatchObject({ leader: NOBODY });
    bytes.writeBigInt64BE(1n << 60n, 4);
    expect(readNotification(bytes)).toMatchObject({ leader: NOBODY });
  });

  it('is refused where a length or the state cannot be true', () => {
    const state = older(40, 1);
    state.writeInt32BE(4, 0);
    expect(readNotification(state)).toBe('a notification with state 4');
    for (const size of [0, 27, 29, 36, 39]) {
      expect(readNotification(older(40, 0).subarray(0, size))).toBe(
        `a notification of ${size} bytes`,
      );
    }
    expect(readNotification(older(43, 2))).toBe('a notification of version 2 in 43 bytes');
    for (const length of [-1, 5, 2_147_483_647, -2_147_483_648]) {
      const bytes = older(48, 2);
      bytes.writeInt32BE(length, 40);
      expect(readNotification(bytes)).toBe(
        `a notification of 48 bytes with a configuration of ${length}`,
      );
    }
  });

  it('is read or refused, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const read = readNotification(bytes);
        if (typeof read === 'string') expect(read).toMatch(/^a notification/);
        else expect(['looking', 'following', 'leading', 'observing']).toContain(read.state);
      }),
    );
  });
});
