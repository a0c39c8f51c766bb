import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../../src/jute/error-code.ts';
import { toHex, toSessionId } from '../../../src/jute/int64.ts';
import { initialSessionId, SessionTracker } from '../../../src/server/session/session-tracker.ts';

const tracker = () =>
  new SessionTracker({ tickTime: 1000, firstSessionId: toSessionId(0x1_0000n), now: 0 });

describe('session ids', () => {
  it('carry the server id in the top byte and the time below it', () => {
    expect(toHex(initialSessionId(5, 0x18c_1234_5678))).toBe('58c123456780000');
  });

  it('never are the mark of a container', () => {
    expect(initialSessionId(128, 0)).toBe(-(1n << 63n) + 1n);
  });

  it('are not given out again while their session lives', () => {
    const sessions = tracker();
    sessions.track(toSessionId(0x1_0000n), 4000, 0);
    sessions.track(toSessionId(0x1_0001n), 4000, 0);
    expect(sessions.create(4000, 0).id).toBe(0x1_0002n);
    expect(sessions.create(4000, 0).id).toBe(0x1_0003n);
  });

  it('are given out one by one', () => {
    const sessions = tracker();
    expect(sessions.create(4000, 0).id).toBe(0x1_0000n);
    expect(sessions.create(4000, 0).id).toBe(0x1_0001n);
  });
});

describe('a tracked session', () => {
  it('expires when nothing is heard of it', () => {
    const sessions = tracker();
    const session = sessions.create(4000, 0);
    expect(sessions.expire(4999)).toEqual([]);
    expect(sessions.expire(5000)).toEqual([session]);
  });

  it('lives on when it is touched in time', () => {
    const sessions = tracker();
    const session = sessions.create(4000, 0);
    expect(sessions.touch(session, 4000, 3000)).toBe(true);
    expect(sessions.expire(5000)).toEqual([]);
  });

  it('cannot be saved once it is closing, and may ask for nothing', () => {
    const sessions = tracker();
    const session = sessions.create(4000, 0);
    sessions.expire(5000);
    expect(sessions.touch(session, 4000, 5001)).toBe(false);
    expect(sessions.check(session.id, 0)).toBe(ErrorCode.sessionExpired);
  });

  it('is unknown after it was removed', () => {
    const sessions = tracker();
    const { id } = sessions.create(4000, 0);
    expect(sessions.check(id, 0)).toBe(ErrorCode.ok);
    sessions.remove(id);
    expect(sessions.check(id, 0)).toBe(ErrorCode.unknownSession);
  });
});
