/*
 * zkCli of the Java distribution (org.apache.zookeeper.ZooKeeperMain): a session with some fifty commands, and commands
 * given on the command line. What it prints is compared with what it prints for Apache ZooKeeper, without times.
 */
import { expect, it } from 'vitest';
import type { Finished } from '../harness/command.ts';
import { runZooKeeperClass } from '../harness/java.ts';
import { type ServerKind, type TestServer, withServer } from '../harness/server.ts';

const session = `
create /a hello
get -s /a
create -s /a/seq- x
create -e /a/eph y
create -e -s /a/es- y
create -c /cont
create -t 3600000 /ttl z
create -t 3600000 -s /ttls- z
create /a/eph/below
create /a again
create /no/parent x
create /a/ bad
ls /a
ls -s /a
ls -R /
stat /a
stat /nothing
set /a world
set -s /a world2
set -v 2 /a world3
set -v 2 /a world4
get /a
getAcl /a
getAcl -s /a
setAcl /a world:anyone:cdrwa
setAcl -v 1 /a world:anyone:crwa
setAcl -v 9 /a world:anyone:crwa
setAcl /a nosuch:x:r
addauth digest u:p
whoami
setAcl -R /cont auth::cdrwa
getAcl /cont
setquota -n 3 /a
listquota /a
delquota -n /a
setquota -B 100 /a
listquota /a
set /a this_is_longer
delquota /a
get -w /a
set /a x2
stat -w /w
create /w
ls -w /w
create /w/child
addWatch -m PERSISTENT_RECURSIVE /w
create /w/child/deeper
set /w/child/deeper data
delete /w/child/deeper
removewatches /w
removewatches /w
getEphemerals
getEphemerals /a
getAllChildrenNumber /
sync /a
config
reconfig -remove 1
version
delete /a
delete -v 7 /w/child
deleteall /a
deleteall /w
get /nosuch
ls /
quit
`;

/** The lines that mean something, with times masked; watch events by themselves, since they come when they come. */
function told({ stdout, stderr }: Finished): {
  printed: string[];
  events: string[];
  errors: string[];
} {
  const lines = stdout
    .split('\n')
    .map((line) => line.trimEnd().replace(/^([cm]time) = .*/, '$1 = some time'))
    // Java answers getEphemerals in the order of a hash table.
    .map((line) => (line.startsWith('[/') ? line.slice(1, -1).split(', ').sort().join(' ') : line))
    .filter((line) => line !== '' && line !== 'WATCHER::' && !line.startsWith('Connecting to'));
  const isEvent = (line: string): boolean => line.startsWith('WatchedEvent');
  return {
    printed: lines.filter((line) => !isEvent(line)),
    events: lines.filter(isEvent),
    // zkCli itself logs with a time in front; what its commands say has none. Whether deleteall says that it failed is a
    // race in it: ZKUtil.deleteInBatch releases its semaphore before it notes the failure.
    errors: stderr
      .split('\n')
      .filter((line) => line !== '' && !/ ERROR |^Failed to delete some/.test(line)),
  };
}

const zkCli = async (server: TestServer, args: readonly string[], input = '') =>
  told(await runZooKeeperClass('ZooKeeperMain', ['-server', server.address, ...args], input));

const oneSession = (kind: ServerKind) =>
  withServer(kind, {}, (server) => zkCli(server, [], session));

it('zkCli prints in a session what it prints for Apache ZooKeeper', async () => {
  const expected = await oneSession('java');
  // /a has lost its delete permission, so its children stay.
  expect(expected.printed.at(-1)).toBe('[a, cont, ttl, ttls-0000000003, zookeeper]');
  expect(expected.events.join()).toContain('type:NodeCreated path:/w/child/deeper');
  expect(expected.errors.join()).toContain('Node already exists: /a');
  expect(await oneSession('ours')).toEqual(expected);
});

const singleCommands = (kind: ServerKind) =>
  withServer(kind, {}, async (server) => [
    await zkCli(server, ['create', '/one', 'data']),
    await zkCli(server, ['get', '-s', '/one']),
    await zkCli(server, ['ls', '/']),
  ]);

it('zkCli carries out commands from the command line', async () => {
  const expected = await singleCommands('java');
  expect(expected[1]?.printed).toContain('data');
  expect(expected[2]?.printed).toContain('[one, zookeeper]');
  expect(await singleCommands('ours')).toEqual(expected);
});
