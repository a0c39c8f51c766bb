/*
 * Ports for the servers of tests, which are stopped and started again: below those that the system gives to outgoing connections,
 * one of which could otherwise sit on a server's port when it comes back.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

const lowest = 11_000;
const highest = 31_000;
const given = new Set<number>();

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1');
  try {
    await once(probe, 'listening');
  } catch {
    return false;
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

/** A port of 127.0.0.1 that nobody listens on, that this process was not given before, and that stays free while its server is down. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}
