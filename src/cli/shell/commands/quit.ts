/*
 * `quit`, and `exit` (since 3.10): the shell ends (Java: ZooKeeperMain).
 */
import type { ShellCommand } from '../command.ts';

/** Ends the shell, with the exit code of the command before. */
export const quit: ShellCommand = {
  name: 'quit',
  usage: '',
  summary: 'end the session and leave',
  takesPath: false,
  async control(shell) {
    await shell.quit();
  },
};

/** The same. */
export const exit: ShellCommand = { ...quit, name: 'exit', summary: 'the same as quit' };
