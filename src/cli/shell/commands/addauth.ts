/*
 * `addauth`: credentials for this session (Java: AddAuthCommand).
 */
import type { ServerCommand } from '../command.ts';

/** Adds credentials. */
export const addauth: ServerCommand = {
  name: 'addauth',
  usage: 'scheme auth',
  summary: 'add credentials: addauth digest user:password',
  least: 1,
  takesPath: false,
  words: ['digest'],
  async run({ zk, signal }, line) {
    const [scheme = '', auth = ''] = line.operands;
    await zk.addAuth(scheme, auth, { signal });
  },
};
