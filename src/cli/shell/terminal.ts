/*
 * A person at a terminal: a prompt, Tab, earlier lines, Ctrl-C for the command that runs and Ctrl-D to leave.
 */
import { createInterface, type Interface } from 'node:readline';
import { complete } from './completion.ts';
import type { HistoryFile } from './history-file.ts';
import type { Shell } from './shell.ts';

/** The line that is being typed, and what is written in between. */
export class Terminal {
  readonly #input: NodeJS.ReadableStream;
  readonly #output: NodeJS.WritableStream;
  #lines: Interface | null = null;
  #shell: Shell | null = null;
  #isWaiting = false;

  constructor(input: NodeJS.ReadableStream, output: NodeJS.WritableStream) {
    this.#input = input;
    this.#output = output;
  }

  /** Writes something where the prompt stands, and the prompt with what has been typed below it. */
  readonly interject = (write: () => void): void => {
    if (this.#isWaiting) this.#output.write('\r\x1b[K');
    write();
    // What was written goes out first: both are on their way to the same stream.
    if (this.#isWaiting) setImmediate(() => this.#showPrompt(true));
  };

  /** Carries out line by line until the person leaves. */
  async run(shell: Shell, history: HistoryFile): Promise<void> {
    const lines = createInterface({
      input: this.#input,
      output: this.#output,
      terminal: true,
      history: history.load(),
      removeHistoryDuplicates: true,
      completer: (
        line: string,
        done: (error: Error | null, result?: [string[], string]) => void,
      ) => {
        complete(line, shell.served?.zk ?? null).then(
          ([hits, part]) => done(null, [[...hits], part]),
          (error: Error) => done(error),
        );
      },
    });
    this.#lines = lines;
    this.#shell = shell;
    lines.on('SIGINT', () => {
      if (!this.#isWaiting) shell.interrupt();
      else if (lines.line === '') lines.close();
      else lines.write(null, { ctrl: true, name: 'u' });
    });
    this.#prompt();
    for await (const line of lines) {
      this.#isWaiting = false;
      history.add(line);
      await shell.executeLine(line);
      if (shell.isOver) break;
      this.#prompt();
    }
    this.#isWaiting = false;
    this.#lines = null;
    lines.close();
    if (!shell.isOver) this.#output.write('\n');
  }

  #prompt(): void {
    this.#isWaiting = true;
    this.#showPrompt(false);
  }

  /** The prompt as it is now: an event may have changed the state that it tells. */
  #showPrompt(keepsCursor: boolean): void {
    if (!this.#isWaiting || this.#shell === null) return;
    this.#lines?.setPrompt(this.#shell.prompt);
    this.#lines?.prompt(keepsCursor);
  }
}
