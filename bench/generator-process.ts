/*
 * The harness's end of a generator process: starts one for a job, hands its stages to the caller, and
 * gives its result. A generator that fails, ends early or takes too long makes the run fail.
 */
import { fork } from 'node:child_process';
import { track } from './children.ts';
import type {
  GeneratorMessage,
  HarnessMessage,
  Job,
  LoadResult,
  SteadyJob,
  WatchJob,
} from './job.ts';

/** What a job may take beyond the time that it was given, in milliseconds. */
const EXTRA_LIMIT_MS = 180_000;

/** What a kill and the return of the killed server take at most, in milliseconds. */
const KILL_LIMIT_MS = 60_000;

function givenTimeMs(job: Job): number {
  switch (job.kind) {
    case 'steady':
    case 'watch':
      return job.warmupMs + job.windowMs;
    case 'idle':
      return 0;
    case 'failover':
      return job.kills * KILL_LIMIT_MS;
  }
}

/** Runs a load and gives what it has shown. With `nextTurn` it is counted turn by turn, and waits for that before each. */
export async function runLoad(
  job: SteadyJob | WatchJob,
  nextTurn?: () => Promise<void>,
): Promise<LoadResult> {
  const result = await (nextTurn === undefined
    ? runGenerator(job, () => Promise.resolve())
    : runGenerator({ ...job, takesTurns: true }, nextTurn));
  if (result === null) throw new Error('the generator gave no result');
  return result;
}

/**
 * Runs a job in a fresh generator process. At each stage that the job has, `atStage` is called, and the
 * generator waits until it resolves.
 */
export function runGenerator(
  job: Job,
  atStage: (stage: string, value: number) => Promise<void>,
): Promise<LoadResult | null> {
  const limitMs = EXTRA_LIMIT_MS + givenTimeMs(job);
  return new Promise((resolve, reject) => {
    const child = track(fork(process.argv[1] ?? '', ['generator']));
    const send = (message: HarnessMessage): boolean => child.send(message);
    const fail = (what: string): void => {
      clearTimeout(limit);
      child.kill('SIGKILL');
      reject(new Error(`load generator: ${what}`));
    };
    const startLimit = (): NodeJS.Timeout =>
      setTimeout(() => fail(`not done within ${limitMs} ms`), limitMs);
    let limit = startLimit();
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`ended with ${code ?? signal}`));
    child.on('message', (message: GeneratorMessage) => {
      switch (message.kind) {
        case 'stage':
          // What the harness does meanwhile is not the generator's time.
          clearTimeout(limit);
          atStage(message.stage, message.value).then(
            () => {
              limit = startLimit();
              send({ kind: 'go' });
            },
            (error: unknown) => fail(String(error)),
          );
          break;
        case 'failed':
          fail(message.message);
          break;
        case 'done':
          clearTimeout(limit);
          resolve(message.result);
          break;
      }
    });
    send({ kind: 'job', job });
  });
}
