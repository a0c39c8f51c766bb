/*
 * The load generator: a process of its own, so that it takes nothing from the server's thread and its
 * CPU time is told apart. It gets one job by message, does it, answers and ends. Whatever goes wrong,
 * a wrong reply above all, is reported as a failure and ends the run.
 */
import { openSessions } from './conversation.ts';
import { Count, cpuTimeOf } from './count.ts';
import { runFailover } from './ensemble/failover-load.ts';
import type {
  GeneratorMessage,
  HarnessMessage,
  IdleJob,
  Job,
  LoadResult,
  SteadyJob,
  WatchJob,
} from './job.ts';
import { Lane, type SteadyLoad } from './lane.ts';
import { steadyLoad } from './load/by-name.ts';
import { IdleSessions } from './load/sessions.ts';
import { WatchLoad } from './load/watch.ts';
import { Meter } from './meter.ts';
import { isWarm, SLICE_MS } from './warm-up.ts';

/** How often it is looked whether replies still come, in milliseconds. */
const STUCK_CHECK_MS = 10_000;

/** What is counted of a load before another server has its turn, and how long it runs before that, in milliseconds. */
const TURN_MS = 1000;
const LEAD_MS = 200;

/** Sessions say nothing while another server warms up or has its turn. */
const SESSION_TIMEOUT_MS = 600_000;

let go: () => void = () => undefined;

/** Waits for a job and does it. */
export function serveAsGenerator(): void {
  // The harness is gone: nobody is left to report to, and the server will be gone soon.
  process.once('disconnect', () => process.exit(1));
  process.on('uncaughtException', fail);
  process.on('message', (message: HarnessMessage) => {
    if (message.kind === 'go') go();
    else runJob(message.job).then((result) => finish({ kind: 'done', result }), fail);
  });
}

