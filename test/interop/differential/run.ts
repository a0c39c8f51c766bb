/*
 * Takes random steps on two worlds and compares what their clients see, line by line. The first difference ends the run
 * with an error that names seed and step, shows both sides and the last steps, and writes the whole trace to a file.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../harness/random.ts';
import { openSession } from '../../harness/raw-client.ts';
import type { TestServer } from '../../harness/server.ts';
import { readTransactions } from '../../harness/transaction-log.ts';
import { acceptedDifference } from './accepted.ts';
import { dumpTree } from './dump.ts';
import { operatorsView } from './operators-view.ts';
import { StepMaker } from './steps.ts';
import { type Step, World } from './world.ts';

/** How many sessions take turns. */
const slotCount = 5;

/** After how many steps the events that have come on all sessions are compared. */
const drainEvery = 25;

/** What is chosen for a run. */
export interface RunOptions {
  readonly seed: number;
  readonly steps: number;
  /** Whether quotas are set. */
  readonly quotas: boolean;
}

/** What a run did. */
export interface Summary {
  readonly steps: number;
  readonly requests: number;
  readonly events: number;
  /** Why differences were accepted, and how often. */
  readonly accepted: ReadonlyMap<string, number>;
}

const stepText = (step: Step): string => {
  switch (step.kind) {
    case 'requests':
      return `slot ${step.slot}: ${step.requests.map((request) => request.label).join(' | ')}`;
    case 'close':
      return `slot ${step.slot}: close and open`;
    case 'reattach':
      return `slot ${step.slot}: come back${step.cut ? ' after a cut' : ''}`;
    case 'knock':
      return `${step.slot === null ? 'a stranger' : `for the session of slot ${step.slot}`}: ${step.label}`;
  }
};

class Run {
  readonly #seed: number;
  readonly #reference: World;
  readonly #subject: World;
  readonly #maker: StepMaker;
  readonly #trace: string[] = [];
  readonly #accepted = new Map<string, number>();
  #requests = 0;
  #events = 0;
  #step = 0;

