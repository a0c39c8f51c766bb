/*
 * The operators' command line: from its words to an exit code. Answers to zkServer.sh and zkServer-initialize.sh, whose
 * lines and exit codes it keeps.
 */
import { ConfigError } from '../server/config/config-error.ts';
import type { Chosen } from './command-line.ts';
import { commands } from './commands.ts';
import { CommandError } from './static-keys.ts';

/**
 * A command line without options: a command, and perhaps a configuration. It is what almost every call is, and needs no
 * yargs, which takes longer to load (75 ms) than the server takes to start.
 */
function plainCommand(argv: readonly string[]): Chosen | null {
  const [name = '', cfg, ...rest] = argv;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined || rest.length > 0 || cfg?.startsWith('-')) return null;
  return () => command.run({ cfg });
}

/**
 * Runs one command.
 *
 * @param argv the words behind the program's name
 * @returns the exit code of the process
 */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    const chosen =
      plainCommand(argv) ?? (await (await import('./command-line.ts')).chosenCommand(argv));
    return await chosen();
  } catch (error) {
    if (!(error instanceof CommandError || error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
