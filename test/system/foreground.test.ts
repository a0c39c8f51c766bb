/*
 * The server as a container, systemd or a person at a terminal runs it: start-foreground, a process that serves and logs by itself.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endWithTests } from '../harness/command.ts';
import { freePort } from '../harness/ports.ts';
import { fourLetterWord } from '../harness/server.ts';
import { until, within } from '../harness/until.ts';
import { Site, zkServer } from './operator-site.ts';

let site: Site;

beforeEach(async () => {
  site = new Site(await freePort());
});

afterEach(() => site.remove());

describe('start-foreground', () => {
  function foreground(env: Readonly<Record<string, string>> = {}) {
    const child = spawn(zkServer, ['start-foreground', site.conf], {
      env: { ...process.env, ...site.env(env) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endWithTests(child);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    return { child, log: () => stdout };
  }

  async function endOf(child: ChildProcess): Promise<readonly unknown[]> {
    return await within('the server to end', once(child, 'close'));
  }

  async function serving(): Promise<void> {
    await until('srvr to be answered', async () =>
      (await fourLetterWord(site.port, 'srvr')).includes('Mode: standalone'),
    );
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('ends with exit code 0 at %s', async (signal) => {
    const { child } = foreground();
    await serving();
    child.kill(signal);
    expect(await endOf(child)).toEqual([0, null]);
  });

  it('logs one JSON object per line where no terminal listens', async () => {
    const { child, log } = foreground({ npm_lifecycle_event: '' });
    await serving();
    child.kill('SIGTERM');
    await endOf(child);
    const entries = log()
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    expect(entries[0]).toMatchObject({ level: 'info', msg: 'starting', config: site.conf });
    expect(entries.at(-1)).toMatchObject({ msg: 'stopped' });
  });

  it('greets a person who has typed npm start', async () => {
    const { child, log } = foreground({ npm_lifecycle_event: 'start' });
    await serving();
    await until('the greeting', () => log().includes('Ctrl-C stops it'));
    child.kill('SIGTERM');
    await endOf(child);
    expect(log()).toContain(`clients   127.0.0.1:${site.port}`);
    expect(log()).toContain(`data      ${site.data}`);
    expect(log()).toContain(`echo ruok | nc 127.0.0.1 ${site.port}`);
  });

  it('logs nothing below the level of ZOO_LOG_LEVEL', async () => {
    const { child, log } = foreground({ ZOO_LOG_LEVEL: 'ERROR' });
    await serving();
    child.kill('SIGTERM');
    await endOf(child);
    expect(log()).toBe('');
  });

  it('ends with exit code 2 on a configuration with a mistake', async () => {
    site.configure('maxSessionTimeout=1\n');
    const ended = await site.zk('start-foreground');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(
      `${site.conf}:4: maxSessionTimeout: minSessionTimeout (6000 ms) must not be larger`,
    );
  });

  it('ends with exit code 2 where clientPortAddress is no name', async () => {
    // Longer than a part of a name may be, so that nobody is asked.
    const name = 'x'.repeat(64);
    site.configure(`clientPortAddress=${name}\n`);
    const ended = await site.zk('start-foreground');
    expect(ended.code).toBe(2);
    expect(ended.stdout).toContain(`${name}: this machine has no such address`);
  });

  it('ends with exit code 2 where its id is that of no member', async () => {
    site.configure('standaloneEnabled=false\ninitLimit=1\nsyncLimit=1\nserver.1=a:1:2\n');
    await site.zk('initialize', '--configfile', site.conf, '--myid', '9');
    const ended = await site.zk('start-foreground');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('has no line server.9 (it has 1)');
  });

  it('ends, and does not call it a bug, where a member cannot write down the epoch that it promises', async () => {
    const ports = `${await freePort()}:${await freePort()}`;
    site.configure(
      `standaloneEnabled=false\ninitLimit=1\nsyncLimit=1\nserver.1=127.0.0.1:${ports}\n`,
    );
    await site.zk('initialize', '--configfile', site.conf, '--myid', '1');
    const version2 = join(site.data, 'version-2');
    for (const name of ['acceptedEpoch', 'currentEpoch']) writeFileSync(join(version2, name), '0');
    mkdirSync(join(version2, 'unfinished.acceptedEpoch'));
    const ended = await site.zk('start-foreground');
    expect(ended.code).toBe(1);
    const last = ended.stdout.trimEnd().split('\n').at(-1);
    expect(last).toContain('the system refuses what this server cannot do without');
    expect(last).toContain('version-2/unfinished.acceptedEpoch');
  });

  it('ends with exit code 3 where the data directory cannot be made', async () => {
    site.configure('', join(site.conf, 'data'));
    const ended = await site.zk('start-foreground');
    expect(ended.code).toBe(3);
    expect(ended.stdout).toContain('Unable to create data directory');
  });

  it('ends with exit code 3 where the logs are in the directory of the snapshots', async () => {
    mkdirSync(join(site.data, 'version-2'), { recursive: true });
    writeFileSync(join(site.data, 'version-2/log.1'), '');
    site.configure(`dataLogDir=${join(site.folder, 'logs-of-transactions')}\n`);
    const ended = await site.zk('start-foreground');
    expect([ended.code, ended.stderr]).toEqual([
      3,
      `Using config: ${site.conf}\nUnable to access datadir, exiting abnormally\n`,
    ]);
    expect(ended.stdout).toContain('Snapshot directory has log files.');
  });

  it('takes settings from SERVER_JVMFLAGS, and from java.env beside zoo.cfg', async () => {
    writeFileSync(join(site.folder, 'java.env'), 'JVMFLAGS="-Xmx2g -Dzookeeper.snapCount=x"\n');
    const ended = await site.zk('start-foreground');
    expect(ended.stderr).toContain('JVMFLAGS: zookeeper.snapCount: "x" is not a whole number');
  });
});
