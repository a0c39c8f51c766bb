/*
 * Three servers of this project as processes, and everything that happens to such: kill -9, SIGSTOP, links that are cut, and
 * links that lose one direction. Clients write, read after syncs, watch and hold ephemerals all the time; nothing that was
 * acknowledged is lost, nothing stale is read after a sync, no session ends, and no ephemeral outlives its session.
 *
 * ZK_ENSEMBLE_SEED and ZK_ENSEMBLE_ROUNDS choose what happens in the last story, and for how long.
 */
import { expect, it } from 'vitest';
import { Random } from '../../harness/random.ts';
import {
  type Ensemble,
  membersOf,
  quickToNotice,
  withEnsemble,
} from '../../interop/ensemble/harness/ensemble.ts';
import {
  expectEqualTrees,
  expectMatchingDigests,
  expectNoEphemerals,
} from '../../interop/ensemble/harness/trees.ts';
import { underWorkload, Workload } from '../../interop/ensemble/harness/workload.ts';

const members = membersOf('ours', 'ours', 'ours');
const plan = { members, config: quickToNotice };

/** A fault: what is done, given the leader and the others, and what undoes it. */
interface Fault {
  readonly name: string;
  /** Whether the leader that was there can go on. */
  readonly keepsLeader: boolean;
  readonly begin: (ensemble: Ensemble, leader: number, others: readonly number[]) => Promise<void>;
  readonly end: (ensemble: Ensemble, leader: number, others: readonly number[]) => Promise<void>;
}

const first = (ids: readonly number[]): number => {
  const [id] = ids;
  if (id === undefined) throw new RangeError('there is nobody else');
  return id;
};

const heal: Fault['end'] = async (ensemble, leader, others) => {
  for (const other of others) ensemble.links.heal(leader, other);
};

const faults: readonly Fault[] = [
  {
    name: 'the leader is killed',
    keepsLeader: false,
    begin: (ensemble, leader) => ensemble.kill(leader),
    end: (ensemble, leader) => ensemble.launch(leader),
  },
  {
    name: 'a follower is killed',
    keepsLeader: true,
    begin: (ensemble, _, others) => ensemble.kill(first(others)),
    end: (ensemble, _, others) => ensemble.launch(first(others)),
  },
  {
    name: 'the leader freezes',
    keepsLeader: false,
    begin: async (ensemble, leader) => ensemble.member(leader).pause(),
    end: async (ensemble, leader) => ensemble.member(leader).resume(),
  },
  {
    name: 'a follower freezes',
    keepsLeader: true,
    begin: async (ensemble, _, others) => ensemble.member(first(others)).pause(),
    end: async (ensemble, _, others) => ensemble.member(first(others)).resume(),
  },
  {
    name: 'the leader is cut off',
    keepsLeader: false,
    begin: async (ensemble, leader, others) => {
      for (const other of others) ensemble.links.cut(leader, other);
    },
    end: heal,
  },
  {
    name: 'one follower cannot reach the leader, but the other one',
    keepsLeader: true,
    begin: async (ensemble, leader, others) => ensemble.links.cut(leader, first(others)),
    end: heal,
  },
  {
    name: 'nothing that the leader says arrives',
    keepsLeader: false,
    begin: async (ensemble, leader, others) => {
      for (const other of others) ensemble.links.blackhole(leader, other);
    },
    end: heal,
  },
  {
    name: 'the leader hears nothing',
    keepsLeader: false,
    begin: async (ensemble, leader, others) => {
      for (const other of others) ensemble.links.blackhole(other, leader);
    },
    end: heal,
  },
];

/** What must hold after every story, with all clients gone. */
async function expectAllEqual(ensemble: Ensemble): Promise<void> {
  await expectNoEphemerals(ensemble);
  expect((await expectEqualTrees(ensemble)).length).toBeGreaterThan(10);
  await expectMatchingDigests(ensemble);
}

const named = faults.map((fault) => [fault.name, fault] as const);

it.each(named)('nothing is lost when %s', async (_name, { keepsLeader, begin, end }) => {
  // A leader that is to stay must not be taken for one that is gone when the machine stands still.
  await withEnsemble(keepsLeader ? { members } : plan, async (ensemble) => {
    await ensemble.startLedBy(3);
    await underWorkload(ensemble, {}, async (workload) => {
      for (let turn = 0; turn < 2; turn++) {
        const leader = await ensemble.leader();
        const others = ensemble.ids.filter((id) => id !== leader);
        await begin(ensemble, leader, others);
        if (keepsLeader) await ensemble.settled([leader, ...others.slice(1)]);
        else await ensemble.settled(others);
        await workload.progress();
        if (keepsLeader) expect(await ensemble.leader()).toBe(leader);
        await end(ensemble, leader, others);
        await ensemble.settled();
        await workload.progress();
      }
    });
    await expectAllEqual(ensemble);
  });
});

it('nothing is lost when all are killed at once', async () => {
  await withEnsemble(plan, async (ensemble) => {
    await ensemble.startLedBy(3);
    await underWorkload(ensemble, {}, async (workload) => {
      for (let turn = 0; turn < 3; turn++) {
        await Promise.all(ensemble.ids.map((id) => ensemble.kill(id)));
        await ensemble.start(...ensemble.ids);
        await workload.progress();
      }
    });
    await expectAllEqual(ensemble);
  });
});

it('sessions that nobody comes back to expire though the leader changes, with their ephemerals', async () => {
  await withEnsemble(plan, async (ensemble) => {
    await ensemble.startLedBy(3);
    const workload = await Workload.start(ensemble, { timeoutMs: 5_000 });
    await workload.progress();
    workload.abandon();
    await ensemble.kill(3);
    await ensemble.settled();
    await expectNoEphemerals(ensemble);
    await ensemble.start(3);
    await expectAllEqual(ensemble);
  });
});

const seed = Number(process.env['ZK_ENSEMBLE_SEED'] ?? 1);
const rounds = Number(process.env['ZK_ENSEMBLE_ROUNDS'] ?? 6);

it(`nothing is lost in ${rounds} rounds of anything, of seed ${seed}`, {
  timeout: 600_000 + rounds * 20_000,
}, async () => {
  const random = new Random(seed);
  await withEnsemble(plan, async (ensemble) => {
    await ensemble.startLedBy(3);
    await underWorkload(ensemble, {}, async (workload) => {
      for (let round = 0; round < rounds; round++) {
        const { name, begin, end } = random.pick(faults);
        const leader = await ensemble.leader();
        const others = ensemble.ids.filter((id) => id !== leader);
        await begin(ensemble, leader, others);
        // Some faults end before anybody has noticed them, and some after writes went on.
        if (random.chance(0.5)) await workload.progress(random.below(100));
        await end(ensemble, leader, others);
        await ensemble.settled().catch((error: unknown) => {
          throw new Error(`round ${round}, after ${name}: ${String(error)}`);
        });
        await workload.progress(50);
      }
    });
    await expectAllEqual(ensemble);
  });
});
