/*
 * DataLock: keeps a second server off the files of one that runs, whatever port it has. Recovery repairs the end of a log, which
 * would be somebody else's that is being written.
 *
 * The lock is a name in Linux's abstract socket namespace, made of device and inode of the directory: it takes no file that could
 * be left over, and the system frees it when the process ends, however it ends. Where there are no such names (macOS), and
 * between containers with networks of their own, there is no lock.
 */

import { statSync } from 'node:fs';
import { createServer } from 'node:net';

/** Takes the lock of a directory for as long as the process lives. Rejects with an Error if another process has it. */
export function lockDirectory(directory: string): Promise<void> {
  if (process.platform !== 'linux') return Promise.resolve();
  const { dev, ino } = statSync(directory);
  return new Promise((resolve, reject) => {
    const lock = createServer((connection) => connection.destroy());
    lock.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      reject(isTaken ? new Error(`another server works on ${directory}`) : error);
    });
    lock.listen({ path: `\0zk-server/${dev}/${ino}` }, () => {
      lock.unref();
      resolve();
    });
  });
}
