/*
 * The options of a command, read as zkCli reads them (Apache Commons CLI: DefaultParser): they may stand anywhere, `-sR` is
 * `-s -R`, `-v3` and `-v=3` are `-v 3`, `--` ends them, and what is wrong is said in the words of that library.
 */
import { CliError } from './cli-error.ts';

/** The options of a command: whether each takes a value. */
export interface OptionRules {
  readonly flags?: readonly string[];
  readonly values?: readonly string[];
  /** Of these only one may be given. */
  readonly group?: readonly string[];
  /** What to say when none of the group is given; it may be left out where this is not set. */
  readonly requiredGroup?: string;
}

/** A command line that was read. */
export interface CommandLine {
  /** The words that are no options, without the name of the command. */
  readonly operands: readonly string[];
  /** The options that were given; an empty value for those that take none, the first where one was given twice. */
  readonly options: ReadonlyMap<string, string>;
}

const PACKAGE = 'org.apache.commons.cli';

function unrecognized(word: string): CliError {
  return new CliError(`${PACKAGE}.UnrecognizedOptionException: Unrecognized option: ${word}`);
}

/** Java: Util.stripLeadingAndTrailingQuotes. */
function withoutQuotes(word: string): string {
  return /^"[^"]+"$/.test(word) ? word.slice(1, -1) : word;
}

class OptionReader {
  readonly operands: string[] = [];
  readonly options = new Map<string, string>();
  readonly #rules: OptionRules;
  #selected: string | null = null;
  #isOver = false;
  /** The option that waits for its value. */
  #pending: string | null = null;

  constructor(rules: OptionRules) {
    this.#rules = rules;
  }

  #has(name: string): boolean {
    return this.#takesValue(name) || (this.#rules.flags?.includes(name) ?? false);
  }

  #takesValue(name: string): boolean {
    return this.#rules.values?.includes(name) ?? false;
  }

  take(word: string): void {
    if (this.#isOver) this.operands.push(word);
    else if (word === '--') this.#isOver = true;
    else if (this.#pending !== null && this.#isValue(word)) this.#give(withoutQuotes(word));
    else if (word.startsWith('-') && word.length > 1) this.#option(word);
    else this.operands.push(word);
  }

  #isValue(word: string): boolean {
    if (!word.startsWith('-') || word.length === 1) return true;
    const [name = ''] = word.slice(1).split('=', 1);
    const isOption = this.#has(name) || this.#has(name.slice(0, 1));
    return !isOption || Number.isFinite(Number(word));
  }

  #give(value: string): void {
    const name = this.#pending;
    this.#pending = null;
    if (name !== null && this.options.get(name) === '') this.options.set(name, value);
  }

  #option(word: string): void {
    if (word.startsWith('--')) throw unrecognized(word);
    const name = word.slice(1);
    const equals = name.indexOf('=');
    if (this.#has(name)) this.#begin(name);
    else if (equals === 1 && this.#takesValue(name.slice(0, 1))) {
      this.#begin(name.slice(0, 1));
      this.#give(name.slice(2));
    } else if (name.length === 1 || equals >= 0) throw unrecognized(word);
    else this.#concatenated(word, name);
  }

  #concatenated(word: string, names: string): void {
    for (let at = 0; at < names.length; at++) {
      const name = names.slice(at, at + 1);
      if (!this.#has(name)) throw unrecognized(word);
      this.#begin(name);
      if (this.#pending !== null && at + 1 < names.length) {
        this.#give(names.slice(at + 1));
        return;
      }
    }
  }

  #begin(name: string): void {
    this.#demandValue();
    if (this.#rules.group?.includes(name)) {
      if (this.#selected !== null && this.#selected !== name) {
        throw new CliError(
          `${PACKAGE}.AlreadySelectedException: The option '${name}' was specified but an option from this group has already been selected: '${this.#selected}'`,
        );
      }
      this.#selected = name;
    }
    if (!this.options.has(name)) this.options.set(name, '');
    this.#pending = this.#takesValue(name) ? name : null;
  }

  #demandValue(): void {
    if (this.#pending === null) return;
    throw new CliError(
      `${PACKAGE}.MissingArgumentException: Missing argument for option: ${this.#pending}`,
    );
  }

  end(): void {
    this.#demandValue();
    const { requiredGroup } = this.#rules;
    if (requiredGroup !== undefined && this.#selected === null) {
      throw new CliError(
        `${PACKAGE}.MissingOptionException: Missing required option: ${requiredGroup}`,
      );
    }
  }
}

/**
 * Reads what stands behind the name of a command. Raises CliError.
 *
 * @param words without the name
 */
export function parseOptions(words: readonly string[], rules: OptionRules): CommandLine {
  const reader = new OptionReader(rules);
  for (const word of words) reader.take(word);
  reader.end();
  return reader;
}
