/*
 * Asker: who asks for a write, as far as preparing it has to know. It is the same for all parts of a multi, so that the session is
 * looked up once for a request; the object is used again by the next one.
 */

import type { Id } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import type { SessionId } from '../../jute/int64.ts';
import { SESSION_ID_ZERO } from '../../jute/int64.ts';
import type { SessionTracker } from '../session/session-tracker.ts';
import type { Request } from './request.ts';

const NOBODY: readonly Id[] = [];

/** Who asks. */
export class Asker {
  private readonly sessions: SessionTracker;
  private request: Request | null = null;
  private isChecked = false;
  private checked: ErrorCode = ErrorCode.ok;
  sessionId: SessionId = SESSION_ID_ZERO;
  /** What the client had proved to be. */
  ids: readonly Id[] = NOBODY;

  constructor(sessions: SessionTracker) {
    this.sessions = sessions;
  }

  /** Goes on to another request. */
  set(request: Request): void {
    this.request = request;
    this.isChecked = false;
    this.sessionId = request.sessionId;
    this.ids = request.authIds;
  }

  /** Why the session may not ask for anything; 0 when it may (Java: checkSession). */
  get sessionErr(): ErrorCode {
    const { request } = this;
    if (!this.isChecked && request !== null) {
      this.checked = this.sessions.check(request.sessionId, request.owner);
      this.isChecked = true;
    }
    return this.checked;
  }
}
