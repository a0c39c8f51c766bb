/*
 * The facts about the machine that belong to every table of figures: what ran where, and how busy it was.
 * A ratio may be compared with one from another machine, a rate only with one from a machine like it, and
 * a write's latency only where the disk is alike: so the disk is measured too.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spreadOf } from './figures.ts';
import { JAVA_JAR } from './server.ts';

/** What is told about the machine. */
export interface Machine {
  readonly system: string;
  readonly cpuModel: string;
  readonly coreCount: number;
  readonly memoryBytes: number;
  readonly nodeVersion: string;
  /** undefined where there is no Java, or no ZooKeeper for it. */
  readonly javaVersion: string | undefined;
  readonly javaZooKeeper: string | undefined;
  /** The commit that was measured; undefined outside a checkout. */
  readonly commit: string | undefined;
  /** Median time of writing 4 KiB and fdatasync in the directory used, in microseconds. */
  readonly fdatasyncUs: number;
  /** Whether that directory is memory and no disk, so that fsync costs nothing. */
  readonly isMemoryDisk: boolean;
}

const TMPFS_MAGIC = 0x01021994;
const PROBE_BYTES = 4096;
const PROBE_COUNT = 200;

/** Looks at the machine; `directory` is where the servers keep their data. */
export function describeMachine(directory: string): Machine {
  const [cpu] = os.cpus();
  return {
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    cpuModel: cpu?.model.trim() ?? 'unknown',
    coreCount: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    nodeVersion: process.version,
    javaVersion: javaVersion(),
    javaZooKeeper: javaZooKeeper(),
    commit: commit(),
    fdatasyncUs: probeFdatasync(directory),
    isMemoryDisk: statfsSync(directory).type === TMPFS_MAGIC,
  };
}

/** Load average of the last minute. */
export function loadAverage(): number {
  return os.loadavg()[0] ?? 0;
}

/** The version line of `java`; undefined where there is none. */
export function javaVersion(): string | undefined {
  const { stderr, status } = spawnSync('java', ['-version'], { encoding: 'utf8' });
  return status === 0 ? stderr.split('\n')[0] : undefined;
}

/** The version in the name that Debian's package gives the same file besides: zookeeper-3.8.0.jar. */
function javaZooKeeper(): string | undefined {
  const directory = path.dirname(JAVA_JAR);
  if (!existsSync(directory)) return undefined;
  for (const name of readdirSync(directory)) {
    const version = /^zookeeper-(\d[\w.-]*)\.jar$/.exec(name)?.[1];
    if (version !== undefined) return version;
  }
  return undefined;
}

function commit(): string | undefined {
  try {
    const head = execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return head.trim();
  } catch {
    return undefined;
  }
}

function probeFdatasync(directory: string): number {
  const file = path.join(directory, `zk-bench-fdatasync-${process.pid}`);
  const bytes = Buffer.alloc(PROBE_BYTES, 0x5a);
  const descriptor = openSync(file, 'w');
  try {
    const times: number[] = [];
    writeSync(descriptor, Buffer.alloc(PROBE_BYTES * PROBE_COUNT));
    fdatasyncSync(descriptor);
    for (let turn = 0; turn < PROBE_COUNT; turn++) {
      const startMs = performance.now();
      writeSync(descriptor, bytes, 0, PROBE_BYTES, turn * PROBE_BYTES);
      fdatasyncSync(descriptor);
      times.push((performance.now() - startMs) * 1000);
    }
    return spreadOf(times)?.median ?? 0;
  } finally {
    closeSync(descriptor);
    rmSync(file);
  }
}