  constructor(reference: TestServer, subject: TestServer, options: RunOptions) {
    const { seed, quotas } = options;
    this.#seed = seed;
    this.#reference = new World(reference);
    this.#subject = new World(subject);
    // Every other seed has no restricted ACLs, and recursive watches on the root instead, which would see through them.
    this.#maker = new StepMaker(new Random(seed), slotCount, {
      restricted: seed % 2 === 1,
      quotas,
    });
  }

  async take(steps: number): Promise<Summary> {
    await Promise.all([this.#reference.open(slotCount), this.#subject.open(slotCount)]);
    try {
      for (this.#step = 1; this.#step <= steps; this.#step++) {
        await this.#both(this.#maker.next());
        if (this.#step % drainEvery === 0) await this.#drain();
        if (this.#step === Math.floor(steps / 2)) await this.#killAndRestart();
      }
      await this.#drain();
      await this.#compareTrees('at the end');
      await this.#compareViews();
      await this.#compareLogs();
      if (this.#subject.server.kind === 'ours') await this.#checkEventZxids();
    } finally {
      this.#reference.destroy();
      this.#subject.destroy();
    }
    return {
      steps,
      requests: this.#requests,
      events: this.#events,
      accepted: this.#accepted,
    };
  }

  async #both(step: Step): Promise<void> {
    // The events of a closed session come in an order of Java's own, so nothing else may stand between them.
    if (step.kind === 'close') await this.#drain();
    const lines = await this.#compare(step, stepText(step), (world) => world.take(step));
    if (step.kind === 'requests') this.#requests += step.requests.length;
    if (step.kind === 'close') await this.#drain(true);
    this.#learn(lines);
    if (step.kind === 'knock' && step.slot !== null) {
      const { slot } = step;
      const ping = { op: 11, xid: -2, body: Buffer.alloc(0), label: 'ping' };
      const after = await this.#compare(step, 'is the session of the slot still there?', (world) =>
        world.take({ kind: 'requests', slot, requests: [ping] }),
      );
      if (after.includes('closed')) await this.#both({ kind: 'reattach', slot, cut: true });
    } else if (step.kind === 'requests' && lines.includes('closed')) {
      await this.#both({ kind: 'reattach', slot: step.slot, cut: true });
    }
  }

  /** Compares the events that have come so far on every session. */
  async #drain(sorted = false): Promise<void> {
    await this.#compare(null, 'events on all slots', (world) => world.drain(sorted));
  }

  /** Feeds the step maker with what came back: names that the servers made up, and the zxid. */
  #learn(lines: readonly string[]): void {
    for (const line of lines) {
      const match = /^reply xid=\S+ zxid=(\d+) err=0(?: "(\/[^"]*\d{10})")?/.exec(line);
      if (match?.[1] !== undefined && match[1] !== '0')
        this.#maker.requests.lastZxid = BigInt(match[1]);
      if (match?.[2] !== undefined) this.#maker.requests.paths.remember(match[2]);
    }
  }

  async #compare(
    step: Step | null,
    text: string,
    act: (world: World) => Promise<string[]>,
  ): Promise<readonly string[]> {
    const on = async (world: World): Promise<string[]> => {
      try {
        return await act(world);
      } catch (cause) {
        const where = `seed ${this.#seed}, step ${this.#step}, ${world.server.kind}`;
        throw new Error(`${where}: ${text}`, { cause });
      }
    };
    const [expected, seen] = await Promise.all([on(this.#reference), on(this.#subject)]);
    this.#trace.push(`#${this.#step} ${text}`, ...expected.map((line) => `    ${line}`));
    this.#events += expected.filter((line) => /^(slot \d+: )?event/.test(line)).length;
    const length = Math.max(expected.length, seen.length);
    for (let index = 0; index < length; index++) {
      const left = expected[index] ?? 'nothing';
      const right = seen[index] ?? 'nothing';
      if (left === right) continue;
      const reason =
        this.#subject.server.kind === 'ours' ? acceptedDifference(step, index, left, right) : null;
      if (reason === null) throw await this.#difference(left, right, expected, seen);
      this.#accepted.set(reason, (this.#accepted.get(reason) ?? 0) + 1);
    }
    return expected;
  }

  /** Both servers end at once and come back, and all sessions with them: what they hold must be what they had. */
  async #killAndRestart(): Promise<void> {
    await this.#drain();
    await this.#compareTrees('before the servers are killed');
    await this.#compareViews();
    for (const world of [this.#reference, this.#subject]) {
      await world.server.kill9();
      await world.server.start();
    }
    for (let slot = 0; slot < slotCount; slot++) {
      await this.#both({ kind: 'reattach', slot, cut: true });
    }
    await this.#compareTrees('after the servers were killed');
  }

  async #compareViews(): Promise<void> {
    await this.#compare(null, 'what operators see', (world) =>
      operatorsView(world.server, world.textOptions.nameSession),
    );
  }

  /** Both servers have logged the same transactions, the refused ones too. */
  async #compareLogs(): Promise<void> {
    await this.#compare(null, 'the transaction logs', async ({ server }) => {
      const logged = await readTransactions(server.versionFolder);
      const sessions = [...new Set(logged.map(({ sessionId }) => sessionId))];
      return logged.map(
        ({ zxid, sessionId, text }) => `${zxid} session ${sessions.indexOf(sessionId)} ${text}`,
      );
    });
  }

  /**
   * An event carries the zxid of the transaction that caused it, as from 3.9 on (ZOOKEEPER-4655), where 3.8 sends -1; so the
   * log must hold a transaction with that zxid and with the event's path in it. What setWatches catches up with has -1.
   */
  async #checkEventZxids(): Promise<void> {
    const logged = await readTransactions(this.#subject.server.versionFolder);
    const texts = new Map(logged.map(({ zxid, text }) => [zxid, text]));
    const caused = this.#subject.events.filter(({ zxid }) => zxid !== -1n);
    const wrong = caused.filter(({ zxid, path }) => !texts.get(zxid)?.includes(path));
    if (caused.length === 0 || wrong.length > 0) {
      const shown = wrong
        .slice(0, 5)
        .map(({ zxid, path }) => `${path} at ${zxid}: ${texts.get(zxid)}`);
      throw new Error(
        `seed ${this.#seed}: events with the zxid of something else\n${shown.join('\n')}`,
      );
    }
  }

  async #compareTrees(when: string): Promise<void> {
    const dump = async (world: World): Promise<string[]> => {
      const session = await openSession(world.server.port);
      const lines = await dumpTree(session, world.textOptions);
      await session.close();
      return lines;
    };
    await this.#compare(null, `the whole tree ${when}`, dump);
  }

  async #difference(
    left: string,
    right: string,
    expected: readonly string[],
    seen: readonly string[],
  ): Promise<Error> {
    const folder = await mkdtemp(join(tmpdir(), 'zk-differential-'));
    const file = join(folder, `seed-${this.#seed}.txt`);
    await writeFile(
      file,
      `${this.#trace.join('\n')}\n\nbut the other server sent:\n${seen.join('\n')}\n`,
    );
    const lastSteps = this.#trace.slice(0, this.#trace.length - expected.length).slice(-30);
    const side = (world: World, line: string): string =>
      `${world.server.kind.padEnd(5)}: ${line.length > 2_000 ? `${line.slice(0, 2_000)}…` : line}`;
    return new Error(
      [
        `seed ${this.#seed}, step ${this.#step}: the servers differ`,
        side(this.#reference, left),
        side(this.#subject, right),
        `the whole trace is in ${file}; its end:`,
        ...lastSteps,
      ].join('\n'),
    );
  }
}

/** Compares two fresh servers over `steps` steps chosen by `seed`. Throws at the first difference. */
export function compareServers(
  reference: TestServer,
  subject: TestServer,
  options: RunOptions,
): Promise<Summary> {
  return new Run(reference, subject, options).take(options.steps);
}
