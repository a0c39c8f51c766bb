/*
 * What a command of the shell is: its name, its options, its help, and what it does. The commands are in commands/, the table of all
 * of them in commands.ts; the shell, its help and its completion go by that table.
 */
import type { Watcher, ZooKeeper } from '../../client/index.ts';
import { CliError } from './cli-error.ts';
import type { Console } from './console.ts';
import type { CommandLine, OptionRules } from './option-parser.ts';

/** What a command works with. */
export interface CommandContext {
  readonly zk: ZooKeeper;
  readonly console: Console;
  /** Prints what happens to a znode: what -w leaves. */
  readonly watcher: Watcher;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** What the shell itself does for the commands that are about it. */
export interface ShellControl {
  readonly console: Console;
  /** The commands of this session, with their numbers; the last is the one that runs. */
  readonly history: ReadonlyMap<number, string>;
  /** Whether events are printed. */
  isPrintingWatches: boolean;
  /** Ends the session and begins one; with the same servers as before where none are named. */
  connect(servers: string | null): Promise<void>;
  /** Does an earlier command again. */
  redo(index: number): Promise<void>;
  /** Ends the shell. */
  quit(): Promise<void>;
}

interface CommandWords {
  readonly name: string;
  /** What stands behind the name in Java's own lines of usage; what is only ours in the same way. */
  readonly usage: string;
  /** One line for help. */
  readonly summary: string;
  /** What else there is to know: options, examples. Lines. */
  readonly help?: readonly string[];
  readonly options?: OptionRules;
  /** How many words that are no options it needs; 0 where not given. Fewer are answered with the usage. */
  readonly least?: number;
  /** How many it takes at most; any number where not given. */
  readonly most?: number;
  /** Words that completion offers behind the name. */
  readonly words?: readonly string[];
  /** Whether its words are paths, for completion; true where not given. */
  readonly takesPath?: boolean;
}

/** A command that asks a server. */
export interface ServerCommand extends CommandWords {
  /** It does something without a server as well. */
  readonly isLocal?: boolean;
  run(context: CommandContext, line: CommandLine): Promise<void>;
  /** The old form with a second word, which zkCli still takes: what is said about it, and what stands for that word now. */
  readonly oldForm?: { readonly note: string; readonly word: string | null };
}

/** A command about the shell. It needs no connection. */
export interface ShellCommand extends CommandWords {
  control(shell: ShellControl, words: readonly string[]): Promise<void>;
}

/** A command of the shell. */
export type Command = ServerCommand | ShellCommand;

/** `get -s /a`, as usage has it. */
export function usageOf(command: Command): string {
  return `${command.name} ${command.usage}`;
}

/** The value of an option as an int of Java's (Integer.parseInt). Raises CliError with `message` where it is none. */
export function intOf(text: string, message: string): number {
  const value = /^[+-]?[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value !== (value | 0)) throw new CliError(message);
  return value;
}

/** The version that -v gives; any (-1) where it is not given. Raises CliError. */
export function versionOf(line: CommandLine): number {
  const text = line.options.get('v');
  return text === undefined ? -1 : intOf(text, '-v argument must be an int value');
}
