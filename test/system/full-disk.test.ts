/*
 * A full disk: nothing more is acknowledged, the server says so loudly and ends with an exit code that is not 0, and what
 * was acknowledged is there after a start with room again.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { needProgram, runWell } from '../harness/command.ts';
import { openSession, type RawSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { makeServer, type TestServer } from '../harness/server.ts';

const isRoot = process.getuid?.() === 0;

/** Runs a story in a folder that holds `megabytes` and no more, and gives it a way to make the folder larger. */
async function onSmallDisk(
  megabytes: number,
  story: (folder: string, grow: (megabytes: number) => Promise<void>) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'zk-small-disk-'));
  const mount = needProgram('mount', 'mount');
  await runWell(mount, ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  try {
    await story(folder, async (more) => {
      await runWell(mount, ['-o', `remount,size=${more}m`, folder]);
    });
  } finally {
    await runWell(needProgram('umount', 'mount'), [folder]);
    await rm(folder, { recursive: true });
  }
}

/** Creates znodes of 50 KB until the server closes the connection; returns the paths that were acknowledged. */
async function fill(session: RawSession, data: Buffer): Promise<string[]> {
  const { connection } = session;
  const acknowledged: string[] = [];
  for (let xid = 1; ; xid++) {
    connection.send(xid, Op.create, requests.create(`/big-${xid}`, data));
    const reply = await connection.reply();
    if (reply === null) return acknowledged;
    expect(reply.err).toBe(0);
    acknowledged.push(`/big-${xid}`);
  }
}

async function expectAll(
  server: TestServer,
  paths: readonly string[],
  size: number,
): Promise<void> {
  const session = await openSession(server.port);
  for (const path of paths) {
    const { err, body } = await session.request(Op.getData, requests.pathAndWatch(path));
    expect([path, err, body.readInt32BE(0)]).toEqual([path, 0, size]);
  }
  await session.close();
}

it.runIf(isRoot)(
  'stops loudly on a full disk and loses nothing (needs root, to mount a small tmpfs)',
  () =>
    onSmallDisk(12, async (folder, grow) => {
      const server = await makeServer('ours', {
        dataDir: folder,
        preAllocSize: 256,
        snapCount: 100_000,
      });
      try {
        await server.start();
        const acknowledged = await fill(await openSession(server.port), Buffer.alloc(50_000, 'x'));
        expect(acknowledged.length).toBeGreaterThan(100);
        const { code } = await server.exited();
        expect(code).toBeGreaterThan(0);
        expect(server.log).toMatch(/ENOSPC|no space/i);

        await grow(64);
        await server.start();
        await expectAll(server, acknowledged, 50_000);
      } finally {
        await server.dispose();
      }
    }),
);

it.runIf(isRoot)(
  'does not serve from a disk that is full from the start (needs root, to mount a small tmpfs)',
  () =>
    onSmallDisk(1, async (folder, grow) => {
      const server = await makeServer('ours', { dataDir: folder, preAllocSize: 64 });
      try {
        await runWell('/bin/sh', [
          '-c',
          `head -c 2000000 /dev/zero > ${folder}/filler 2>&1 || true`,
        ]);
        await server.launch();
        const session = await openSession(server.port).catch(() => null);
        expect(session).toBeNull();
        expect((await server.exited()).code).toBeGreaterThan(0);
        expect(server.log).toMatch(/ENOSPC|no space/i);

        await grow(16);
        await server.start();
        expect((await openSession(server.port)).handshake.sessionId).not.toBe(0n);
      } finally {
        await server.dispose();
      }
    }),
);
