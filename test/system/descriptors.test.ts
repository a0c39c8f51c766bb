/*
 * More clients than the system has descriptors for: some are turned away, and the files of the server go on.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { makeServer } from '../harness/server.ts';
import { filesOf } from '../harness/transaction-log.ts';
import { until } from '../harness/until.ts';

const OPEN_FILE_LIMIT = 80;
const CLIENT_COUNT = 150;

/** Connects and says nothing. */
async function crowd(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .resume(),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return sockets;
}

it('turns clients away before descriptors run out, and goes on in the next log', async () => {
  const server = await makeServer('ours', { snapCount: 4, preAllocSize: 64 });
  server.openFileLimit = OPEN_FILE_LIMIT;
  try {
    await server.start();
    const { connection } = await openSession(server.port);
    const sockets = await crowd(server.port, CLIENT_COUNT);
    const isOpen = (socket: Socket) => socket.readyState === 'open';
    await until('some clients to be turned away', () => !sockets.every(isOpen));
    for (let xid = 1; xid <= 100; xid++) {
      connection.send(xid, Op.create, requests.create(`/n${xid}`));
      expect(await connection.reply()).toMatchObject({ xid, err: 0 });
    }
    expect((await filesOf(server.versionFolder, 'log')).length).toBeGreaterThan(10);
    expect(sockets.filter(isOpen).length).toBeGreaterThan(20);
    expect(server.log.match(/could not be accepted: too many open files/g)).toHaveLength(1);
    expect(server.log).not.toMatch(/EMFILE/);

    for (const socket of sockets) socket.destroy();
    await until('room for others', async () =>
      openSession(server.port).then(
        () => true,
        () => false,
      ),
    );
  } finally {
    await server.dispose();
  }
});

it('keeps no descriptor of a client that is gone before it is accepted', async () => {
  const server = await makeServer('ours', {});
  server.openFileLimit = OPEN_FILE_LIMIT;
  try {
    await server.start();
    process.kill(server.pid, 'SIGSTOP');
    const sockets = await crowd(server.port, CLIENT_COUNT);
    for (const socket of sockets) socket.resetAndDestroy();
    process.kill(server.pid, 'SIGCONT');
    const { connection } = await openSession(server.port);
    connection.send(1, Op.create, requests.create('/n'));
    expect(await connection.reply()).toMatchObject({ xid: 1, err: 0 });
  } finally {
    await server.dispose();
  }
});
