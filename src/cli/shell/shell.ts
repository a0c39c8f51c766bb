/*
 * Shell: takes lines, finds their commands, and says what comes of them (Java: ZooKeeperMain). Who types the lines is not its
 * business: see main.ts and terminal.ts.
 */
import type { ZooKeeperOptions } from '../../client/index.ts';
import { CliError, cliErrorOf, NOT_FOUND_EXIT_CODE } from './cli-error.ts';
import {
  type Command,
  type ServerCommand,
  type ShellCommand,
  type ShellControl,
  usageOf,
} from './command.ts';
import { commands } from './commands.ts';
import type { Console } from './console.ts';
import { type CommandLine, parseOptions } from './option-parser.ts';
import { type ShellEvent, ShellSession } from './session.ts';
import { nearest } from './suggestion.ts';
import { wordsOf } from './words.ts';

/** What a shell is made with. */
export interface ShellSettings {
  readonly console: Console;
  /** Of the sessions. */
  readonly client: ZooKeeperOptions;
  readonly waitsForConnection: boolean;
  /** A person types: hints instead of the whole usage. */
  readonly isInteractive: boolean;
  /** Writes something that no command has asked for, and is called when the moment is right. */
  readonly interject: (write: () => void) => void;
}

/** The exit code after Ctrl-C. */
const INTERRUPTED = 130;
/** So that the first prompt says that there is a connection, ms. */
const GREETING_WAIT_MS = 500;
/** Older commands are forgotten. */
const HISTORY_LIMIT = 10_000;

/** A shell with its session. */
export class Shell implements ShellControl {
  readonly console: Console;
  readonly history = new Map<number, string>();
  isPrintingWatches = true;
  /** The exit code of the last command. */
  exitCode = 0;
  /** True after quit. */
  isOver = false;
  readonly #settings: ShellSettings;
  #servers = '';
  #session: ShellSession | null = null;
  #commandCount = 0;
  #interruption = new AbortController();

  constructor(settings: ShellSettings) {
    this.#settings = settings;
    this.console = settings.console;
  }

  /** What stands in front of each line. */
  get prompt(): string {
    const state = this.#session?.stateName ?? 'CLOSED';
    return `[zk: ${this.#servers}(${state}) ${this.#commandCount}] `;
  }

  /** For completion: the session, if a server serves it. */
  get served(): ShellSession | null {
    return this.#session?.zk.isConnected === true ? this.#session : null;
  }

