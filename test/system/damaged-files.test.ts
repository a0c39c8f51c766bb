/*
 * Damaged files: a torn tail of the last log is cut off at its last whole record; damage with whole records behind it is
 * refused with file and offset; a damaged snapshot is passed over for an older one; and a log without its snapshot is not
 * taken for the whole truth.
 */
import { open, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { makeServer, TestServer } from '../harness/server.ts';
import { filesOf, type LoggedTransaction, readTransactions } from '../harness/transaction-log.ts';
import { until } from '../harness/until.ts';

const config = { preAllocSize: 64, snapCount: 100_000 };
const count = 20;
let server: TestServer;

/** A stopped server whose only log holds a createSession and `count` creates, /n1 to /n20. */
beforeEach(async () => {
  server = await makeServer('ours', config);
  await server.start();
  await createSome(1, count);
  await server.kill9();
});

afterEach(() => server.dispose());

async function createSome(from: number, to: number): Promise<void> {
  const session = await openSession(server.port);
  for (let n = from; n <= to; n++) {
    const { err } = await session.request(
      Op.create,
      requests.create(`/n${n}`, Buffer.from(`${n}`)),
    );
    expect(err).toBe(0);
  }
}

/** Which of /n1, /n2 … exist. */
async function present(from: TestServer = server): Promise<number[]> {
  const session = await openSession(from.port);
  const found: number[] = [];
  for (let n = 1; n <= count + 5; n++) {
    const { err } = await session.request(Op.exists, requests.pathAndWatch(`/n${n}`));
    if (err === 0) found.push(n);
  }
  await session.close();
  return found;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

const inFolder = (name: string): string => join(server.versionFolder, name);

/** The log's last records. */
async function lastRecord(back = 1): Promise<LoggedTransaction> {
  const record = (await readTransactions(server.versionFolder)).at(-back);
  if (record === undefined) throw new Error('no such record');
  return record;
}

async function overwrite(file: string, offset: number, bytes: Uint8Array): Promise<void> {
  const handle = await open(inFolder(file), 'r+');
  await handle.write(bytes, 0, bytes.length, offset);
  await handle.close();
}

describe('the tail of the last log', () => {
  it('is cut off at the last whole record when the file ends in the middle of one', async () => {
    const { file, offset } = await lastRecord();
    await truncate(inFolder(file), offset + 20);
    await server.start();
    expect(await present()).toEqual(upTo(count - 1));
  });

  it('is cut off when the last record was only half written', async () => {
    const { file, offset } = await lastRecord();
    await overwrite(file, offset + 30, Buffer.alloc(400));
    await server.start();
    expect(await present()).toEqual(upTo(count - 1));
  });

  it('is cut off when the last record has no end mark', async () => {
    const { file, offset } = await lastRecord();
    const length = (await readFile(inFolder(file))).readInt32BE(offset + 8);
    await overwrite(file, offset + 12 + length, Buffer.from([0]));
    await server.start();
    expect(await present()).toEqual(upTo(count - 1));
  });

  it('does not come back: what is written after the cut is there after the next start', async () => {
    const { file, offset } = await lastRecord();
    await truncate(inFolder(file), offset + 20);
    await server.start();
    await createSome(count, count + 3);
    await server.kill9();
    await server.start();
    expect(await present()).toEqual(upTo(count + 3));
  });

  it('may be an empty file', async () => {
    await writeFile(inFolder('log.ff'), '');
    await server.start();
    expect(await present()).toEqual(upTo(count));
  });
});

describe('damage with whole records behind it', () => {
  it.each([
    ['in the body of a record', 40, Buffer.from('damage')],
    ['in a checksum', 4, Buffer.from([1, 2, 3, 4])],
  ])('%s is refused with file and offset', async (_, within, bytes) => {
    const { file, offset } = await lastRecord(10);
    await overwrite(file, offset + within, bytes);
    await server.launch();
    expect((await server.exited()).code).toBeGreaterThan(0);
    expect(server.log).toContain(file);
    expect(server.log).toContain(String(offset));
  });

  it('is refused in an older log, even at its tail', async () => {
    await server.start();
    await createSome(count + 1, count + 3);
    await server.kill9();
    const [older = '', newer] = await filesOf(server.versionFolder, 'log');
    expect(newer).toBeDefined();
    const last = (await readTransactions(server.versionFolder)).findLast(
      ({ file }) => file === older,
    );
    await rm(inFolder((await filesOf(server.versionFolder, 'snapshot')).at(-1) ?? ''));
    await truncate(inFolder(older), (last?.offset ?? 0) + 20);
    await server.launch();
    expect((await server.exited()).code).toBeGreaterThan(0);
    expect(server.log).toContain(older);
  });
});

describe('a snapshot', () => {
  it('that is damaged is passed over for an older one', async () => {
    const often = new TestServer('ours', server.port, server.folder, { ...config, snapCount: 4 });
    await often.start();
    await createSome(count + 1, count + 5);
    const snapshots = (): Promise<string[]> => filesOf(server.versionFolder, 'snapshot');
    await until('a second snapshot', async () => (await snapshots()).length > 1);
    await often.kill9();
    const last = (await snapshots()).at(-1) ?? '';
    const bytes = await readFile(inFolder(last));
    await writeFile(inFolder(last), bytes.subarray(0, bytes.length - 40));
    await server.start();
    expect(await present()).toEqual(upTo(count + 5));
    expect(server.log).toContain(last);
  });

  it('must not be missing while there are logs, unless snapshot.trust.empty is set', async () => {
    for (const name of await filesOf(server.versionFolder, 'snapshot')) await rm(inFolder(name));
    await server.launch();
    expect((await server.exited()).code).toBeGreaterThan(0);
    expect(server.log).toMatch(/snapshot/i);

    const trusting = new TestServer('ours', server.port, server.folder, {
      ...config,
      'snapshot.trust.empty': 'true',
    });
    await trusting.start();
    expect(await present(trusting)).toEqual(upTo(count));
    await trusting.kill9();
  });
});
