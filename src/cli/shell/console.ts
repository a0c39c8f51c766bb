/*
 * What the shell writes and where: results on standard output in the order in which they come, errors and progress on standard
 * error, colours on a terminal only (NO_COLOR, https://no-color.org).
 */
import type { Writable } from 'node:stream';
import { Output, Progress } from '../tool/output.ts';

/** Ways to write a piece of text. */
export type Style = 'path' | 'faint' | 'bad' | 'good' | 'event';

const CODES: Readonly<Record<Style, string>> = {
  path: '36',
  faint: '2',
  bad: '31',
  good: '32',
  event: '33',
};

/** A stream that may be a terminal. */
export type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'write'> & Writable;

/** Where a shell writes. */
export interface ConsoleSettings {
  readonly out: Stream;
  readonly err: Stream;
  /** Results as JSON, one object on each line. */
  readonly isJson: boolean;
  /** NO_COLOR is set. */
  readonly isPlain: boolean;
}

/** The output of a shell. */
export class Console {
  readonly progress: Progress;
  readonly #out: Output;
  readonly #settings: ConsoleSettings;
  #isJsonLine = false;

  constructor(settings: ConsoleSettings) {
    this.#settings = settings;
    this.#out = new Output(settings.out);
    this.progress = new Progress(settings.err);
    // Nobody is left to be told that nobody listens.
    settings.err.on('error', () => {});
  }

  /** True where results are JSON. */
  get isJson(): boolean {
    return this.#settings.isJson || this.#isJsonLine;
  }

  /** Writes the results of one command as JSON, or not. */
  set isJsonLine(value: boolean) {
    this.#isJsonLine = value;
  }

  /** True where a person reads the results. */
  get isTerminal(): boolean {
    return this.#settings.out.isTTY === true;
  }

  /** Adds text. */
  write(text: string): void {
    this.#out.write(text);
  }

  /** Adds lines. */
  lines(lines: readonly string[]): void {
    for (const line of lines) this.#out.line(line);
  }

  /** Adds a line. */
  line(text: string): void {
    this.#out.line(text);
  }

  /** Adds a result as JSON. */
  json(value: unknown): void {
    this.#out.line(JSON.stringify(value));
  }

  /** Writes bytes as they are, and the end of the line. */
  async bytes(bytes: Uint8Array): Promise<void> {
    await this.#out.flush();
    if (bytes.length > 0) this.#settings.out.write(bytes);
    this.#out.write('\n');
  }

  /** Writes a line about a failure on standard error, behind all that was added before. */
  error(line: string): void {
    const isColoured = this.#settings.err.isTTY === true && !this.#settings.isPlain;
    this.note(isColoured ? coloured(line, 'bad') : line);
  }

  /** Writes another line on standard error, behind all that was added before. */
  note(line: string): void {
    this.progress.clear();
    // Whoever has stopped reading the results is found out by the next flush that is waited for.
    this.#out.flush().catch(() => {});
    this.#settings.err.write(`${line}\n`);
  }

  /** Waits for the reader if much was added. */
  async drained(): Promise<void> {
    if (this.#out.isFull) await this.flush();
  }

  /** Writes what was added. Rejects with OutputClosed where the reader is gone. */
  async flush(): Promise<void> {
    this.progress.clear();
    await this.#out.flush();
  }

  /** Text in a colour, where there are any. */
  styled(text: string, style: Style): string {
    return this.isTerminal && !this.#settings.isPlain ? coloured(text, style) : text;
  }
}

function coloured(text: string, style: Style): string {
  return `\x1b[${CODES[style]}m${text}\x1b[0m`;
}
