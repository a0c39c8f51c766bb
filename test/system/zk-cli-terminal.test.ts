/*
 * zk-cli with a person at a terminal, which script(1) lends: prompt, Tab, Ctrl-C, and what comes in between.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ZooKeeper } from '../../src/client/index.ts';
import { endWithTests, needProgram } from '../harness/command.ts';
import { startServer, type TestServer } from '../harness/server.ts';
import { until } from '../harness/until.ts';

const zkCli = fileURLToPath(new URL('../../bin/zk-cli', import.meta.url));

/** Somebody who types, and waits for what comes of it. */
class Person {
  readonly #child: ChildProcess;
  readonly exited: Promise<number | null>;
  #screen = '';

  constructor(address: string, folder: string) {
    const command = `'${zkCli}' -server ${address}`;
    this.#child = spawn(needProgram('script', 'bsdutils'), ['-qec', command, '/dev/null'], {
      env: { ...process.env, XDG_STATE_HOME: folder, NO_COLOR: '1', TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    endWithTests(this.#child);
    this.exited = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#screen += text;
    });
  }

  /** Types, and waits for a text behind what was on the screen before. */
  async type(keys: string, expected: string | RegExp): Promise<void> {
    this.#screen = '';
    this.#child.stdin?.write(keys);
    await this.see(expected);
  }

  async see(expected: string | RegExp): Promise<void> {
    const isThere = (): boolean =>
      typeof expected === 'string' ? this.#screen.includes(expected) : expected.test(this.#screen);
    await until(`${expected} on the screen`, isThere).catch((error: unknown) => {
      throw new Error(`${error}\n${this.#screen}`);
    });
  }

  leave(): void {
    this.#child.kill('SIGKILL');
  }
}

let folder: string;
let server: TestServer;
let person: Person;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zk-cli-'));
  server = await startServer('ours');
  await using zk = await ZooKeeper.connect(server.address);
  await zk.create('/fruit');
  for (const name of ['apple', 'apricot']) await zk.create(`/fruit/${name}`, name);
  person = new Person(server.address, folder);
  await person.see('(CONNECTED) 0]');
});

afterEach(async () => {
  person.leave();
  await server.dispose();
  await rm(folder, { recursive: true, force: true });
});

it('Tab completes commands and paths, and a wrong word is understood', async () => {
  await person.type('get /f\t', 'get /fruit/');
  await person.type('\t', 'ap');
  await person.type('\t', /apple[\s\S]*apricot/);
  await person.type('r\t', 'icot');
  await person.type('\r', 'apricot\r\n');
  await person.type('gte /\r', 'Command not found: gte. Did you mean get?');
  await person.type('quit\r', 'state:Closed');
  expect(await person.exited).toBe(127);
});

it('the prompt says at once what has become of the connection', async () => {
  await server.kill9();
  await person.see(/state:Disconnected[\s\S]*\(CONNECTING\) 0\]/);
  await server.start();
  await person.see(/state:SyncConnected[\s\S]*\(CONNECTED\) 0\]/);
  await person.type('ls /fruit\r', '[apple, apricot]');
});

it('Ctrl-C ends a watch, then clears the line, then leaves', async () => {
  await person.type('watch /fruit\r', 'Watching /fruit');
  await using zk = await ZooKeeper.connect(server.address);
  await zk.setData('/fruit/apple', 'eaten');
  await person.see('nodeDataChanged /fruit/apple');
  await person.type('\x03', '(CONNECTED) 1]');
  await person.type('delete /fruit/apple', 'delete /fruit/apple');
  await person.type('\x03', '(CONNECTED) 1] ');
  await person.type('\x03', '\n');
  expect(await person.exited).toBe(0);
  expect(await zk.exists('/fruit/apple')).not.toBeNull();
});
