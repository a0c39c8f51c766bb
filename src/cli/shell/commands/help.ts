/*
 * `help`: what commands there are, or all about one of them.
 */
import { CliError, NOT_FOUND_EXIT_CODE } from '../cli-error.ts';
import { type Command, type ShellCommand, usageOf } from '../command.ts';
import { nearest } from '../suggestion.ts';

/** The lines about one command. */
export function helpOf(command: Command): string[] {
  const details = (command.help ?? []).map((line) => `  ${line}`);
  return [
    usageOf(command),
    `  ${command.summary}`,
    ...(details.length > 0 ? [''] : []),
    ...details,
  ];
}

/** Makes the command that explains `commands` and itself. */
export function help(commands: readonly Command[]): ShellCommand {
  const own: ShellCommand = {
    name: 'help',
    usage: '[command]',
    summary: 'list the commands, or tell about one',
    takesPath: false,
    words: commands.map(({ name }) => name),
    async control({ console }, [name]) {
      const known = [...commands, own].sort((one, other) =>
        one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1,
      );
      if (name === undefined) {
        const width = Math.max(...known.map((each) => each.name.length)) + 2;
        console.lines(known.map((each) => each.name.padEnd(width) + each.summary));
        console.line('');
        console.line('help <command> tells more. With --json each prints its result as JSON.');
        return;
      }
      const command = known.find((each) => each.name === name);
      if (command === undefined) {
        const meant = nearest(
          name,
          known.map((each) => each.name),
        );
        const hint = meant === null ? '' : `. Did you mean ${meant}?`;
        throw new CliError(`There is no command ${name}${hint}`, NOT_FOUND_EXIT_CODE);
      }
      console.lines(helpOf(command));
    },
  };
  return own;
}
