/*
 * The operators' command line as they use it: bin/zk-server and bin/zkServer.sh as programs of their own, with real
 * configurations, pid files and servers.
 */
import { once } from 'node:events';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import Module from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../harness/command.ts';
import { freePort } from '../harness/ports.ts';
import { fourLetterWord } from '../harness/server.ts';
import { until } from '../harness/until.ts';
import { bin, Site, zkServer } from './operator-site.ts';

let site: Site;

beforeEach(async () => {
  site = new Site(await freePort());
});

afterEach(() => site.remove());

describe('start', () => {
  it('returns when the server serves', async () => {
    const started = await site.zk('start');
    expect(started).toEqual({
      code: 0,
      stdout: 'Starting zookeeper ... STARTED\n',
      stderr: `Using config: ${site.conf}\n`,
    });
    expect(await fourLetterWord(site.port, 'srvr')).toContain('Mode: standalone');
  });

  it('keeps the pid in dataDir, without a line break', async () => {
    await site.zk('start');
    expect(readFileSync(site.pidFile, 'utf8')).toMatch(/^[0-9]+$/);
    const command = await run('ps', ['-o', 'args=', '-p', String(site.pid())]);
    expect(command.stdout).toContain(`start-foreground ${site.conf}`);
  });

  it('refuses while one is running', async () => {
    await site.zk('start');
    const second = await site.zk('start');
    expect(second.code).toBe(1);
    expect(second.stdout).toBe(
      `Starting zookeeper ... already running as process ${site.pid()}.\n`,
    );
  });

  it('is not kept from starting by the pid of a process that has ended', async () => {
    await site.zk('start');
    const dead = site.pid();
    await site.zk('stop');
    writeFileSync(site.pidFile, String(dead));
    expect((await site.zk('start')).stdout).toBe('Starting zookeeper ... STARTED\n');
  });

  it('is not kept from starting by a pid that is now another program', async () => {
    await site.zk('start');
    await site.zk('stop');
    writeFileSync(site.pidFile, String(process.pid));
    expect((await site.zk('start')).stdout).toBe('Starting zookeeper ... STARTED\n');
  });

  it('says why a server does not start, with its own words', async () => {
    site.configure('tickTime=soon\n');
    const failed = await site.zk('start');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain('Starting zookeeper ... FAILED TO START\n');
    expect(failed.stdout).toContain(`${site.conf}:4: tickTime: "soon" is not a whole number`);
    expect(existsSync(site.pidFile)).toBe(false);
  });

  it('says that the port is taken, and by no means that another server is this one', async () => {
    const other = createServer((socket) => socket.end('Mode: standalone\n'));
    other.listen(site.port, '127.0.0.1');
    await once(other, 'listening');
    const failed = await site.zk('start');
    other.close();
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(
      `clientPort ${site.port} on 127.0.0.1 is taken: another process listens there already`,
    );
  });

  it('names a configuration that is not there', async () => {
    const failed = await site.zk('start', 'other.cfg');
    expect(failed.code).toBe(1);
    expect(failed.stdout).toContain(`${join(site.folder, 'other.cfg')}: there is no such file`);
  });

  it('has a log that begins with the version and names what has no effect', async () => {
    site.configure('syncLimit=5\n');
    await site.zk('start');
    const folder = join(site.folder, 'logs');
    const logs = await run('ls', [folder]);
    const log = readFileSync(join(folder, logs.stdout.trim()), 'utf8');
    expect(logs.stdout).toMatch(/^zookeeper-.*-server-.*\.out\n$/);
    expect(log.split('\n')[0]).toContain('"msg":"starting"');
    expect(log).toContain('this key has no effect: only a server in an ensemble uses it');
  });

  it('leaves a server behind that SIGHUP does not end, as nohup does for Java', async () => {
    await site.zk('start');
    process.kill(site.pid(), 'SIGHUP');
    const folder = join(site.folder, 'logs');
    const log = join(folder, (await run('ls', [folder])).stdout.trim());
    await until('the signal to be seen', () => readFileSync(log, 'utf8').includes('SIGHUP'));
    expect(await fourLetterWord(site.port, 'srvr')).toContain('Mode: standalone');
  });

  it('does not make data directories where that is forbidden', async () => {
    const env = site.env({ ZOO_DATADIR_AUTOCREATE_DISABLE: '1' });
    const failed = await run(zkServer, ['start'], { env });
    expect(failed.code).toBe(1);
    expect(failed.stdout).toBe(
      `ZooKeeper data directory is missing at ${site.data} fix the path or run initialize\n`,
    );
    expect(existsSync(site.data)).toBe(false);
  });
});

