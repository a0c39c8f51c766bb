/*
 * Starts a server in a process of its own, on a free port and in a folder of its own: this project's (`ours`) or Apache
 * ZooKeeper from Debian's package (`java`). The same tests run against both, so what they find is a difference of ours and
 * not a peculiarity of the test. What the server logs is kept and shown when a test fails.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endWithTests } from './command.ts';
import { java, shortLivedJvm, zookeeperClassPath } from './java.ts';
import { freePort } from './ports.ts';
import { patienceMs, until, within } from './until.ts';

/** Which server: this project's, or Apache ZooKeeper's. */
export type ServerKind = 'ours' | 'java';

/** Both kinds, for `describe.each`. */
export const serverKinds: readonly ServerKind[] = ['ours', 'java'];

/** Keys of zoo.cfg to set beside the ones every test server has, or null to leave one of those out. */
export type ConfigOverrides = Readonly<Record<string, string | number | null>>;

/** How a server process ended. */
export interface ServerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** What is run as `ours`: bin/zk-server of this checkout, or an installed one that ZK_SERVER names. */
const zkServer =
  process.env['ZK_SERVER'] ?? fileURLToPath(new URL('../../bin/zk-server', import.meta.url));

/** Keys that Java takes from its system properties only, where in zoo.cfg they would become `zookeeper.<key>`. */
const readAsSystemProperty: ReadonlySet<string> = new Set([
  'java.security.auth.login.config',
  'jute.maxbuffer',
  'znode.container.checkIntervalMs',
  'znode.container.maxPerMinute',
]);

/** How much of a server's log is kept in memory (characters). */
const keptLog = 8_000_000;

/** Sends four-letter-word bytes and returns all that comes back before the server closes. */
export async function fourLetterWord(
  port: number,
  word: string | Uint8Array,
  timeoutMs = patienceMs,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part: Buffer) => parts.push(part));
  const closed = new Promise<void>((resolve, reject) => {
    socket.once('close', () => resolve());
    socket.once('error', reject);
  });
  socket.write(word);
  try {
    await within(`the answer to ${word}`, closed, timeoutMs);
  } finally {
    socket.destroy();
  }
  return Buffer.concat(parts).toString('utf8');
}

/** One server, which can be stopped, killed and started again on the same folder and port. */
export class TestServer {
  readonly kind: ServerKind;
  /** The client port, the same after every start. */
  readonly port: number;
  /** The folder with zoo.cfg; dataDir is `data` in it unless the overrides say otherwise. */
  readonly folder: string;
  readonly #config: Map<string, string>;
  /** How many files a server of ours may have open at once, or null for what the system grants. */
  openFileLimit: number | null = null;
  #process: ChildProcess | null = null;
  #exit: Promise<ServerExit> | null = null;
  #log = '';

