/*
 * `history`: the last commands of this session, with the numbers that redo takes (Java: ZooKeeperMain).
 */
import type { ShellCommand } from '../command.ts';

const SHOWN = 10;

/** Shows earlier commands. */
export const history: ShellCommand = {
  name: 'history',
  usage: '',
  summary: 'show the last commands and their numbers',
  takesPath: false,
  async control({ console, history: commands }) {
    // The last is this one.
    for (const [index, line] of [...commands].slice(-SHOWN - 1)) {
      if (console.isJson) console.json({ index, command: line });
      else console.line(`${index} - ${line}`);
    }
  },
};