describe('stop', () => {
  it('returns when the process is gone', async () => {
    await site.zk('start');
    const stopped = await site.zk('stop');
    expect([stopped.code, stopped.stdout]).toEqual([0, 'Stopping zookeeper ... STOPPED\n']);
    await expect(fourLetterWord(site.port, 'srvr')).rejects.toThrow('ECONNREFUSED');
    expect(existsSync(site.pidFile)).toBe(false);
  });

  it('is content where there is nothing to stop', async () => {
    const stopped = await site.zk('stop');
    expect([stopped.code, stopped.stdout]).toEqual([
      0,
      `Stopping zookeeper ... no zookeeper to stop (could not find file ${site.pidFile})\n`,
    ]);
  });

  it('does not end a process that is no server', async () => {
    await site.zk('start');
    await site.zk('stop');
    writeFileSync(site.pidFile, String(process.pid));
    const stopped = await site.zk('stop');
    expect(stopped.stdout).toContain(`process ${process.pid} is no server`);
    expect(existsSync(site.pidFile)).toBe(false);
  });

  it('works with a configuration that has a mistake by now', async () => {
    await site.zk('start');
    site.configure('tickTime=soon\n');
    expect((await site.zk('stop')).stdout).toBe('Stopping zookeeper ... STOPPED\n');
  });
});

describe('restart', () => {
  it('is a stop and a start', async () => {
    await site.zk('start');
    const before = site.pid();
    const restarted = await site.zk('restart');
    expect([restarted.code, restarted.stdout]).toEqual([
      0,
      'Stopping zookeeper ... STOPPED\nStarting zookeeper ... STARTED\n',
    ]);
    expect(site.pid()).not.toBe(before);
  });
});

describe('status', () => {
  it('prints the lines of zkServer.sh', async () => {
    await site.zk('start');
    expect(await site.zk('status')).toEqual({
      code: 0,
      stdout: `Client port found: ${site.port}. Client address: 127.0.0.1. Client SSL: false.\nMode: standalone\n`,
      stderr: `Using config: ${site.conf}\n`,
    });
  });

  it('says that nothing answers, with exit code 1', async () => {
    const status = await site.zk('status');
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/\nError contacting service. It is probably not running.\n$/);
  });
});

