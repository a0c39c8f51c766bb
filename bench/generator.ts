/*
 * The load generator: a process of its own, so that it takes nothing from the server's thread and its
 * CPU time is told apart. It gets one job by message, does it, answers and ends. Whatever goes wrong,
 * a wrong reply above all, is reported as a failure and ends the run.
 */
import { Conversation, openSessions } from './conversation.ts';
import type {
  GeneratorMessage,
  HarnessMessage,
  IdleJob,
  Job,
  LoadResult,
  SteadyJob,
  WatchJob,
} from './job.ts';
import { Lane } from './lane.ts';
import { steadyLoad } from './load/by-name.ts';
import { IdleSessions } from './load/sessions.ts';
import { WatchLoad } from './load/watch.ts';
import { Meter } from './meter.ts';
import { cpuTimeUs, machineCpuTimeUs } from './process-stat.ts';
import { isWarm, SLICE_MS } from './warm-up.ts';

/** How often it is looked whether replies still come, in milliseconds. */
const STUCK_CHECK_MS = 10_000;

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
  }
}

async function runSteady(job: SteadyJob): Promise<LoadResult> {
  const load = steadyLoad(job.load, { lanes: job.connections, znodes: job.znodes ?? 0 });
  const meter = new Meter(job.slotMs ?? 0);
  const session = await Conversation.open(job.port);
  await load.setUp(session);
  await session.close();
  const sessions = await openSessions(job.port, { count: job.connections });
  const lanes = sessions.map(
    ({ link }, index) =>
      new Lane(
        { link, load, meter },
        { index, outstanding: job.outstanding, limit: limitOfLane(job, index) },
      ),
  );
  const watchdog = watchForStandstill(meter);
  let warmupSeconds = 0;
  if (job.limit === undefined) {
    for (const lane of lanes) lane.start();
    warmupSeconds = await warmUp(meter, job);
  }
  const count = startCounting(meter, job.serverPid, warmupSeconds);
  if (job.limit === undefined) {
    await pause(job.windowMs);
  } else {
    for (const lane of lanes) lane.start();
    await Promise.all(lanes.map((lane) => lane.finished()));
  }
  const result = count();
  await Promise.all(lanes.map((lane) => lane.drain()));
  clearInterval(watchdog);
  for (const { link } of sessions) link.destroy();
  return result;
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
  await load.setUp(job.port, job.connections);
  const watchdog = watchForStandstill(meter);
  const run = load.run();
  const count = startCounting(meter, job.serverPid, await warmUp(meter, job));
  await pause(job.windowMs);
  const result = count();
  load.stop();
  await run;
  clearInterval(watchdog);
  return result;
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
    const [cpuUs, replies] = [cpuTimeUs(job.serverPid), meter.replies];
    await pause(Math.min(SLICE_MS, leftMs));
    const done = meter.replies - replies;
    if (done > 0) cpuUsPerOp.push((cpuTimeUs(job.serverPid) - cpuUs) / done);
  }
}

/** Starts the counted part; the function that it gives ends it and tells what was counted. */
function startCounting(meter: Meter, serverPid: number, warmupSeconds: number): () => LoadResult {
  const serverCpuUs = cpuTimeUs(serverPid);
  const machineCpuUs = machineCpuTimeUs();
  const own = process.cpuUsage();
  meter.restart();
  const startMs = performance.now();
  return () => {
    const seconds = (performance.now() - startMs) / 1000;
    const ownUsed = process.cpuUsage(own);
    const serverCpuUsed = cpuTimeUs(serverPid) - serverCpuUs;
    const machineUsed = machineCpuTimeUs();
    return {
      replies: meter.replies,
      seconds,
      warmupSeconds,
      serverCpuUs: serverCpuUsed,
      generatorCpuUs: ownUsed.user + ownUsed.system,
      machineCpuUs:
        machineUsed === undefined || machineCpuUs === undefined ? null : machineUsed - machineCpuUs,
      latency: meter.histogram.summary(),
      timeline: meter.timeline(),
    };
  };
}

/** Fails the run when no reply at all has come for a while: a load of this kind never pauses by itself. */
function watchForStandstill(meter: Meter): NodeJS.Timeout {
  let last = -1;
  return setInterval(() => {
    if (meter.nowMs === last) fail(new Error(`no reply came for ${STUCK_CHECK_MS} ms`));
    last = meter.nowMs;
  }, STUCK_CHECK_MS);
}

/** Tells the harness that a stage is reached and waits until it may go on. */
function reach(stage: string): Promise<void> {
  const message: GeneratorMessage = { kind: 'stage', stage };
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
