/*
 * `sync`: waits until the server has what the leader had (Java: SyncCommand).
 */
import type { ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** Brings the server up to date. */
export const sync: ServerCommand = {
  name: 'sync',
  usage: 'path',
  summary: 'wait until the server is up to date',
  least: 1,
  async run({ zk, console, signal }, line) {
    const [path = ''] = line.operands;
    checkPath(path);
    await zk.sync(path, { signal });
    if (console.isJson) console.json({ path, synced: true });
    else console.line('Sync is OK');
  },
};