  async connect(servers: string | null): Promise<void> {
    if (this.#session?.isAlive === true) await this.#session.close();
    const next = servers ?? this.#servers;
    const tell = (event: ShellEvent): void => this.#tell(event);
    this.#session = new ShellSession(next, this.#settings.client, tell);
    this.#servers = next;
    if (this.#settings.waitsForConnection) await this.#session.connected();
    else if (this.#settings.isInteractive) await this.#session.looked(GREETING_WAIT_MS);
  }

  async quit(): Promise<void> {
    if (this.#session?.isAlive === true) await this.#session.close();
    this.isOver = true;
  }

  /** Ends the session without a word, as where the input ends. */
  async end(): Promise<void> {
    if (this.#session?.isAlive === true) await this.#session.end();
  }

  async redo(index: number): Promise<void> {
    const line = this.history.get(index);
    if (index >= this.#commandCount || line === undefined) {
      throw new CliError('Command index out of range');
    }
    const words = wordsOf(line);
    if (words[0] === 'redo') throw new CliError('No redoing redos');
    this.history.set(this.#commandCount, line);
    await this.#process(words);
  }

  /** Breaks off the command that runs. */
  interrupt(): void {
    this.#interruption.abort();
  }

  /** Carries out one line, and remembers it. */
  async executeLine(line: string): Promise<void> {
    const words = wordsOf(line);
    if (words.length === 0 || line.trim() === '') return;
    this.history.set(this.#commandCount, line);
    this.history.delete(this.#commandCount - HISTORY_LIMIT);
    await this.execute(words);
    this.#commandCount++;
  }

  /** Carries out one command, and writes what it says. The exit code is then that of this command. */
  async execute(words: readonly string[]): Promise<void> {
    this.#interruption = new AbortController();
    await this.#process(words);
    this.console.isJsonLine = false;
    await this.console.flush();
  }

  async #process(words: readonly string[]): Promise<void> {
    try {
      await this.#run(words);
      if (!this.isOver) this.exitCode = 0;
    } catch (error) {
      if (this.#interruption.signal.aborted && error === this.#interruption.signal.reason) {
        this.exitCode = INTERRUPTED;
        return;
      }
      const failure = cliErrorOf(error);
      if (failure === null) throw error;
      this.exitCode = failure.exitCode;
      this.console.error(failure.message);
    }
  }

  async #run(words: readonly string[]): Promise<void> {
    const [name, ...rest] = words;
    if (name === undefined) throw new CliError('No command entered');
    const command = commands.get(name);
    if (command === undefined) throw this.#notFound(name);
    const end = rest.indexOf('--');
    const json = rest.indexOf('--json');
    const isJson = json >= 0 && (end < 0 || json < end);
    if (isJson) this.console.isJsonLine = true;
    const given = isJson ? rest.toSpliced(json, 1) : rest;
    if ('run' in command) await this.#ask(command, given);
    else await this.#control(command, given);
  }

  async #control(command: ShellCommand, words: readonly string[]): Promise<void> {
    await command.control(this, words);
    const isAboutSession = command.name !== 'help' && !this.isOver;
    if (isAboutSession && this.#session?.isAlive !== true) this.console.line('Not connected');
  }

  async #ask(command: ServerCommand, words: readonly string[]): Promise<void> {
    const session = this.#session;
    if (session?.isAlive !== true) {
      this.console.line('Not connected');
      return;
    }
    const line = this.#read(command, words);
    const { signal } = this.#interruption;
    if (command.isLocal !== true) {
      const path = line.operands.find((word) => word.startsWith('/')) ?? null;
      await session.served(path, signal);
    }
    const { zk, watcher } = session;
    await command.run({ zk, console: this.console, watcher, signal }, line);
  }

  #read(command: ServerCommand, words: readonly string[]): CommandLine {
    const { options = {}, least = 0, most = Number.POSITIVE_INFINITY, oldForm } = command;
    const line = parseOptions(words, options);
    const { length } = line.operands;
    if (length < least || length > most) throw new CliError(usageOf(command));
    if (oldForm === undefined || length < 2) return line;
    this.console.note(oldForm.note);
    const { word } = oldForm;
    return word === null ? line : parseOptions(words.with(1, word), options);
  }

  #notFound(name: string): CliError {
    if (!this.#settings.isInteractive) this.#printUsage();
    const meant = nearest(name, [...commands.keys()]);
    const hint = meant === null ? 'help lists what there is.' : `Did you mean ${meant}?`;
    // Scripts look for Java's words, which say it twice.
    const words = `Command not found: Command not found ${name}`;
    return new CliError(
      this.#settings.isInteractive ? `Command not found: ${name}. ${hint}` : words,
      NOT_FOUND_EXIT_CODE,
    );
  }

  #printUsage(): void {
    this.console.note('ZooKeeper -server host:port -client-configuration properties-file cmd args');
    for (const command of commands.values()) this.console.note(`\t${usageOf(command)}`);
  }

  #tell(event: ShellEvent): void {
    if (!this.isPrintingWatches) return;
    const { console } = this;
    const { state, type, path } = event;
    const text = `WatchedEvent state:${state} type:${type} path:${path}`;
    this.#settings.interject(() => {
      if (console.isJson) {
        if (path !== null) console.json({ event: type, path });
      } else if (this.#settings.isInteractive) console.line(console.styled(text, 'event'));
      else console.write(`\nWATCHER::\n\n${text}\n`);
      // The command that runs, or the end of the session, waits for what is written, and hears of a reader that is gone.
      console.flush().catch(() => {});
    });
  }
}

/** The usage of all commands, for who asks for help. */
export function allUsages(): string[] {
  return [...commands.values()].map((command: Command) => usageOf(command));
}
