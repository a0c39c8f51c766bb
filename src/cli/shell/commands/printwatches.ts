/*
 * `printwatches`: whether events are printed (Java: ZooKeeperMain).
 */
import type { ShellCommand } from '../command.ts';

/** Switches the printing of events. */
export const printwatches: ShellCommand = {
  name: 'printwatches',
  usage: 'on|off',
  summary: 'print events of watches and of the session, or not',
  takesPath: false,
  words: ['on', 'off'],
  async control(shell, [choice]) {
    if (choice !== undefined) shell.isPrintingWatches = choice === 'on';
    else if (shell.console.isJson) shell.console.json({ printwatches: shell.isPrintingWatches });
    else shell.console.line(`printwatches is ${shell.isPrintingWatches ? 'on' : 'off'}`);
  },
};