  constructor(kind: ServerKind, port: number, folder: string, overrides: ConfigOverrides) {
    this.kind = kind;
    this.port = port;
    this.folder = folder;
    this.#config = new Map(
      Object.entries({
        tickTime: '2000',
        dataDir: join(folder, 'data'),
        clientPort: String(port),
        clientPortAddress: '127.0.0.1',
        'admin.enableServer': 'false',
        '4lw.commands.whitelist': '*',
        maxClientCnxns: '0',
        extendedTypesEnabled: 'true',
      }),
    );
    for (const [key, value] of Object.entries(overrides)) {
      if (value === null) this.#config.delete(key);
      else this.#config.set(key, String(value));
    }
  }

  /** Where the snapshots are, and the logs too unless dataLogDir is set: version-2 below dataDir. */
  get versionFolder(): string {
    return join(this.#config.get('dataDir') ?? this.folder, 'version-2');
  }

  /** `127.0.0.1:port`, as clients want it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The process that serves. */
  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('the server is not running');
    return pid;
  }

  /** Everything that the server has logged since it was made (the latest part, if that is very much). */
  get log(): string {
    return this.#log;
  }

  /** Starts the process without waiting until it serves. */
  async launch(): Promise<void> {
    if (this.#process !== null) throw new Error('the server is running already');
    await mkdir(this.#config.get('dataDir') ?? this.folder, { recursive: true });
    const file = join(this.folder, 'zoo.cfg');
    const lines = [...this.#config].map(([key, value]) => `${key}=${value}\n`);
    await writeFile(file, lines.join(''));
    const child = this.kind === 'ours' ? this.#spawnOurs(file) : this.#spawnJava(file);
    endWithTests(child);
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-keptLog);
      });
    }
    this.#exit = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#log += `${error}\n`;
        resolve({ code: -1, signal: null });
      });
      // 'close' and not 'exit': what the server said last is then in the log.
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    this.#exit.then(() => {
      this.#process = null;
    });
  }

  #spawnOurs(file: string): ChildProcess {
    const limit = this.openFileLimit === null ? '' : `ulimit -n ${this.openFileLimit} && `;
    const script = `${limit}exec "$@"`;
    const command = ['-c', script, 'sh', zkServer, 'start-foreground', file];
    return spawn('/bin/sh', command, { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  #spawnJava(file: string): ChildProcess {
    const properties = [...this.#config]
      .filter(([key]) => readAsSystemProperty.has(key))
      .map(([key, value]) => `-D${key}=${value}`);
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
    const jvm = ['-Xmx1g', ...shortLivedJvm, ...properties, '-cp', zookeeperClassPath()];
    return spawn(java(), [...jvm, main, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Starts the server and returns when `srvr` answers; a server that ends instead is an error with its log. */
  async start(): Promise<this> {
    await this.launch();
    await until(`the ${this.kind} server to serve`, async () => {
      if (this.#process === null) return true;
      // A Java server that is asked while it starts may never answer that connection.
      const answer = await fourLetterWord(this.port, 'srvr', 1_000);
      return answer.startsWith('Zookeeper version');
    }).catch((error: unknown) => {
      throw new Error(`${error}\n${this.log}`);
    });
    if (this.#process === null) throw new Error(`the server ended at once:\n${this.log}`);
    return this;
  }

  /** Waits until the process has ended by itself, and says how. */
  async exited(timeoutMs = patienceMs): Promise<ServerExit> {
    if (this.#exit === null) throw new Error('the server was never started');
    return await within(`the ${this.kind} server to end`, this.#exit, timeoutMs);
  }

  /** Ends the server with a signal, if it runs, and waits for its end. */
  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<ServerExit> {
    this.#process?.kill(signal);
    return await this.exited();
  }

  /** SIGTERM: a clean end. */
  stop(): Promise<ServerExit> {
    return this.#end('SIGTERM');
  }

  /** SIGKILL: the process has no time for anything. */
  kill9(): Promise<ServerExit> {
    return this.#end('SIGKILL');
  }

  /** Sends a four-letter word and returns the answer. */
  word(word: string): Promise<string> {
    return fourLetterWord(this.port, word);
  }

  /** Sends `mntr` until the answer is whole: Java now and then closes without one, and in the middle of a long one. */
  wholeMntr(): Promise<string> {
    return until('the whole answer to mntr', async () => {
      const answer = await this.word('mntr');
      return /sync_processor_batch_size.*\n$|not currently serving/s.test(answer) && answer;
    });
  }

  /** The keys and values of `mntr`. */
  async mntr(): Promise<Map<string, string>> {
    const lines = (await this.wholeMntr()).trim().split('\n');
    return new Map(
      lines.map((line) => {
        const tab = line.indexOf('\t');
        return [line.slice(0, tab), line.slice(tab + 1)];
      }),
    );
  }

  /** Kills the server if it runs and removes its folder. */
  async dispose(): Promise<void> {
    if (this.#process !== null) await this.kill9();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** A server that has not been started: its folder is there, and its port is chosen. */
export async function makeServer(
  kind: ServerKind,
  overrides: ConfigOverrides = {},
): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 'zk-server-test-'));
  return new TestServer(kind, await freePort(), folder, overrides);
}

/** A server that serves. */
export async function startServer(
  kind: ServerKind,
  overrides: ConfigOverrides = {},
): Promise<TestServer> {
  return await (await makeServer(kind, overrides)).start();
}

/** Runs a story against a fresh server, and removes it afterwards; a failure shows the end of the server's log. */
export async function withServer<T>(
  kind: ServerKind,
  overrides: ConfigOverrides,
  story: (server: TestServer) => Promise<T>,
): Promise<T> {
  const server = await startServer(kind, overrides);
  try {
    return await story(server);
  } catch (error) {
    console.error(`--- the ${kind} server's log ends with ---\n${server.log.slice(-4_000)}`);
    throw error;
  } finally {
    await server.dispose();
  }
}
