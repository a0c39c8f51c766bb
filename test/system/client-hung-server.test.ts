/*
 * A program with the client library ends when it has closed its client, whatever its server does.
 */
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { run } from '../harness/command.ts';
import { framed, WireWriter } from '../harness/wire.ts';

const program = fileURLToPath(new URL('../client/programs/hung_server.mjs', import.meta.url));

const sockets: Socket[] = [];
/** Takes sessions, and reads nothing behind the handshake. */
const server = createServer((socket) => {
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.once('data', () => {
    const password = Buffer.alloc(16);
    const response = new WireWriter().int(0).int(10_000).long(77n).buffer(password).bytes();
    socket.write(framed(response));
    socket.pause();
  });
});

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

it('a client that is closed leaves nothing behind, also where its server does not read', async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { stdout } = await run(process.execPath, [program, `127.0.0.1:${port}`]);
  expect(stdout).toBe('closed\n');
});
