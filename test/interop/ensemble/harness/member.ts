/*
 * One member of an ensemble: a place (folder, ports, number) at which a server of either kind runs, and after it perhaps
 * one of the other kind on the same files.
 */
import { join } from 'node:path';
import {
  type ConfigOverrides,
  fourLetterWord,
  type ServerKind,
  TestServer,
} from '../../../harness/server.ts';

/** What `srvr` says of a member; `looking` is one that runs and does not serve, `down` one that does not run. */
export type Role = 'leader' | 'follower' | 'observer' | 'looking' | 'down';

/** Where a member lives, whatever server runs there. */
export interface Place {
  readonly id: number;
  readonly isObserver: boolean;
  readonly folder: string;
  readonly clientPort: number;
  readonly quorumPort: number;
  readonly electionPort: number;
}

/** How long a member is asked for its role (ms); a Java server that is starting may never answer. */
const askLimitMs = 1_000;

/** Longer than any test (ms). */
const longestLifeMs = 3_600_000;

/** Which server runs as `ours`; with Apache ZooKeeper in its place, what fails is the story. */
const kindOfOurs: ServerKind = process.env['ZK_ENSEMBLE_OURS'] === 'java' ? 'java' : 'ours';

const roles: ReadonlySet<string> = new Set(['leader', 'follower', 'observer']);

const isRole = (word: string | undefined): word is Role => word !== undefined && roles.has(word);

/** A member and the process that is it now. */
export class Member {
  readonly place: Place;
  readonly #config: ConfigOverrides;
  #kind: ServerKind;
  #server: TestServer;
  #isRunning = false;
  #hasEnded = false;
  #isPaused = false;
  /** What servers said that were this member before. */
  #earlierLog = '';

  constructor(place: Place, kind: ServerKind, config: ConfigOverrides) {
    this.place = place;
    this.#config = config;
    this.#kind = kind;
    this.#server = this.#make(kind);
  }

  #make(kind: ServerKind): TestServer {
    const { clientPort, folder } = this.place;
    return new TestServer(kind === 'ours' ? kindOfOurs : kind, clientPort, folder, this.#config);
  }

  get kind(): ServerKind {
    return this.#kind;
  }

  /** The process, as the standalone tests know it. */
  get server(): TestServer {
    return this.#server;
  }

  /** Everything that was logged at this place. */
  get log(): string {
    return this.#earlierLog + this.#server.log;
  }

  /** Whether a process runs here and is not paused. */
  get isUp(): boolean {
    return this.#isRunning && !this.#isPaused;
  }

  /** Whether the process has ended though nobody asked it to. */
  get hasFailed(): boolean {
    return this.#isRunning && this.#hasEnded;
  }

  /** The folder with the logs and snapshots. */
  get versionFolder(): string {
    return join(this.place.folder, 'data', 'version-2');
  }

  /** Starts the process and does not wait for it to serve. */
  async launch(): Promise<void> {
    const server = this.#server;
    await server.launch();
    this.#isRunning = true;
    this.#hasEnded = false;
    void server.exited(longestLifeMs).then(() => {
      if (server === this.#server) this.#hasEnded = true;
    });
  }

  /** SIGTERM, and waits for the end. */
  async stop(): Promise<void> {
    this.resume();
    this.#isRunning = false;
    await this.#server.stop();
  }

  /** SIGKILL, paused or not, and waits for the end. */
  async kill(): Promise<void> {
    this.#isPaused = false;
    this.#isRunning = false;
    await this.#server.kill9();
  }

  /** SIGSTOP: the process does nothing, and its connections stay. */
  pause(): void {
    process.kill(this.#server.pid, 'SIGSTOP');
    this.#isPaused = true;
  }

  /** SIGCONT, if it is paused. */
  resume(): void {
    if (!this.#isPaused) return;
    process.kill(this.#server.pid, 'SIGCONT');
    this.#isPaused = false;
  }

  /** From now on a server of this kind is this member; it is not running. */
  become(kind: ServerKind): void {
    if (this.#isRunning) throw new Error('a server that runs cannot become another');
    this.#earlierLog += `${this.#server.log}\n--- from here on: ${kind} ---\n`;
    this.#kind = kind;
    this.#server = this.#make(kind);
  }

  /** What it is now, in its own words. */
  async role(): Promise<Role> {
    if (!this.isUp) return 'down';
    try {
      const answer = await fourLetterWord(this.place.clientPort, 'srvr', askLimitMs);
      const mode = /^Mode: (\w+)$/m.exec(answer)?.[1];
      return isRole(mode) ? mode : 'looking';
    } catch {
      return 'looking';
    }
  }

  /** Ends the process, if there is one. */
  async dispose(): Promise<void> {
    this.resume();
    this.#isRunning = false;
    await this.#server.dispose();
  }
}
