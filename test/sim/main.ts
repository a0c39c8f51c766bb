/*
 * npm run simulate: runs worlds and tells what became of them.
 *
 *   npm run simulate                          random seeds for a minute (--seconds N for another time)
 *   npm run simulate -- --seed 17             one seed, with its whole trace
 *   npm run simulate -- --seeds 1..100        many seeds (--verbose tells of each)
 *   npm run simulate -- --bug dropWatch …     any of these with a deliberate bug
 *   npm run simulate -- --bugs                how many seeds each deliberate bug needs to be found
 */
import { performance } from 'node:perf_hooks';
import { BUGS, optionsFor } from './bugs.ts';
import type { Outcome } from './world.ts';
import { World } from './world.ts';

interface Arguments {
  readonly seeds: Iterable<number>;
  readonly bug: string | null;
  readonly isTraced: boolean;
  readonly isVerbose: boolean;
}

function* from(first: number, last: number): Iterable<number> {
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
  const range = /^(\d+)\.\.(\d+)$/.exec(value('--seeds') ?? '');
  const isTraced = seed !== undefined && !args.includes('--quiet');
  const rest = {
    bug: value('--bug') ?? null,
    isTraced,
    isVerbose: seed !== undefined || args.includes('--verbose'),
  };
  if (seed !== undefined) return { ...rest, seeds: [Number(seed)] };
  if (range !== null) return { ...rest, seeds: from(Number(range[1]), Number(range[2])) };
  return { ...rest, seeds: randomFor(Number(value('--seconds') ?? 60)) };
}

function describe(seed: number, outcome: Outcome, wallMs: number): string {
  const { virtualMs, happenings, epochs, committed, answered, recoveryMs, hash } = outcome;
  return (
    `seed ${seed}: ${(virtualMs / 1000).toFixed(0)} s in ${(wallMs / 1000).toFixed(2)} s, ${happenings} happenings, ` +
    `${epochs} epochs, ${committed} committed, ${answered} answered, healed in ${recoveryMs} ms, hash ${hash}`
  );
}

/** Runs one world, and tells what became of it where somebody wants to know. */
function run(seed: number, bug: string | null, isTraced: boolean): Outcome {
  const narrate = isTraced ? (line: string): void => void process.stdout.write(`${line}\n`) : null;
  return new World(seed, optionsFor(seed, bug), bug, narrate).run();
}

/** The command that runs a world again, with its trace. */
function again(seed: number, bug: string | null): string {
  return `npm run simulate -- --seed ${seed}${bug === null ? '' : ` --bug ${bug}`}`;
}

/** Runs seeds until the bug is found; whether it was, within the seeds that it may take. */
function find(bug: string, seeds: number): boolean {
  for (let seed = 1; seed <= seeds; seed++) {
    const { error } = run(seed, bug, false);
    if (error === null) continue;
    console.log(`${bug}: found by seed ${seed}: ${error.message.split('\n')[0]}`);
    return true;
  }
  console.log(`${bug}: NOT FOUND by ${seeds} seeds`);
  return false;
}

function findBugs(): boolean {
  let isEachFound = true;
  for (const [bug, { seeds }] of Object.entries(BUGS)) {
    isEachFound = find(bug, seeds) && isEachFound;
  }
  return isEachFound;
}

/** Runs seeds; whether all promises were kept. */
function runSeeds({ seeds, bug, isTraced, isVerbose }: Arguments): boolean {
  let failures = 0;
  let count = 0;
  let virtualMs = 0;
  const start = performance.now();
  for (const seed of seeds) {
    const before = performance.now();
    const outcome = run(seed, bug, isTraced);
    count += 1;
    virtualMs += outcome.virtualMs;
    if (isVerbose) console.log(describe(seed, outcome, performance.now() - before));
    if (outcome.error === null) continue;
    failures += 1;
    console.log(`seed ${seed} fails: ${outcome.error.message}`);
    console.log(`options ${JSON.stringify(optionsFor(seed, bug))}`);
    console.log(`again: ${again(seed, bug)}`);
  }
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage();
  const cpuMs = (user + system) / 1000;
  console.log(
    `${count} seeds, ${failures} failed; ${(virtualMs / 1000).toFixed(0)} s of virtual time in ${(wallMs / 1000).toFixed(0)} s ` +
      `(${(cpuMs / 1000).toFixed(0)} s of CPU time: ${(virtualMs / cpuMs).toFixed(0)} times as fast)`,
  );
  return failures === 0;
}

const args = process.argv.slice(2);
const isGood = args.includes('--bugs') ? findBugs() : runSeeds(readArguments(args));
process.exitCode = isGood ? 0 : 1;
