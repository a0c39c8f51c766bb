/*
 * Three servers of one kind that agree: started, ended, killed and started again on their files and ports. Like the
 * standalone scenarios they get a fresh directory, which is removed afterwards.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeRunDirectory, removeRunDirectory } from '../children.ts';
import { freePort } from '../free-port.ts';
import type { LoadedServer } from '../job.ts';
import type { Setting } from '../scenario/scenario.ts';
import { BenchServer, fourLetterWord, LOG_TAIL, type ServerPlan } from '../server.ts';

/** How many servers an ensemble of the benchmark has. */
const MEMBERS = 3;

const ELECTION_LIMIT_MS = 60_000;
const ASK_LIMIT_MS = 500;
const ASK_PAUSE_MS = 5;

interface Member {
  readonly plan: ServerPlan;
  server: BenchServer | undefined;
}

/** The servers of one ensemble, numbered from 0. */
export class Members {
  readonly #members: readonly Member[];

  private constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** Makes the files of all servers in a directory, and starts none; `settings` are further lines of each zoo.cfg. */
  static async make(
    setting: Setting,
    directory: string,
    settings: Readonly<Record<string, string>>,
  ): Promise<Members> {
    const lines: [string, string][] = [];
    for (let index = 0; index < MEMBERS; index++) {
      lines.push([`server.${index + 1}`, `127.0.0.1:${await freePort()}:${await freePort()}`]);
    }
    const shared = { initLimit: '10', syncLimit: '5', ...Object.fromEntries(lines), ...settings };
    const members: Member[] = [];
    for (let index = 0; index < MEMBERS; index++) {
      const own = path.join(directory, String(index + 1));
      mkdirSync(path.join(own, 'data'), { recursive: true });
      writeFileSync(path.join(own, 'data', 'myid'), `${index + 1}\n`);
      const { kind, javaHeap, profileDirectory } = setting;
      const process = { kind, javaHeap, profileDirectory, hasInspector: false };
      const plan = { ...process, directory: own, settings: shared, port: await freePort() };
      members.push({ plan, server: undefined });
    }
    return new Members(members);
  }

  /** Starts every server that does not run, and waits until all serve. */
  async start(): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.restart(index)));
  }

  /** Starts a server if it does not run, and gives the time until it serves, in milliseconds. */
  async restart(index: number): Promise<number> {
    const member = this.#member(index);
    member.server ??= await BenchServer.start(member.plan);
    return member.server.startMs;
  }

  /** The client ports of all servers, running or not. */
  get ports(): readonly number[] {
    return this.#members.map(({ plan }) => plan.port ?? 0);
  }

  /** The servers that run. */
  get running(): readonly LoadedServer[] {
    return this.#members.flatMap(({ server }) => (server === undefined ? [] : [server.loaded]));
  }

  /** The end of what each server has said. */
  get log(): string {
    return this.#members
      .flatMap(({ server }) => (server === undefined ? [] : [server.log.slice(-LOG_TAIL)]))
      .join('\n---\n');
  }

  /** Which server leads. */
  async leader(): Promise<number> {
    const limit = performance.now() + ELECTION_LIMIT_MS;
    while (performance.now() < limit) {
      for (const [index, { server }] of this.#members.entries()) {
        if (server === undefined) continue;
        const answer = await fourLetterWord(server.port, 'srvr', ASK_LIMIT_MS).catch(() => '');
        if (answer.includes('Mode: leader')) return index;
      }
      await new Promise((resolve) => setTimeout(resolve, ASK_PAUSE_MS));
    }
    throw new Error(`nobody leads after ${ELECTION_LIMIT_MS} ms`);
  }

  /** A server that follows. */
  async follower(): Promise<number> {
    return ((await this.leader()) + 1) % MEMBERS;
  }

  /** A value of `mntr`; undefined where the server does not tell it. */
  async metric(index: number, name: string): Promise<number | undefined> {
    const text = await fourLetterWord(this.#member(index).plan.port ?? 0, 'mntr');
    const value = new RegExp(`^${name}\t([0-9.]+)$`, 'm').exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  }

  /** Ends a server at once, as a crash does. */
  async kill(index: number): Promise<void> {
    const member = this.#member(index);
    const { server } = member;
    member.server = undefined;
    await server?.kill();
  }

  /** Ends a server as an operator does. */
  async stop(index: number): Promise<void> {
    const member = this.#member(index);
    const { server } = member;
    member.server = undefined;
    await server?.stop();
  }

  /** Ends all servers as an operator does, the leader last: nobody is elected in between. */
  async stopAll(): Promise<void> {
    const leader = await this.leader();
    for (let index = 0; index < MEMBERS; index++) if (index !== leader) await this.stop(index);
    await this.stop(leader);
  }

  /** Ends all servers at once. */
  async killAll(): Promise<void> {
    for (let index = 0; index < MEMBERS; index++) await this.kill(index);
  }

  /** Takes everything from a server that does not run but its number. */
  empty(index: number): void {
    const { plan } = this.#member(index);
    rmSync(path.join(plan.directory, 'data', 'version-2'), { recursive: true, force: true });
  }

  #member(index: number): Member {
    const member = this.#members[index];
    if (member === undefined) throw new RangeError(`there is no server ${index}`);
    return member;
  }
}

/** Runs `use` with the files of a fresh ensemble, and removes them. */
export async function withMembers<T>(
  setting: Setting,
  settings: Readonly<Record<string, string>>,
  use: (members: Members) => Promise<T>,
): Promise<T> {
  const directory = makeRunDirectory(setting.baseDirectory);
  const members = await Members.make(setting, directory, settings);
  try {
    await members.start();
    return await use(members);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${setting.kind}: ${message}\nthe logs end with:\n${members.log}`);
  } finally {
    await members.killAll();
    removeRunDirectory(directory);
  }
}
