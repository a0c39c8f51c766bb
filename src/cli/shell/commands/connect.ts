/*
 * `connect`: another session, with the same servers or others (Java: ZooKeeperMain.connectToZK).
 */
import type { ShellCommand } from '../command.ts';

/** Connects. */
export const connect: ShellCommand = {
  name: 'connect',
  usage: 'host:port',
  summary: 'begin another session, with other servers if you name them',
  takesPath: false,
  async control(shell, [servers]) {
    await shell.connect(servers ?? null);
  },
};
