/*
 * Starts and ends the servers under measurement: this project's, Apache ZooKeeper from Debian's package,
 * and the bare one. Each gets the same zoo.cfg, a free port of 127.0.0.1 and a data directory from its
 * caller, who decides whether that is fresh.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ended, track } from './children.ts';
import { freePort } from './free-port.ts';
import type { LoadedServer } from './job.ts';

/** Which server: this project's, Apache ZooKeeper, or the one that answers without any logic. */
export type ServerKind = 'ours' | 'java' | 'bare';

/** Where Debian's package puts the real server. */
export const JAVA_JAR = '/usr/share/java/zookeeper.jar';

const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 60_000;
/** How much of a log an error report shows, in characters. */
export const LOG_TAIL = 2000;
const PROBE_PAUSE_MS = 2;
const PROBE_PATIENCE_MS = 30;

/** How to start one server. */
export interface ServerPlan {
  readonly kind: ServerKind;
  /** Directory for data, configuration and log. */
  readonly directory: string;
  /** The client port; a free one if not given. */
  readonly port?: number;
  /** Further lines of zoo.cfg. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The JVM's -Xmx, "1g". */
  readonly javaHeap: string;
  /** Where this project's server leaves a CPU profile when it stops; undefined for none. */
  readonly profileDirectory: string | undefined;
  /** Whether this project's server has V8's inspector, on a free port of 127.0.0.1 that its log tells. */
  readonly hasInspector: boolean;
}

/** A running server. */
export class BenchServer {
  readonly kind: ServerKind;
  readonly port: number;
  /** From the start of the process to the first answer of `srvr`, in milliseconds. */
  readonly startMs: number;
  readonly #child: ChildProcess;
  readonly #logFile: string;

  private constructor(plan: ServerPlan, child: ChildProcess, port: number, startMs: number) {
    this.kind = plan.kind;
    this.port = port;
    this.startMs = startMs;
    this.#child = child;
    this.#logFile = logFileOf(plan);
  }

  /** Starts a server and waits for its first answer; rejects with the end of its log when there is none. */
  static async start(plan: ServerPlan): Promise<BenchServer> {
    const port = plan.port ?? (await freePort());
    writeFileSync(configOf(plan), zooCfg(plan, port));
    const log = openSync(logFileOf(plan), 'a');
    const [program, args] = commandLine(plan, port);
    const startedAt = performance.now();
    const child = track(spawn(program, args, { stdio: ['ignore', log, log] }));
    closeSync(log);
    child.once('error', () => undefined);
    try {
      await firstAnswer(child, port);
    } catch (error) {
      child.kill('SIGKILL');
      throw new Error(`${plan.kind}: ${messageOf(error)}\n${logTail(logFileOf(plan))}`);
    }
    return new BenchServer(plan, child, port, performance.now() - startedAt);
  }

  /** Process id of the server. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What a load has to know of the server. */
  get loaded(): LoadedServer {
    return { port: this.port, pid: this.pid };
  }

  /** All that the server has said so far. */
  get log(): string {
    return readFileSync(this.#logFile, 'utf8');
  }

  /** Ends the server as an operator does, with SIGTERM, and waits for it. This project's must end with code 0. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await ended(this.#child, STOP_LIMIT_MS);
    if (this.kind === 'ours' && this.#child.exitCode !== 0) {
      throw new Error(
        `zk-server ended with ${this.#child.exitCode} after SIGTERM\n${this.log.slice(-LOG_TAIL)}`,
      );
    }
  }

  /** Ends the server at once, as a crash does. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await ended(this.#child, STOP_LIMIT_MS);
  }
}

/** The text that a four-letter word answers; rejects when it does not come within `limitMs`. */
export function fourLetterWord(port: number, word: string, limitMs = 10_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.setTimeout(limitMs, () => socket.destroy(new Error(`no answer to ${word}`)));
    let text = '';
    socket.setEncoding('latin1');
    socket.once('connect', () => socket.write(word));
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.once('error', reject);
    socket.once('close', () => resolve(text));
  });
}

/** Whether the real server can be run here. */
export function hasJavaServer(): boolean {
  return existsSync(JAVA_JAR);
}

/** The root of this project, seen from dist/bench. */
const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));

function commandLine(plan: ServerPlan, port: number): [string, string[]] {
  switch (plan.kind) {
    case 'ours': {
      const profile =
        plan.profileDirectory === undefined
          ? []
          : ['--cpu-prof', `--cpu-prof-dir=${plan.profileDirectory}`];
      const inspector = plan.hasInspector ? ['--inspect=127.0.0.1:0'] : [];
      const script = path.join(PROJECT_ROOT, 'bin', 'zk-server');
      const options = [...profile, ...inspector];
      const args = ['start-foreground', configOf(plan)];
      // By itself it takes its own options for Node.
      if (options.length === 0) return [script, args];
      return [process.execPath, [...options, script, ...args]];
    }
    case 'java': {
      // Without a binding of slf4j on its class path it logs nothing, which is to its advantage.
      const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
      return ['java', [`-Xmx${plan.javaHeap}`, '-cp', JAVA_JAR, main, configOf(plan)]];
    }
    case 'bare':
      return [
        process.execPath,
        [process.argv[1] ?? '', 'bare-server', String(port), plan.directory],
      ];
  }
}

/** fsync is on, as it is by default; sessions may outlive the longest load without a ping. */
function zooCfg(plan: ServerPlan, port: number): string {
  const settings = {
    tickTime: '2000',
    dataDir: path.join(plan.directory, 'data'),
    clientPort: String(port),
    clientPortAddress: '127.0.0.1',
    'admin.enableServer': 'false',
    '4lw.commands.whitelist': '*',
    maxClientCnxns: '0',
    maxSessionTimeout: '600000',
    ...plan.settings,
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function configOf(plan: ServerPlan): string {
  return path.join(plan.directory, 'zoo.cfg');
}

function logFileOf(plan: ServerPlan): string {
  return path.join(plan.directory, 'server.log');
}

function logTail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').slice(-LOG_TAIL) : '';
}

/**
 * Asks until there is an answer. A connection that Apache ZooKeeper accepts while it is starting may never
 * be answered, so a probe is given up soon, but each later than the one before: a server that is only slow
 * gets its chance.
 */
async function firstAnswer(child: ChildProcess, port: number): Promise<void> {
  let patienceMs = PROBE_PATIENCE_MS;
  const limit = performance.now() + START_LIMIT_MS;
  while (performance.now() < limit) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw new Error('the server ended before it answered');
    }
    const probedMs = performance.now();
    const answer = await fourLetterWord(port, 'srvr', patienceMs).catch(() => '');
    if (answer.includes('Mode:')) return;
    if (performance.now() - probedMs >= patienceMs) patienceMs *= 1.5;
    await new Promise((resolve) => setTimeout(resolve, PROBE_PAUSE_MS));
  }
  throw new Error(`no answer within ${START_LIMIT_MS} ms`);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
