/*
 * `redo`: an earlier command again, by its number (Java: ZooKeeperMain).
 */
import { CliError } from '../cli-error.ts';
import { type ShellCommand, usageOf } from '../command.ts';

/** Does an earlier command again. */
export const redo: ShellCommand = {
  name: 'redo',
  usage: 'cmdno',
  summary: 'do an earlier command again: redo 3, see history',
  takesPath: false,
  async control(shell, [index]) {
    // Java does nothing at all without a number, and ends with a stack trace for what is none.
    if (index === undefined) return;
    if (!/^[0-9]{1,9}$/.test(index)) throw new CliError(usageOf(redo));
    await shell.redo(Number(index));
  },
};
