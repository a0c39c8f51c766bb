/*
 * The counted parts of a load: how long they took together, what CPU time they cost, and what the meter saw in them.
 */
import type { LoadedServer, LoadResult } from './job.ts';
import type { Meter } from './meter.ts';
import { cpuTimeUs, machineCpuTimeUs } from './process-stat.ts';

/** CPU time that all servers together have used so far, in microseconds. */
export function cpuTimeOf(servers: readonly LoadedServer[]): number {
  return servers.reduce((sum, { pid }) => sum + cpuTimeUs(pid), 0);
}

/** Everything that is counted, as it stands at one moment. */
interface Reading {
  readonly ms: number;
  readonly serverCpuUs: number;
  readonly generatorCpuUs: number;
  readonly machineCpuUs: number;
}

/** The sum over all parts so far; what the meter had counted before is forgotten. */
export class Count {
  readonly #meter: Meter;
  readonly #servers: readonly LoadedServer[];
  #begun: Reading | undefined;
  #ms = 0;
  #serverCpuUs = 0;
  #generatorCpuUs = 0;
  #machineCpuUs = 0;

  constructor(meter: Meter, servers: readonly LoadedServer[]) {
    this.#meter = meter;
    this.#servers = servers;
    meter.restart();
    meter.isCounting = false;
  }

  /** Begins a part. */
  begin(): void {
    this.#begun = this.#read();
    this.#meter.isCounting = true;
  }

  /** Ends it. */
  end(): void {
    this.#meter.isCounting = false;
    const begun = this.#begun;
    if (begun === undefined) throw new Error('nothing is counted');
    const now = this.#read();
    this.#ms += now.ms - begun.ms;
    this.#serverCpuUs += now.serverCpuUs - begun.serverCpuUs;
    this.#generatorCpuUs += now.generatorCpuUs - begun.generatorCpuUs;
    this.#machineCpuUs += now.machineCpuUs - begun.machineCpuUs;
  }

  #read(): Reading {
    const own = process.cpuUsage();
    return {
      ms: performance.now(),
      serverCpuUs: cpuTimeOf(this.#servers),
      generatorCpuUs: own.user + own.system,
      machineCpuUs: machineCpuTimeUs() ?? Number.NaN,
    };
  }

  /** What was counted; between two parts or behind the last. */
  result(warmupSeconds: number): LoadResult {
    return {
      replies: this.#meter.replies,
      seconds: this.#ms / 1000,
      warmupSeconds,
      serverCpuUs: this.#serverCpuUs,
      generatorCpuUs: this.#generatorCpuUs,
      machineCpuUs: Number.isNaN(this.#machineCpuUs) ? null : this.#machineCpuUs,
      latency: this.#meter.histogram.summary(),
      timeline: this.#meter.timeline(),
    };
  }
}
