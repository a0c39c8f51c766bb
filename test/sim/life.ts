/*
 * Life: one process of a simulated machine, from its start to its end. Whatever happens to it goes through here, so that nothing
 * happens to one that has ended, and that what comes while it is paused happens when it goes on.
 */
import type { HostProcess } from './network.ts';

/** Bytes that a process reads at once: into one buffer, which is used again. */
const readBuffer = Buffer.alloc(64 * 1024);

/** One process. */
export class Life implements HostProcess {
  readonly host: string;
  isAlive = true;
  isPaused = false;
  private readonly backlog: (() => void)[] = [];
  private readonly openTurn: () => void;
  private readonly broken: (error: unknown) => void;

  constructor(host: string, openTurn: () => void, broken: (error: unknown) => void) {
    this.host = host;
    this.openTurn = openTurn;
    this.broken = broken;
  }

  /** Something happens at this process' sockets. */
  deliver(event: () => void): void {
    this.run(() => {
      this.openTurn();
      event();
    });
  }

  /** Something happens that does not begin a turn by itself. */
  run(event: () => void): void {
    if (!this.isAlive) return;
    if (this.isPaused) {
      this.backlog.push(event);
      return;
    }
    try {
      event();
    } catch (error) {
      this.broken(error);
    }
  }

  resume(): void {
    this.isPaused = false;
    for (const event of this.backlog.splice(0)) this.run(event);
  }
}

/** Hands on what has come as a process reads it. Who keeps a view of the buffer instead of a copy keeps nonsense. */
export function read(bytes: Buffer, take: (buffer: Buffer, size: number) => void): void {
  bytes.copy(readBuffer);
  take(readBuffer, bytes.length);
  readBuffer.fill(0xee, 0, bytes.length);
}
