/*
 * Links to clients: what is written arrives whole and in order however slowly it is read, and never where it does not belong.
 */
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import type { Connection } from '../../../src/server/client/connection.ts';
import type { Link } from '../../../src/server/client/link.ts';
import { ClientListener } from '../../../src/server/host/client-listener.ts';
import { deferred } from './peers.ts';

const closers: (() => unknown)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A listener that has accepted one client: both ends, and when the link had sent everything. */
async function accepted(): Promise<{ link: Link; client: net.Socket; drained: Promise<void> }> {
  const link = deferred<Link>();
  const drained = deferred<void>();
  const listener = new ClientListener(
    {
      accept: (made) => {
        link.resolve(made);
        return {} as Connection;
      },
      receive: () => undefined,
      drained: () => drained.resolve(),
      disconnected: () => undefined,
      listenerFailed: () => undefined,
    },
    { port: 0, address: '127.0.0.1', backlog: -1, tcpKeepAlive: false, lingerMs: 1000 },
  );
  closers.push(() => listener.close());
  const port = await listener.listen();
  const client = net.connect(port, '127.0.0.1');
  closers.push(() => client.destroy());
  return { link: await link.promise, client, drained: drained.promise };
}

/** Numbers one after the other, four bytes each. */
function numbers(from: number, count: number): Buffer {
  const bytes = Buffer.alloc(count * 4);
  for (let index = 0; index < count; index++) bytes.writeInt32BE(from + index, index * 4);
  return bytes;
}

it('sends everything in order to a client that begins to read when much is waiting', async () => {
  const { link, client, drained } = await accepted();
  const sizes = [1, 10, 3_000_000, 5, 20_000, 1, 100_000, 7];
  let sent = 0;
  for (const count of sizes) {
    link.write(numbers(sent, count), count * 4);
    sent += count;
  }
  expect(link.unsentSize).toBeGreaterThan(0);
  const chunks: Buffer[] = [];
  client.on('data', (chunk: Buffer) => chunks.push(chunk));
  await drained;
  expect(link.unsentSize).toBe(0);
  link.write(numbers(sent, 2), 8);
  link.end();
  await new Promise((resolve) => client.once('end', resolve));
  expect(Buffer.concat(chunks).equals(numbers(0, sent + 2))).toBe(true);
});

it('sends no more of a buffer than it is told to', async () => {
  const { link, client } = await accepted();
  expect(link.write(Buffer.from('answer and what was there before'), 6)).toBe(true);
  link.end();
  const [text] = await client.toArray();
  expect(String(text)).toBe('answer');
});

it('writes nothing to the descriptor of a link that is gone, which may be that of a file by now', async () => {
  const { link } = await accepted();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'zk-link-'));
  closers.push(() => fs.rmSync(directory, { recursive: true }));
  link.destroy();
  const files = Array.from({ length: 20 }, (_, index) => fs.openSync(`${directory}/${index}`, 'w'));
  link.write(Buffer.from('an answer'), 9);
  const sizes = files.map((file) => fs.fstatSync(file).size);
  for (const file of files) fs.closeSync(file);
  expect(sizes.every((size) => size === 0)).toBe(true);
});
