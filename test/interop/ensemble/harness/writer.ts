/*
 * One client of the checking workload. It writes without pause over whatever server takes its session, and keeps for
 * every znode of its own what may be found there: after an acknowledged write that write alone, after one whose answer
 * never came also what was before. No earlier request of a session can overtake a later one, not even over another
 * server, so an acknowledged write closes all questions about its znode.
 */
import { Random } from '../../../harness/random.ts';
import * as requests from '../../../harness/requests.ts';
import { Op } from '../../../harness/requests.ts';
import { WireReader } from '../../../harness/wire.ts';
import { ConnectionLoss, SessionClient } from './session-client.ts';

/** What a znode may hold: data, or null for no znode. */
type Possible = Set<string | null>;

/** How many znodes of one sort a writer keeps before it deletes some again. */
const keptOfASort = 25;

/** CreateMode flags. */
const ephemeral = 1;
const sequential = 2;

/** A session that writes, and what it knows. */
export class Writer {
  readonly base: string;
  readonly client: SessionClient;
  readonly #random: Random;
  readonly #possible = new Map<string, Possible>();
  /** Data of sequence nodes whose names were never told. */
  readonly #unnamed = new Set<string>();
  readonly #sequence = new Map<string, string>();
  #n = 0;
  #isStopped = false;
  #running: Promise<void> = Promise.resolve();
  /** The newest number that was acknowledged in the counter. */
  counter = 0;
  /** How many writes were acknowledged. */
  acknowledged = 0;
  /** Answers that a correct ensemble does not give. */
  readonly surprises: string[] = [];

  private constructor(base: string, client: SessionClient, seed: number) {
    this.base = base;
    this.client = client;
    this.#random = new Random(seed);
  }

  /** Opens a session at the port with this index, and creates the znodes that are always there. */
  static async open(ports: readonly number[], index: number, timeoutMs: number): Promise<Writer> {
    const client = await SessionClient.open(ports, { first: index, timeoutMs });
    const writer = new Writer(`/writer-${index}`, client, index + 1);
    for (const name of ['', '/counter', '/a', '/b', '/seq']) {
      await client.create(writer.base + name, '0');
      if (name !== '' && name !== '/seq') writer.#possible.set(writer.base + name, new Set(['0']));
    }
    return writer;
  }

  /** The znode whose data is a number that only grows. */
  get counterPath(): string {
    return `${this.base}/counter`;
  }

  /** Writes until it is stopped. */
  start(): void {
    this.#isStopped = false;
    this.#running = this.#run();
  }

  /** Waits for the write that is under way; its session stays. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped && !this.client.isOver) {
      try {
        await this.#step();
      } catch (error) {
        if (!(error instanceof ConnectionLoss)) {
          if (!this.client.isOver) this.surprises.push(String(error));
          return;
        }
      }
    }
  }

  async #step(): Promise<void> {
    this.#n += 1;
    const data = String(this.#n);
    const kind = this.#random.below(8);
    if (kind < 3) {
      await this.#set([this.counterPath], data);
      this.counter = this.#n;
    } else if (kind === 3) await this.#set([`${this.base}/a`, `${this.base}/b`], data);
    else if (kind === 4) await this.#create(`${this.base}/e-${data}`, data, ephemeral);
    else if (kind === 5) await this.#create(`${this.base}/p-${data}`, data, 0);
    else if (kind === 6) await this.#createSequential(data);
    else await this.#deleteSome();
  }

  /** Sends a write to some znodes that shall hold `data` (null for none) after it. */
  async #write(paths: readonly string[], data: string | null, op: number, body: Uint8Array) {
    for (const path of paths) this.#possibleAt(path).add(data);
    const reply = await this.client.request(op, body);
    if (reply.err !== 0) {
      this.surprises.push(`error ${reply.err} for ${paths.join(' and ')}`);
      return;
    }
    this.acknowledged += 1;
    for (const path of paths) this.#possible.set(path, new Set([data]));
  }

  #possibleAt(path: string): Possible {
    const possible = this.#possible.get(path) ?? new Set([null]);
    this.#possible.set(path, possible);
    return possible;
  }

  async #set(paths: readonly string[], data: string): Promise<void> {
    const bodies = paths.map((path) => requests.setData(path, Buffer.from(data)));
    const [only] = bodies;
    if (only !== undefined && bodies.length === 1) {
      await this.#write(paths, data, Op.setData, only);
      return;
    }
    const body = requests.multi(bodies.map((set) => ({ op: Op.setData, body: set })));
    await this.#write(paths, data, Op.multi, body);
  }

  async #create(path: string, data: string, flags: number): Promise<void> {
    await this.#write([path], data, Op.create, requests.create(path, Buffer.from(data), flags));
  }

  async #createSequential(data: string): Promise<void> {
    const body = requests.create(`${this.base}/seq/n-`, Buffer.from(data), sequential);
    this.#unnamed.add(data);
    const reply = await this.client.request(Op.create, body);
    if (reply.err !== 0) {
      this.surprises.push(`error ${reply.err} for a sequence node`);
      return;
    }
    this.acknowledged += 1;
    this.#unnamed.delete(data);
    const path = new WireReader(reply.body).string() ?? '';
    if (this.#sequence.has(path)) this.surprises.push(`${path} was given twice`);
    this.#sequence.set(path, data);
    this.#possible.set(path, new Set([data]));
  }

  /** Deletes a znode of the sort of which there are most, if there are many. */
  async #deleteSome(): Promise<void> {
    for (const sort of ['/e-', '/p-', '/seq/']) {
      const certain = [...this.#possible].filter(
        ([path, possible]) =>
          path.startsWith(this.base + sort) && possible.size === 1 && !possible.has(null),
      );
      const [oldest] = certain;
      if (oldest === undefined || certain.length <= keptOfASort) continue;
      const [path] = oldest;
      await this.#write([path], null, Op.delete, requests.pathAndInt(path, -1));
      return;
    }
    await this.client.sync();
  }

  /** What is wrong with what a server shows to `reader`, who has synced: nothing, if all is well. */
  async complaints(reader: SessionClient): Promise<readonly string[]> {
    const wrong = [...this.surprises];
    if (this.client.isExpired) wrong.push(`${this.base}: the session was lost`);
    for (const [path, possible] of this.#possible) {
      const seen = await reader.getData(path);
      if (possible.has(seen)) continue;
      wrong.push(`${path} is ${seen} and may be ${[...possible].join(' or ')}`);
    }
    const [a, b] = [await reader.getData(`${this.base}/a`), await reader.getData(`${this.base}/b`)];
    if (a !== b) wrong.push(`half of a multi: ${a} and ${b}`);
    for (const name of await reader.getChildren(`${this.base}/seq`)) {
      const path = `${this.base}/seq/${name}`;
      if (this.#sequence.has(path)) continue;
      const data = await reader.getData(path);
      if (data === null || !this.#unnamed.has(data)) wrong.push(`${path} holds ${data}`);
    }
    for (const name of await reader.getChildren(this.base)) {
      if (!this.#possible.has(`${this.base}/${name}`) && name !== 'seq') {
        wrong.push(`${this.base}/${name} was never made`);
      }
    }
    return wrong;
  }
}
