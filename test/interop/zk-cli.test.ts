/*
 * zk-cli beside the real zkCli (org.apache.zookeeper.ZooKeeperMain): the same commands, line by line, against a server of
 * each kind, print the same lines. What is meant to be different is listed in docs/CLI.md, and left out here: the version, what
 * makes Java end with a stack trace, and what goes on while a connection is made or lost.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Finished, run } from '../harness/command.ts';
import { java, shortLivedJvm, zookeeperClassPath } from '../harness/java.ts';
import { serverKinds, type TestServer, withServer } from '../harness/server.ts';

const zkCli = fileURLToPath(new URL('../../bin/zk-cli', import.meta.url));

const session = `
create /a hello
create
create -e
create -c -e /x
create -t abc /x
create -t 0 /x
create -t 1099511627776 /x
create -t
create -e -t 5 /x
create nopath
create /a//b
create /a/../b
create /a/./b
create /a/
create /no/parent x
create /a again
create -s /a/seq- x
create -e /a/eph y
create -e -s /a/es- y
create -es /a/both-
create -c /cont
create -t 3600000 /ttl z
create -t 3600000 -s /ttls- z
create /a/eph/below
create '/q' 'a "b" c'
create /quoted "hello world"
create /empty ""
create /ac x world:anyone
create /ac2 x world:anyone:zr
create /ac3 x digest:a:b:cdrwa,world:anyone:r
get
get -q /
get /q
get /quoted
get /empty
get /cont
get -s /a
get -- /a
get --s /a
get /a watch
stat
stat /a
stat /nothing
stat /a true
stat -w /a -x
ls
ls -?
ls -z /
ls -1
ls /a
ls -sR /a
ls -s -w /a
ls / true
ls -R /
ls /nothing
ls /a -s
ls "/
set /a
set -v 2 /a world
set /a world
set -s /a world2 extra
set -v 2 /a world3
set -v2 /a world4
set -v=9 /a world4
delete
delete /a
delete -v 7 /q
delete /q 0
delete /quoted -v 0
deleteall
deleteall -b x /a
deleteall -b 2 /nope
getAcl /ac2
getAcl /ac3
getAcl -s /a
setAcl /a
setAcl /a foo
setAcl /a :::
setAcl /a world:anyone:cdrwa
setAcl -v 1 /a world:anyone:crwa
setAcl -v 9 /a world:anyone:crwa
setAcl /a nosuch:x:r
addauth
addauth digest u:p
whoami
setAcl -R /cont auth::cdrwa
getAcl /cont
setquota /a
setquota -n 0 /a
setquota -n x /a
setquota -b -1 /a
setquota -n 5
setquota -n 5 -b 6 /a
setquota -n 5 /nope
setquota -n 5 /zookeeper/quota/x
setquota -n 5 /
listquota /a
listquota
delquota
delquota /a
setquota -n 3 /a
listquota /a
setquota -n 3 /a/eph
setquota -N 100 /a
listquota /a
delquota -n /a
delquota -n -b /a
setquota -B 100 /a
listquota /a
ls -R /zookeeper
delquota /a
ls -R /zookeeper
create /parent
create /parent/child
setquota -b 100 /parent/child
setquota -b 100 /parent
delquota /parent/child
getEphemerals x
getAllChildrenNumber
getAllChildrenNumber /
getAllChildrenNumber /nope
sync
sync /a
sync /nope
sync nope
config
config -s
config -c
reconfig
reconfig -add server.5=localhost:1:2;3
reconfig -v zz -add x
reconfig -file /nonexistent
reconfig -file a -members b
reconfig -members a -add c
create /w
get -w /w
set /w x2
stat -w /w2
create /w2
ls -w /w
create /w/child
addWatch
addWatch -m bogus /w
addWatch -m PERSISTENT_RECURSIVE /w
create /w/child/deeper
set /w/child/deeper data
delete /w/child/deeper
removewatches
removewatches /w
removewatches /w
get -w /w2
ls -w /w2
removewatches /w2 -d
removewatches /w2 -c -l
deleteall /a
deleteall /w
history
redo 0
redo 999
redo
printwatches off
get -w /w2
set /w2 silent
printwatches
printwatches on
version x
bogus x
close
ls /
history
`.trimStart();

/**
 * Lines with ports and times in them; and two races in Java's: whether deleteall says that it failed (ZKUtil.deleteInBatch releases its
 * semaphore before it notes the failure), and whether an event that came while none was to be printed is printed a command later.
 */
const isMeant = (line: string): boolean =>
  /^SLF4J|^Connecting to|^Failed to delete some| ERROR |NodeDataChanged path:\/w2$/.test(line);

/** Of the usage that follows an unknown command; zk-cli has more commands. */
const isUsage = (line: string): boolean => line.startsWith('\t');

/** What was said. Events come when they come, so they stand by themselves. */
function told({ code, stdout, stderr }: Finished) {
  const lines = stdout
    .split('\n')
    .map((line) => line.replace(/^([cm]time) = .*/, '$1 = some time'))
    .filter((line) => line !== '' && line !== 'WATCHER::' && !isMeant(line));
  const isEvent = (line: string): boolean => line.startsWith('WatchedEvent');
  return {
    code,
    printed: lines.filter((line) => !isEvent(line)),
    events: lines.filter(isEvent),
    errors: stderr.split('\n').filter((line) => line !== '' && !isMeant(line) && !isUsage(line)),
  };
}

type Shell = (server: TestServer, words: readonly string[], input?: string) => Promise<Finished>;

const ours: Shell = (server, words, input = '') =>
  run(zkCli, ['-server', server.address, ...words], { input });

const theirs: Shell = (server, words, input = '') => {
  const jvm = [...shortLivedJvm, '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  const main = 'org.apache.zookeeper.ZooKeeperMain';
  const options = ['-cp', zookeeperClassPath(), main, '-server', server.address];
  return run(java(), [...jvm, ...options, ...words], { input });
};

describe.each(serverKinds)('against a server of kind %s', (kind) => {
  const linesOf = (shell: Shell) =>
    withServer(kind, {}, async (server) => told(await shell(server, [], session)));

  it('zk-cli prints in a session what zkCli prints', async () => {
    const [expected, printed] = await Promise.all([linesOf(theirs), linesOf(ours)]);
    expect(expected.printed).toContain('JLine support is disabled');
    expect(expected.events.join()).toContain('type:NodeCreated path:/w/child/deeper');
    expect(expected.errors.join()).toContain('Node already exists: /a');
    expect(printed).toEqual(expected);
  });

  it('zk-cli ends a command of the command line as zkCli does', async () => {
    const commands = [
      ['create', '/one', 'data'],
      ['ls', '/nope'],
      ['-r', '-timeout', '20000', '-waitforconnection', 'get', '/one'],
      ['bogus'],
      ['get', '-q', '/'],
    ];
    const outcomesOf = (shell: Shell) =>
      withServer(kind, {}, async (server) => {
        const outcomes = [];
        for (const words of commands) outcomes.push(told(await shell(server, words)));
        return outcomes;
      });
    const [expected, outcomes] = await Promise.all([outcomesOf(theirs), outcomesOf(ours)]);
    expect(expected.map(({ code }) => code)).toEqual([0, 1, 0, 127, 1]);
    expect(outcomes).toEqual(expected);
  });
});
