/*
 * What the tools write: lines on standard output in big pieces that wait for whoever reads them, words about the work on
 * standard error, and how far it has come where that is a terminal.
 */
import type { Writable } from 'node:stream';
import { isSystemError, ToolError } from './tool-error.ts';

/** Characters that are collected before they are written. */
const PIECE_SIZE = 64 * 1024;

/** Nobody reads the output any more (`| head`). */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Text on its way to a stream. */
export class Output {
  private readonly stream: Writable;
  private readonly beforeWrite: () => void;
  private text = '';
  private failure: Error | null = null;
  private wake: (() => void) | null = null;

  /** @param beforeWrite called when something is about to be written */
  constructor(stream: Writable, beforeWrite: () => void = () => undefined) {
    this.stream = stream;
    this.beforeWrite = beforeWrite;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.failure = failureOf(error);
      this.wake?.();
    });
  }

  /** Adds text, which is written with the next flush. */
  write(text: string): void {
    this.text += text;
  }

  /** Adds a line. */
  line(text: string): void {
    this.text += `${text}\n`;
  }

  /** Whether it is time to flush. */
  get isFull(): boolean {
    return this.text.length >= PIECE_SIZE;
  }

  /** Writes what was added. Rejects with OutputClosed where the reader is gone, with ToolError where it cannot be written. */
  async flush(): Promise<void> {
    const { text } = this;
    this.text = '';
    if (text !== '' && this.failure === null) {
      this.beforeWrite();
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        try {
          this.stream.write(text, () => resolve());
        } catch (error) {
          // Where standard output is a file, Node.js writes at once and lets the system's error out.
          if (!isSystemError(error)) throw error;
          this.failure = failureOf(error);
          resolve();
        }
      });
    }
    if (this.failure !== null) throw this.failure;
  }
}

function failureOf(error: NodeJS.ErrnoException): Error {
  if (error.code === 'EPIPE') return new OutputClosed();
  return new ToolError(`standard output: ${error.message}`);
}

/** ms between two reports of progress. */
const REPORT_INTERVAL_MS = 100;

/** How far long work has come, on a terminal; nothing is written anywhere else. */
export class Progress {
  private readonly stream: Pick<NodeJS.WriteStream, 'write'>;
  private readonly isShown: boolean;
  private readonly now: () => number;
  private lastAt = Number.NEGATIVE_INFINITY;
  private hasLine = false;

  /** @param now the time in ms, from any beginning */
  constructor(
    stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
    now: () => number = () => performance.now(),
  ) {
    this.stream = stream;
    this.isShown = stream.isTTY === true;
    this.now = now;
  }

  /**
   * Says how far the work has come.
   *
   * @param total what `done` will be at the end; 0 where that is not known
   */
  report(what: string, done: number, total = 0): void {
    if (!this.isShown) return;
    const now = this.now();
    if (now - this.lastAt < REPORT_INTERVAL_MS) return;
    this.lastAt = now;
    this.hasLine = true;
    const part =
      total > 0
        ? `${Math.min(100, Math.floor((100 * done) / total))} %`
        : done.toLocaleString('en-US');
    this.stream.write(`\r\x1b[K${what}: ${part}`);
  }

  /** Removes the line. */
  clear(): void {
    if (this.hasLine) this.stream.write('\r\x1b[K');
    this.hasLine = false;
  }
}

/** What a tool has to work with. */
export interface ToolConsole {
  readonly out: Output;
  readonly progress: Progress;
  /** Writes a line on standard error. */
  readonly warn: (line: string) => void;
  /** Asks, and gives the answer; null where there is none to be had. */
  readonly ask: (question: string) => Promise<string | null>;
}