function fail(error: unknown): void {
  finish({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
}

function finish(message: GeneratorMessage): void {
  process.send?.(message, undefined, undefined, () =>
    process.exit(message.kind === 'done' ? 0 : 1),
  );
}

async function runJob(job: Job): Promise<LoadResult | null> {
  switch (job.kind) {
    case 'steady':
      return await runSteady(job);
    case 'watch':
      return await runWatch(job);
    case 'idle':
      await runIdle(job);
      return null;
    case 'failover':
      await runFailover(job, reach);
      return null;
  }
}

async function runSteady(job: SteadyJob): Promise<LoadResult> {
  const ports = job.servers.map(({ port }) => port);
  const load = steadyLoad(job.load, {
    lanes: job.connections,
    znodes: job.znodes ?? 0,
    servers: ports.length,
  });
  const meter = new Meter(job.slotMs ?? 0);
  await setUp(load, ports);
  const sessions = await openSessions(ports, {
    count: job.connections,
    timeoutMs: SESSION_TIMEOUT_MS,
  });
  const lanes = sessions.map(
    ({ link }, index) =>
      new Lane(
        { link, load, meter },
        { index, outstanding: job.outstanding, limit: limitOfLane(job, index) },
      ),
  );
  const loading: Loading = {
    start: () => {
      for (const lane of lanes) lane.resume();
    },
    stop: async () => {
      await Promise.all(lanes.map((lane) => lane.drain()));
    },
  };
  const result = await (job.limit === undefined
    ? countForTime(loading, meter, job)
    : countToLimit(lanes, meter, job));
  for (const { link } of sessions) link.destroy();
  return result;
}

/** All requests up to a limit, from the first one on. */
async function countToLimit(
  lanes: readonly Lane[],
  meter: Meter,
  job: SteadyJob,
): Promise<LoadResult> {
  const watchdog = watchForStandstill(meter);
  const count = new Count(meter, job.servers);
  count.begin();
  for (const lane of lanes) lane.start();
  await Promise.all(lanes.map((lane) => lane.finished()));
  count.end();
  clearInterval(watchdog);
  return count.result(0);
}

/** A load that can be put on a server and taken off again. */
interface Loading {
  start(): void;
  /** Resolves when everything that was asked is answered. */
  stop(): Promise<void>;
}

/** The warm-up, and then turn by turn what is counted. */
async function countForTime(
  loading: Loading,
  meter: Meter,
  job: SteadyJob | WatchJob,
): Promise<LoadResult> {
  const load = async (use: () => Promise<void>): Promise<void> => {
    const watchdog = watchForStandstill(meter);
    loading.start();
    await use();
    await loading.stop();
    clearInterval(watchdog);
  };
  let warmupSeconds = 0;
  await load(async () => {
    warmupSeconds = await warmUp(meter, job);
  });
  const count = new Count(meter, job.servers);
  const part = async (over: () => Promise<void>): Promise<void> => {
    await pause(LEAD_MS);
    count.begin();
    await over();
    count.end();
  };
  if (job.kind === 'steady' && job.isOpenEnded === true) {
    await load(() => part(() => reach('counting')));
    return count.result(warmupSeconds);
  }
  const takesTurns = job.takesTurns === true;
  const partMs = takesTurns ? TURN_MS : job.windowMs;
  for (let leftMs = job.windowMs; leftMs > 0; leftMs -= partMs) {
    if (takesTurns) await reach('turn');
    await load(() => part(() => pause(Math.min(partMs, leftMs))));
  }
  return count.result(warmupSeconds);
}

/** Creates what the load needs through the first server, and waits until every other one has it. */
async function setUp(load: SteadyLoad, ports: readonly number[]): Promise<void> {
  const [first, ...others] = await openSessions(ports, { count: ports.length });
  if (first === undefined) throw new Error('no server to load');
  await load.setUp(first);
  await first.close();
  for (const other of others) {
    await other.sync();
    await other.close();
  }
}

/** A limit is shared out evenly; the first lanes take what is left over. */
function limitOfLane(job: SteadyJob, index: number): number {
  if (job.limit === undefined) return Number.POSITIVE_INFINITY;
  const share = Math.floor(job.limit / job.connections);
  return share + (index < job.limit % job.connections ? 1 : 0);
}

async function runWatch(job: WatchJob): Promise<LoadResult> {
  const meter = new Meter(0);
  const load = new WatchLoad(meter);
  const [server] = job.servers;
  await load.setUp(server?.port ?? 0, job.connections, SESSION_TIMEOUT_MS);
  let run = Promise.resolve();
  const loading: Loading = {
    start: () => {
      run = load.run();
    },
    stop: async () => {
      load.stop();
      await run;
    },
  };
  return await countForTime(loading, meter, job);
}

async function runIdle(job: IdleJob): Promise<void> {
  const idle = new IdleSessions(job.port);
  await idle.warmUp(Math.min(1000, job.sessions));
  await reach('warm');
  await idle.open(job.sessions);
  await reach('connected');
  await idle.openDetached(job.sessions);
  await reach('detached');
  idle.drop();
}

/** Lets the load run until the server is warm, or for the longest time that the job allows; gives the seconds. */
async function warmUp(meter: Meter, job: SteadyJob | WatchJob): Promise<number> {
  const startMs = performance.now();
  const cpuUsPerOp: number[] = [];
  for (;;) {
    const leftMs = job.warmupMs - (performance.now() - startMs);
    if (leftMs <= 0 || isWarm(cpuUsPerOp)) return (performance.now() - startMs) / 1000;
    const [cpuUs, replies] = [cpuTimeOf(job.servers), meter.replies];
    await pause(Math.min(SLICE_MS, leftMs));
    const done = meter.replies - replies;
    if (done > 0) cpuUsPerOp.push((cpuTimeOf(job.servers) - cpuUs) / done);
  }
}

/** Fails the run when no reply at all has come for a while: a load that is on a server never pauses by itself. */
function watchForStandstill(meter: Meter): NodeJS.Timeout {
  let last = -1;
  return setInterval(() => {
    if (meter.nowMs === last) fail(new Error(`no reply came for ${STUCK_CHECK_MS} ms`));
    last = meter.nowMs;
  }, STUCK_CHECK_MS);
}

/** Tells the harness that a stage is reached and waits until it may go on. */
function reach(stage: string, value = 0): Promise<void> {
  const message: GeneratorMessage = { kind: 'stage', stage, value };
  process.send?.(message);
  return new Promise((resolve) => {
    go = resolve;
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
