/*
 * The differential test: the same random requests to this server and to Apache ZooKeeper 3.8.0, every reply, error and
 * watch event compared. By default it takes about a minute; for a long run set
 *   ZK_DIFFERENTIAL_SEEDS=5,6,7  which seeds (default 1,2,3,4)
 *   ZK_DIFFERENTIAL_STEPS=20000  how many steps each (default 4000)
 *   ZK_DIFFERENTIAL_SUBJECT=java compares Java with itself, which shows that the test is quiet
 */
import { expect, it } from 'vitest';
import { type ServerKind, withServer } from '../harness/server.ts';
import { superDigest } from './differential/arguments.ts';
import { compareServers } from './differential/run.ts';

const seeds = (process.env['ZK_DIFFERENTIAL_SEEDS'] ?? '1,2,3,4').split(',').map(Number);
const steps = Number(process.env['ZK_DIFFERENTIAL_STEPS'] ?? 4_000);
const subjectKind: ServerKind = process.env['ZK_DIFFERENTIAL_SUBJECT'] === 'java' ? 'java' : 'ours';

/** Nothing is deleted by itself, and quotas are enforced. */
const config = {
  enforceQuota: 'true',
  'DigestAuthenticationProvider.superDigest': superDigest,
  'znode.container.checkIntervalMs': 3_600_000,
};

/** For half of the seeds: the logs roll, and there are snapshots to restart from. */
const withSnapshots = { ...config, snapCount: 500, preAllocSize: 64 };

for (const seed of seeds) {
  // What a quota has counted after a restart depends on where the last snapshot was cut, and that on chance, in Java too.
  const quotas = seed % 4 < 2;
  const settings = quotas ? config : withSnapshots;
  it(`answers ${steps} random steps of seed ${seed} as Apache ZooKeeper does`, {
    timeout: 600_000 + steps * 60,
  }, async () => {
    const summary = await withServer('java', settings, (reference) =>
      withServer(subjectKind, settings, (subject) =>
        compareServers(reference, subject, { seed, steps, quotas }),
      ),
    );
    console.log(
      `seed ${seed}: ${summary.requests} requests and ${summary.events} events were equal`,
      Object.fromEntries(summary.accepted),
    );
    expect(summary.requests).toBeGreaterThan(steps / 2);
    expect(summary.events).toBeGreaterThan(0);
  });
}
