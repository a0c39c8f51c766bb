/*
 * `close`: the session ends, and the shell goes on without one (Java: CloseCommand).
 */
import type { ServerCommand } from '../command.ts';

/** Ends the session. */
export const close: ServerCommand = {
  name: 'close',
  usage: '',
  summary: 'end the session',
  isLocal: true,
  takesPath: false,
  async run({ zk }) {
    await zk.close();
  },
};
