/*
 * The checking workload: writers that keep account of what must be there (writer.ts), readers that sync and must then see
 * what had been acknowledged before, and one that watches and must hear of every last value. It goes on whatever
 * happens to the servers; what went wrong is told at the end.
 */
import { expect } from 'vitest';
import { until } from '../../../harness/until.ts';
import type { Ensemble } from './ensemble.ts';
import { ConnectionLoss, SessionClient } from './session-client.ts';
import { Writer } from './writer.ts';

/** How much of it there is. */
export interface WorkloadPlan {
  readonly writers?: number;
  /** Session time-out of all clients (ms); longer than any fault that no session is to be lost in. */
  readonly timeoutMs?: number;
  /** Ports to use, all members' if not given. */
  readonly ports?: readonly number[];
}

/** How long writes may take to go on after a fault (ms). */
const progressLimitMs = 90_000;

/** Clients at work. */
export class Workload {
  readonly #ensemble: Ensemble;
  readonly #writers: readonly Writer[];
  readonly #readers: readonly SessionClient[];
  readonly #watcher: SessionClient;
  /** The newest value of each counter that the watcher was led to. */
  readonly #heard = new Map<string, number>();
  readonly #complaints: string[] = [];
  #isStopped = false;
  #running: readonly Promise<void>[] = [];
  /**
   * Whether a read after a sync has to show what was acknowledged before. A Java leader that does not know yet that it
   * is none any more answers a sync all the same (ZOOKEEPER-1675, ZOOKEEPER-3600).
   */
  judgesSyncs = true;
  /** How many reads after a sync were held against what had been acknowledged. */
  checkedReads = 0;

  private constructor(
    ensemble: Ensemble,
    clients: {
      readonly writers: readonly Writer[];
      readonly readers: readonly SessionClient[];
      readonly watcher: SessionClient;
    },
  ) {
    this.#ensemble = ensemble;
    this.#writers = clients.writers;
    this.#readers = clients.readers;
    this.#watcher = clients.watcher;
  }

  /** Opens all sessions, spread over the servers, and lets them work. */
  static async start(ensemble: Ensemble, plan: WorkloadPlan = {}): Promise<Workload> {
    const { writers: count = 4, timeoutMs = 30_000, ports = ensemble.ports } = plan;
    const writers: Writer[] = [];
    for (let index = 0; index < count; index++) {
      writers.push(await Writer.open(ports, index, timeoutMs));
    }
    const readers: SessionClient[] = [];
    for (let first = 0; first < ports.length; first++) {
      readers.push(await SessionClient.open(ports, { first, timeoutMs }));
    }
    const watcher = await SessionClient.open(ports, { timeoutMs });
    const workload = new Workload(ensemble, { writers, readers, watcher });
    workload.#run();
    return workload;
  }

  #run(): void {
    for (const writer of this.#writers) writer.start();
    this.#watcher.onEvent = ({ path }) => this.#follow(path);
    for (const { counterPath } of this.#writers) this.#follow(counterPath);
    this.#running = this.#readers.map((reader) => this.#readOn(reader));
  }

  /** How many writes were acknowledged so far. */
  get acknowledged(): number {
    return this.#writers.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
  }

  /** Waits until so many further writes have been acknowledged. */
  async progress(writes = 200): Promise<void> {
    const enough = this.acknowledged + writes;
    try {
      await until(
        `${writes} writes to be acknowledged`,
        () => this.acknowledged >= enough,
        progressLimitMs,
      );
    } catch (error) {
      throw new Error(`${String(error)}; ${this.#troubles().join('; ')}`);
    }
  }

  #troubles(): readonly string[] {
    const surprises = this.#writers.flatMap(({ surprises }) => surprises);
    return [...this.#complaints, ...surprises].slice(0, 20);
  }

  /** Reads a counter with a watch, over and over, as the watch fires. */
  #follow(path: string): void {
    this.#watcher.getData(path, true).then(
      (data) => {
        const value = Number(data);
        const before = this.#heard.get(path) ?? 0;
        if (value < before) this.#complaints.push(`${path} went back from ${before} to ${value}`);
        this.#heard.set(path, value);
      },
      (error: unknown) => {
        if (error instanceof ConnectionLoss && !this.#watcher.isOver) this.#follow(path);
      },
    );
  }

  /** What was acknowledged to anybody before a sync is to be seen by everybody after it. */
  async #readOn(reader: SessionClient): Promise<void> {
    while (!this.#isStopped && !reader.isOver) {
      const isJudged = this.judgesSyncs;
      const due = this.#writers.map(({ counterPath, counter }) => ({ counterPath, counter }));
      try {
        await reader.sync();
        for (const { counterPath, counter } of due) {
          const seen = Number(await reader.getData(counterPath));
          if (!isJudged || !this.judgesSyncs) continue;
          this.checkedReads += 1;
          if (seen >= counter) continue;
          this.#complaints.push(`after a sync ${counterPath} was ${seen}, and ${counter} before`);
        }
      } catch (error) {
        if (error instanceof ConnectionLoss && !reader.isExpired) continue;
        this.#complaints.push(`a reader: ${String(error)}`);
        return;
      }
    }
  }

  /**
   * Stops writing, and holds what every running server shows against what must be there; fails with all that is wrong.
   * The sessions and their ephemerals live on.
   */
  async expectAllWell(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.stop()));
    for (const { counterPath } of this.#writers) await this.#expectHeard(counterPath);
    this.#isStopped = true;
    await Promise.all(this.#running);
    const wrong = [...this.#complaints];
    for (const id of this.#ensemble.up) {
      const reader = await SessionClient.open([this.#ensemble.port(id)]);
      await reader.sync();
      for (const writer of this.#writers) {
        for (const complaint of await writer.complaints(reader)) {
          wrong.push(`on member ${id}: ${complaint}`);
        }
      }
      await reader.close();
    }
    for (const client of [this.#watcher, ...this.#readers]) {
      if (client.isExpired) wrong.push('the session of a reader was lost');
    }
    expect(wrong).toEqual([]);
    expect(this.checkedReads).toBeGreaterThan(0);
  }

  /** The watcher has been told of the last value there is, or is told now. */
  async #expectHeard(path: string): Promise<void> {
    const reader = await SessionClient.open(this.#ensemble.ports);
    await reader.sync();
    const last = Number(await reader.getData(path));
    await reader.close();
    await until(`the watch on ${path}, now ${last}, to fire`, () => this.#heard.get(path) === last);
  }

  /** Goes on after a check. */
  resume(): void {
    this.#isStopped = false;
    this.#run();
  }

  /** Closes every session: no ephemeral of theirs is to be left. */
  async close(): Promise<void> {
    for (const { client } of this.#writers) await client.close();
    for (const reader of this.#readers) await reader.close();
    await this.#watcher.close();
  }

  /** Goes away without a word: every session is left to expire. */
  abandon(): void {
    for (const { client } of this.#writers) client.abandon();
    for (const reader of this.#readers) reader.abandon();
    this.#watcher.abandon();
  }
}

/** Lets clients work while a story goes on, and fails with whatever went wrong for them in it. */
export async function underWorkload(
  ensemble: Ensemble,
  plan: WorkloadPlan,
  story: (workload: Workload) => Promise<void>,
): Promise<void> {
  const workload = await Workload.start(ensemble, plan);
  try {
    await workload.progress();
    await story(workload);
    await workload.progress();
    await workload.expectAllWell();
    await workload.close();
  } finally {
    workload.abandon();
  }
}