describe('initialize', () => {
  it('makes empty directories and a myid', async () => {
    const made = await site.zk('initialize', `--configfile=${site.conf}`, '--myid=7');
    expect([made.code, made.stdout]).toEqual([0, 'Using myid of 7\n']);
    expect(readFileSync(join(site.data, 'myid'), 'utf8')).toBe('7\n');
    expect(existsSync(join(site.data, 'version-2'))).toBe(true);
    expect(existsSync(join(site.data, 'initialize'))).toBe(true);
  });

  it('keeps data that is there, unless it is forced', async () => {
    await site.zk('initialize', '--configfile', site.conf);
    const second = await site.zk('initialize', '--configfile', site.conf);
    expect(second.code).toBe(1);
    expect(second.stderr).toBe(
      `ZooKeeper data directory already exists at ${site.data} (or use --force to force re-initialization)\n`,
    );
    const forced = await site.zk('initialize', '--configfile', site.conf, '--force');
    expect(forced.stdout).toContain(
      'Force enabled, data/txnlog directories will be re-initialized\n',
    );
  });

  it('never takes data away from a running server', async () => {
    await site.zk('start');
    const refused = await site.zk('initialize', '--configfile', site.conf, '--force');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`a server is running on this data as process ${site.pid()}`);
  });

  it('says in a line what it cannot make', async () => {
    const file = join(site.folder, 'file');
    writeFileSync(file, '');
    site.configure('', join(file, 'data'));
    const refused = await site.zk('initialize', '--configfile', site.conf, '--myid', '7');
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      `Unable to initialize ${join(file, 'data/zookeeper_server.pid')}: a part of the path is not a directory\n`,
    ]);
    site.configure('');
  });

  it('refuses an id that is none', async () => {
    const refused = await site.zk('initialize', '--configfile', site.conf, '--myid', 'seven');
    expect([refused.code, refused.stderr]).toEqual([
      1,
      '--myid: "seven" is no number from 1 to 255\n',
    ]);
  });
});

describe('the other commands', () => {
  it('print-cmd prints what start runs', async () => {
    const printed = await site.zk('print-cmd');
    expect(printed.stdout).toContain(
      `"${process.execPath}" "--v8-pool-size=1" "${zkServer}" "start-foreground" "${site.conf}"`,
    );
  });

  it('version prints the version', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
    );
    expect((await site.zk('version')).stdout).toContain(`zk-server, version ${version} (`);
  });

  it('an unknown one is told the known ones, with exit code 1', async () => {
    const refused = await site.zk('begin');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('zk-server start [cfg]');
  });

  it('--config names the directory of the configuration', async () => {
    const status = await run(zkServer, ['--config', site.folder, 'status']);
    expect(status.stderr).toBe(`Using config: ${site.conf}\n`);
  });

  it('a name with a slash is a path', async () => {
    const status = await run(zkServer, ['status', `./${basename(site.conf)}`], {
      cwd: site.folder,
    });
    expect(status.stdout).toContain(`Client port found: ${site.port}.`);
  });
});

describe('bin/zkServer.sh', () => {
  it('is the same, also through a symbolic link', async () => {
    const link = join(site.folder, 'zkServer.sh');
    symlinkSync(join(bin, 'zkServer.sh'), link);
    const status = await run(link, ['status'], { env: site.env() });
    expect(status.code).toBe(1);
    expect(status.stdout).toContain(`Client port found: ${site.port}.`);
  });
});

describe('the code that the build compiles', () => {
  const bundle = fileURLToPath(new URL('../../dist/bundle/', import.meta.url));

  it('is what V8 takes', () => {
    const script = new Script(Module.wrap(readFileSync(join(bundle, 'main.cjs'), 'utf8')), {
      filename: join(bundle, 'main.cjs'),
      cachedData: readFileSync(join(bundle, 'main.cjs.compiled')),
    });
    expect(script.cachedDataRejected).toBe(false);
  });

  it('may be missing or of another version', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zk-cli-test-'));
    try {
      cpSync(bin, join(folder, 'bin'), { recursive: true });
      copyFileSync(join(bin, '../package.json'), join(folder, 'package.json'));
      cpSync(bundle, join(folder, 'dist/bundle'), { recursive: true });
      rmSync(join(folder, 'dist/bundle/main.cjs.compiled'));
      const version = () => run(join(folder, 'bin/zk-server'), ['version']);
      expect(await version()).toMatchObject({ code: 0 });
      const other = readFileSync(join(bundle, 'main.cjs.compiled'));
      other.writeInt32LE(other.readInt32LE(4) + 1, 4);
      writeFileSync(join(folder, 'dist/bundle/main.cjs.compiled'), other);
      expect(await version()).toMatchObject({ code: 0 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
