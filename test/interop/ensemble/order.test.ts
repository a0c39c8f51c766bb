/*
 * A Java follower has one queue for everything that it has asked its leader for, writes and syncs, of all its clients
 * (CommitProcessor.queuedWriteRequests): an answer that does not belong to the first is taken for somebody else's, and from
 * then on no client of it is answered any more. So a leader answers each follower in the order of its questions.
 */
import { expect, it } from 'vitest';
import { within } from '../../harness/until.ts';
import { membersOf, withEnsemble } from './harness/ensemble.ts';
import { SessionClient } from './harness/session-client.ts';

const writers = 6;
const syncers = 3;
const turns = 300;

it('answers writes and syncs of a Java follower in the order of its questions', async () => {
  await withEnsemble({ members: membersOf('java', 'ours') }, async (ensemble) => {
    await ensemble.startLedBy(2);
    const clients: SessionClient[] = [];
    for (let index = 0; index < writers + syncers; index++) {
      clients.push(await SessionClient.open([ensemble.port(1)]));
    }
    const work = clients.map(async (client, index) => {
      const path = `/of-${index}`;
      if (index < writers) await client.create(path);
      for (let turn = 0; turn < turns; turn++) {
        if (index < writers) await client.setData(path, String(turn));
        else await client.sync();
      }
    });
    await within('all answers', Promise.all(work), 120_000);
    expect(clients.map(({ connections }) => connections)).toEqual(clients.map(() => 1));
    for (const client of clients) await client.close();
  });
});
