/*
 * The log goes on in a new file while requests keep coming: no request may be left without an answer because the roll fell
 * between it and the one before it in the same turn.
 */
import { expect, it } from 'vitest';
import { openSession } from '../harness/raw-client.ts';
import * as requests from '../harness/requests.ts';
import { Op } from '../harness/requests.ts';
import { withServer } from '../harness/server.ts';
import { filesOf } from '../harness/transaction-log.ts';

it('answers every request of a burst that the roll of the log parts', () =>
  withServer('ours', { snapCount: 4, preAllocSize: 64 }, async (server) => {
    const { connection } = await openSession(server.port);
    const count = 100;
    for (let n = 1; n <= count; n++) connection.send(n, Op.create, requests.create(`/n${n}`));
    for (let n = 1; n <= count; n++) {
      expect(await connection.reply()).toMatchObject({ xid: n, err: 0 });
    }
    expect((await filesOf(server.versionFolder, 'log')).length).toBeGreaterThan(10);
  }));
