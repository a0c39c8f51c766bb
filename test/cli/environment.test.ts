/*
 * Which configuration, log and pid file a command is about: the rules of zkEnv.sh and zkServer.sh.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../src/cli/environment.ts';

const conf = fileURLToPath(new URL('../../conf', import.meta.url));

describe('the configuration', () => {
  it.each([
    [{}, {}, join(conf, 'zoo.cfg')],
    [{ ZOOCFGDIR: '/etc/zk' }, {}, '/etc/zk/zoo.cfg'],
    [{ ZOOCFGDIR: '/etc/zk', ZOOCFG: 'one.cfg' }, {}, '/etc/zk/one.cfg'],
    [{ ZOOCFGDIR: '/etc/zk' }, { configDir: '/opt' }, '/opt/zoo.cfg'],
    [{ ZOOCFGDIR: '/etc/zk' }, { name: 'two.cfg' }, '/etc/zk/two.cfg'],
    [{ ZOOCFGDIR: '/etc/zk' }, { name: './two.cfg' }, './two.cfg'],
    [{ ZOOCFGDIR: '', ZOOCFG: '' }, {}, join(conf, 'zoo.cfg')],
  ])('of %j with %j is %s', (variables, options, path) => {
    expect(environmentOf(variables, options).configFile).toBe(path);
  });
});

describe('the log', () => {
  it('is named after the user, in ZOO_LOG_DIR', () => {
    const { logFile } = environmentOf({ ZOO_LOG_DIR: '/var/log/zk', USER: 'zk' }, {});
    expect(logFile).toMatch(/^\/var\/log\/zk\/zookeeper-zk-server-.+\.out$/);
  });
});

describe('flags of the JVM', () => {
  it('come in the order of the Java command line, where the last one counts', () => {
    const { jvmFlags } = environmentOf(
      { JVMFLAGS: '-Dc=3', SERVER_JVMFLAGS: '-Db=2', ZOO_DATADIR_AUTOCREATE_DISABLE: '1' },
      {},
    );
    expect(jvmFlags.map((one) => one.text)).toEqual([
      '-Dzookeeper.datadir.autocreate=false',
      '-Db=2',
      '-Dc=3',
    ]);
  });
});
