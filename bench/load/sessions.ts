/*
 * Sessions that do nothing, for what they cost in memory: some with their connection, some whose
 * connection was dropped and that wait for their time-out.
 */
import { type Conversation, openSessions } from '../conversation.ts';

/** Long enough that no session expires and none needs a ping while memory is measured. */
const IDLE_TIMEOUT_MS = 300_000;

/** The sessions of one idle run. */
export class IdleSessions {
  readonly #port: number;
  readonly #kept: Conversation[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Opens and closes sessions, so that what a server sets up once is not counted as a session's cost. */
  async warmUp(count: number): Promise<void> {
    const sessions = await openSessions([this.#port], { count, timeoutMs: IDLE_TIMEOUT_MS });
    await Promise.all(sessions.map((session) => session.close()));
  }

  /** Opens sessions and keeps their connections. */
  async open(count: number): Promise<void> {
    const sessions = await openSessions([this.#port], { count, timeoutMs: IDLE_TIMEOUT_MS });
    this.#kept.push(...sessions);
  }

  /** Opens sessions and drops their connections, a few hundred at a time; the sessions live on. */
  async openDetached(count: number): Promise<void> {
    for (let opened = 0; opened < count; ) {
      const size = Math.min(200, count - opened);
      const sessions = await openSessions([this.#port], {
        count: size,
        timeoutMs: IDLE_TIMEOUT_MS,
      });
      for (const session of sessions) session.link.destroy();
      opened += size;
    }
  }

  /** Drops all connections. */
  drop(): void {
    for (const session of this.#kept.splice(0)) session.link.destroy();
  }
}
