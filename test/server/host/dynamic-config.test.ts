/*
 * The files that a reconfigurable ensemble keeps beside zoo.cfg: those that Apache ZooKeeper 3.8.0 left behind after a first start
 * and after `reconfig -remove 3`, but for the comments and the order of zoo.cfg, which stay here.
 */
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withVersion } from '../../../src/quorum/membership.ts';
import { DynamicConfig } from '../../../src/server/host/dynamic-config.ts';
import { membership } from '../../quorum/java-memberships.ts';

const STATIC = `# my file
tickTime=500
dataDir=/data
clientPort=2181
clientPortAddress=127.0.0.1
peerType=participant
# the servers
server.1=127.0.0.1:2888:3888
server.2=127.0.0.1:\\
  2889:3889
server.3=127.0.0.1:2890:3890
`;

const three = membership(
  'server.1=127.0.0.1:2888:3888\nserver.2=127.0.0.1:2889:3889\nserver.3=127.0.0.1:2890:3890',
);
const two = membership('server.2=127.0.0.1:2889:3889;2182\nserver.1=127.0.0.1:2888:3888;2181');

let directory = '';
let path = '';

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'dynamic-')));
  path = join(directory, 'zoo.cfg');
  writeFileSync(path, STATIC);
});

afterEach(() => rmSync(directory, { recursive: true }));

const content = (name: string) => readFileSync(join(directory, name), 'utf8');

describe('the files of a dynamic configuration', () => {
  it('after a first start are the members by themselves, and a zoo.cfg that names them', () => {
    const files = new DynamicConfig(path, 1);
    files.backup();
    files.writeProposed(withVersion(three, 0x1_0000_0000n));
    expect(content('zoo.cfg.dynamic.next')).toContain('version=100000000');
    files.writeCommitted(withVersion(three, 0x1_0000_0000n));
    files.removeProposed();
    expect(readdirSync(directory).sort()).toEqual([
      'zoo.cfg',
      'zoo.cfg.bak',
      'zoo.cfg.dynamic.100000000',
    ]);
    expect(content('zoo.cfg.bak')).toBe(STATIC);
    expect(content('zoo.cfg.dynamic.100000000')).toBe(
      'server.1=127.0.0.1:2888:3888:participant\nserver.2=127.0.0.1:2889:3889:participant\nserver.3=127.0.0.1:2890:3890:participant',
    );
    expect(content('zoo.cfg')).toBe(
      `# my file\ntickTime=500\ndataDir=/data\nclientPort=2181\nclientPortAddress=127.0.0.1\n# the servers\ndynamicConfigFile=${path}.dynamic.100000000\n`,
    );
  });

  it('lose the client port of zoo.cfg where the own line has one', () => {
    const files = new DynamicConfig(path, 1);
    files.writeCommitted(withVersion(three, 0x1_0000_0000n));
    files.writeCommitted(withVersion(two, 0x1_0000_0003n));
    expect(content('zoo.cfg')).toBe(
      `# my file\ntickTime=500\ndataDir=/data\n# the servers\ndynamicConfigFile=${path}.dynamic.100000003\n`,
    );
    expect(content('zoo.cfg.dynamic.100000003')).toBe(
      'server.1=127.0.0.1:2888:3888:participant;0.0.0.0:2181\nserver.2=127.0.0.1:2889:3889:participant;0.0.0.0:2182',
    );
  });

  it('are those behind a link, with the rights that they had', () => {
    const link = join(directory, 'linked.cfg');
    chmodSync(path, 0o640);
    symlinkSync(path, link);
    new DynamicConfig(link, 1).writeCommitted(withVersion(three, 16n));
    expect(content('zoo.cfg')).toContain(`dynamicConfigFile=${link}.dynamic.10\n`);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('may lie on any path', () => {
    const odd = join(directory, 'zoo é\\.cfg');
    writeFileSync(odd, STATIC);
    new DynamicConfig(odd, 1).writeCommitted(withVersion(three, 16n));
    expect(readFileSync(odd, 'utf8')).toContain('zoo \\u00e9\\\\.cfg.dynamic.10\n');
  });

  it('are not asked for a proposal that is not there', () => {
    expect(() => new DynamicConfig(path, 1).removeProposed()).not.toThrow();
  });
});
