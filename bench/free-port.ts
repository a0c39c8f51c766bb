/*
 * freePort: ports of 127.0.0.1 for servers that are about to be started, those of the benchmark and those of tests.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Ports that were given: the system may give one again before its server listens. */
const givenPorts = new Set<number>();

/** A TCP port of 127.0.0.1 that nobody listens on, and that nobody else in this process was given. */
export async function freePort(): Promise<number> {
  const port = await portOfSystem();
  if (givenPorts.has(port)) return freePort();
  givenPorts.add(port);
  return port;
}

async function portOfSystem(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}
