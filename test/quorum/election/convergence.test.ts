/*
 * Whatever happens to servers and their network: once it is over, they agree on one leader. Who follows or leads in vain looks
 * again after a second, as a peer does.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulation } from './simulation.ts';

const PATIENCE = 1000;

interface Trouble {
  readonly kind: 'start' | 'kill' | 'off' | 'cut' | 'heal' | 'look again';
  readonly one: number;
  readonly other: number;
  readonly afterMs: number;
}

/** Runs a second of time, then lets those that wait for somebody in vain look again. */
function runPatiently(simulation: Simulation, ms: number, zxids: readonly number[]): void {
  for (let at = 0; at < ms; at += PATIENCE) {
    const before = new Map(simulation.roles);
    simulation.run(PATIENCE);
    for (const [host, role] of simulation.roles) {
      const leader = /^following (\d+)$/.exec(role)?.[1];
      const followers = [...simulation.roles.values()].filter(
        (other) => other === `following ${host.slice(1)}`,
      ).length;
      const isInVain =
        leader !== undefined
          ? simulation.roles.get(`s${leader}`) !== 'leading'
          : role === 'leading' && followers + 1 <= zxids.length / 2;
      if (isInVain && before.get(host) === role) start(simulation, Number(host.slice(1)), zxids);
    }
  }
}

function start(simulation: Simulation, id: number, zxids: readonly number[]): void {
  const zxid = zxids[id - 1] ?? 0;
  simulation.start(`s${id}`, { id, zxid: BigInt(zxid), epoch: zxid % 2 });
}

function cause(simulation: Simulation, trouble: Trouble, zxids: readonly number[]): void {
  const { kind, one, other, afterMs } = trouble;
  if (kind === 'start' && !simulation.roles.has(`s${one}`)) start(simulation, one, zxids);
  if (kind === 'look again' && simulation.roles.has(`s${one}`)) start(simulation, one, zxids);
  if (kind === 'kill') simulation.kill(`s${one}`);
  if (kind === 'off') simulation.powerOff(`s${one}`);
  if (kind === 'cut' && one !== other) simulation.network.cut(`s${one}`, `s${other}`);
  if (kind === 'heal') simulation.network.heal(`s${one}`, `s${other}`);
  simulation.run(afterMs);
}

function troubles(count: number): fc.Arbitrary<Trouble[]> {
  const id = fc.integer({ min: 1, max: count });
  const kind = fc.constantFrom<Trouble['kind'][]>('start', 'start', 'kill', 'off', 'cut', 'heal', 'look again'); // biome-ignore format: a table
  const afterMs = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3000 }));
  return fc.array(fc.record({ kind, one: id, other: id, afterMs }), { maxLength: 25 });
}

const stories = fc
  .constantFrom(3, 4, 5)
  .chain((count) =>
    fc.tuple(
      troubles(count),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: count, maxLength: count }),
    ),
  );

describe('servers', () => {
  it('agree on one leader once the trouble is over', () => {
    fc.assert(
      fc.property(stories, ([all, zxids]) => {
        const simulation = new Simulation();
        const ids = zxids.map((_, index) => index + 1);
        simulation.configure(ids, [], [], new Map());
        for (const trouble of all) cause(simulation, trouble, zxids);
        for (const one of ids)
          for (const other of ids) simulation.network.heal(`s${one}`, `s${other}`);
        for (const id of ids) if (!simulation.roles.has(`s${id}`)) start(simulation, id, zxids);
        runPatiently(simulation, 20_000, zxids);
        const roles = [...simulation.roles.values()];
        expect(roles.filter((role) => role === 'leading')).toHaveLength(1);
        expect(new Set(roles).size, simulation.status).toBe(2);
        expect(roles).not.toContain('looking');
      }),
      { numRuns: 300 },
    );
  });
});
