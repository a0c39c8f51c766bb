/*
 * npm run simulate: runs worlds and tells what became of them.
 *
 *   npm run simulate                          random seeds for a minute (--seconds N for another time)
 *   npm run simulate -- --seed 17             one seed, with its whole trace
 *   npm run simulate -- --seeds 1..100        many seeds
 */
import { performance } from 'node:perf_hooks';
import { drawOptions } from './options.ts';
import { HONEST } from './sabotage.ts';
import type { Outcome } from './world.ts';
import { World } from './world.ts';

interface Arguments {
  readonly seeds: Iterable<number>;
  readonly isTraced: boolean;
}

function* range(first: number, last: number): Iterable<number> {
  for (let seed = first; seed <= last; seed++) yield seed;
}

function* randomFor(seconds: number): Iterable<number> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) yield Math.floor(Math.random() * 2 ** 31);
}

function readArguments(args: readonly string[]): Arguments {
  const value = (name: string): string | undefined => {
    const at = args.indexOf(name);
    return at < 0 ? undefined : args[at + 1];
  };
  const seed = value('--seed');
  if (seed !== undefined) {
    return { seeds: [Number(seed)], isTraced: !args.includes('--quiet') };
  }
  const seeds = /^(\d+)\.\.(\d+)$/.exec(value('--seeds') ?? '');
  if (seeds !== null) return { seeds: range(Number(seeds[1]), Number(seeds[2])), isTraced: false };
  return { seeds: randomFor(Number(value('--seconds') ?? 60)), isTraced: false };
}

function describe(seed: number, outcome: Outcome, wallMs: number): string {
  const { virtualMs, happenings, epochs, committed, answered, recoveryMs, hash } = outcome;
  return (
    `seed ${seed}: ${(virtualMs / 1000).toFixed(0)} s in ${(wallMs / 1000).toFixed(2)} s, ${happenings} happenings, ` +
    `${epochs} epochs, ${committed} committed, ${answered} answered, healed in ${recoveryMs} ms, hash ${hash}`
  );
}

const args = process.argv.slice(2);
const { seeds, isTraced } = readArguments(args);
const isTold = args.includes('--verbose') || isTraced;
let failures = 0;
let count = 0;
let virtualMs = 0;
const start = performance.now();
for (const seed of seeds) {
  const options = drawOptions(seed);
  const narrate = isTraced ? (line: string): void => void process.stdout.write(`${line}\n`) : null;
  const before = performance.now();
  const outcome = new World(seed, options, HONEST, narrate).run();
  count += 1;
  virtualMs += outcome.virtualMs;
  if (isTold) console.log(describe(seed, outcome, performance.now() - before));
  if (outcome.error === null) continue;
  failures += 1;
  console.log(`seed ${seed} fails: ${outcome.error.message}`);
  console.log(`options ${JSON.stringify(options)}`);
  console.log(`again: npm run simulate -- --seed ${seed}`);
}
const wallMs = performance.now() - start;
const { user, system } = process.cpuUsage();
const cpuMs = (user + system) / 1000;
console.log(
  `${count} seeds, ${failures} failed; ${(virtualMs / 1000).toFixed(0)} s of virtual time in ${(wallMs / 1000).toFixed(0)} s ` +
    `(${(cpuMs / 1000).toFixed(0)} s of CPU time: ${(virtualMs / cpuMs).toFixed(0)} times as fast)`,
);
process.exitCode = failures === 0 ? 0 : 1;
