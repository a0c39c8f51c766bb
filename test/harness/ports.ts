/*
 * Ports for the servers of tests, which are stopped and started again: below those that the system gives to outgoing connections,
 * one of which could otherwise sit on a server's port when it comes back.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const lowest = 11_000;
const highest = 31_000;

/** Servers listen on 127.0.0.1 alone; who listens here has the port of the same number there, also while its server is down. */
const addressOfClaims = '127.0.0.2';

/** Listens on a port, or gives null where somebody else does. */
async function listening(port: number, address: string): Promise<Server | null> {
  const server = createServer().listen(port, address);
  try {
    await once(server, 'listening');
  } catch {
    return null;
  }
  return server;
}

/**
 * A port of 127.0.0.1 that nobody listens on, and that no other test is given, in this process or in another one, as long as this
 * process lives.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    const claim = await listening(port, addressOfClaims);
    if (claim === null) continue;
    claim.unref();
    const probe = await listening(port, '127.0.0.1');
    if (probe === null) continue;
    probe.close();
    await once(probe, 'close');
    return port;
  }
}
