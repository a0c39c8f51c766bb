/*
 * What a member of an ensemble is started with: limits, time-outs and switches with Java's defaults, who it is, and what it may not
 * be started with because its wish for secrecy could not be met.
 */
import { describe, expect, it } from 'vitest';
import { listenAddresses } from '../../../src/server/host/peer-listener.ts';
import { LEAST, type MemoryFiles, mistakeIn, parseText } from './memory-files.ts';

const SERVERS = [1, 2, 3].map((n) => `server.${n}=zk${n}:2888:3888\n`).join('');
const THREE = `${LEAST}tickTime=2000\ninitLimit=10\nsyncLimit=5\n${SERVERS}`;
const MYID = { '/data/myid': '2\n' };

/** The ensemble's part of a configuration that has one. */
function ensemble(lines = '', files: MemoryFiles = MYID, flags = '') {
  const jvmFlags = [{ variable: 'SERVER_JVMFLAGS', text: flags }];
  const config = parseText(`${THREE}${lines}`, files, { jvmFlags }).ensemble;
  if (config === null) throw new Error('no ensemble');
  return config;
}

function warnings(lines: string): readonly string[] {
  return parseText(`${THREE}${lines}`, MYID).warnings.map(({ at, text }) => `${at}: ${text}`);
}

describe('a member of an ensemble', () => {
  it("is started with Apache ZooKeeper's defaults", () => {
    expect(ensemble()).toMatchObject({
      myid: 2,
      ownLine: 'server.2 in zoo.cfg:7',
      proposedMembership: null,
      initLimitMs: 20_000,
      syncLimitMs: 10_000,
      connectToLeaderLimitMs: 20_000,
      leaderServes: true,
      cnxTimeoutMs: 5000,
      electionPortBindRetry: 3,
      quorumListenOnAllIPs: false,
      tcpKeepAlive: false,
      minNotificationIntervalMs: 200,
      maxNotificationIntervalMs: 60_000,
      maxTimeToWaitForEpochMs: -1,
      maxConcurrentSnapSyncs: 10,
      maxConcurrentDiffSyncs: 100,
      forceSnapshotSync: false,
      snapshotSizeFactor: 0.33,
      observerElectionDelayMs: 200,
    });
  });

  it.each([
    ['connectToLearnerMasterLimit=3', 'connectToLeaderLimitMs', 6000],
    ['leaderServes=no', 'leaderServes', false],
    ['cnxTimeout=700', 'cnxTimeoutMs', 700],
    ['cnxTimeout=0', 'cnxTimeoutMs', 5000],
    ['electionPortBindRetry=0', 'electionPortBindRetry', 0],
    ['electionPortBindRetry=-1', 'electionPortBindRetry', 3],
    ['quorumListenOnAllIPs=true', 'quorumListenOnAllIPs', true],
    ['tcpKeepAlive=true', 'tcpKeepAlive', true],
    ['fastleader.minNotificationInterval=50', 'minNotificationIntervalMs', 50],
    ['fastleader.maxNotificationInterval=10', 'maxNotificationIntervalMs', 200],
    ['leader.maxTimeToWaitForEpoch=4000', 'maxTimeToWaitForEpochMs', 4000],
    ['leader.maxConcurrentSnapSyncs=1', 'maxConcurrentSnapSyncs', 1],
    ['leader.maxConcurrentDiffSyncs=2', 'maxConcurrentDiffSyncs', 2],
    ['forceSnapshotSync=true', 'forceSnapshotSync', true],
    ['snapshotSizeFactor=-1', 'snapshotSizeFactor', -1],
    ['snapshotSizeFactor=2', 'snapshotSizeFactor', 0.33],
    ['observer.election.DelayMs=0', 'observerElectionDelayMs', 0],
  ] as const)('takes %j', (line, key, value) => {
    expect(ensemble(`${line}\n`)[key]).toBe(value);
  });

  it('takes the same from the flags of the JVM', () => {
    const flags = '-Dzookeeper.leaderServes=no -Dzookeeper.electionPortBindRetry=7';
    const config = ensemble('', MYID, flags);
    expect([config.leaderServes, config.electionPortBindRetry]).toEqual([false, 7]);
  });

  it('takes everything that is for ensembles, and says what does nothing', () => {
    const lines = 'electionAlg=3\nlearner.asyncSending=true\nlearner.closeSocketAsync=true\n';
    const { ignoredKeys } = parseText(`${THREE}${lines}`, MYID);
    expect(ignoredKeys.map(({ key, reason }) => `${key}: ${reason}`)).toEqual([
      'electionAlg: there is only one algorithm',
      'learner.asyncSending: it tunes the threads and sockets of the Java server',
      'learner.closeSocketAsync: it tunes the threads and sockets of the Java server',
    ]);
  });

  it('listens on its own addresses, all of them', () => {
    const lines = 'multiAddress.enabled=true\nserver.4=a:1:2|b:3:4\n';
    const { own } = ensemble(lines, { '/data/myid': '4' });
    const election = own.addresses.map(({ host, electionPort: port }) => ({ host, port }));
    expect(listenAddresses(election, false)).toEqual([
      { host: 'a', port: 2 },
      { host: 'b', port: 4 },
    ]);
  });

  it('may serve no clients, and serves them where its own line says', () => {
    const text = THREE.replace('clientPort=2181\n', '');
    expect(parseText(text, MYID)).toMatchObject({ clientPort: null });
    const inLine = text.replace('zk2:2888:3888', 'zk2:2888:3888;127.0.0.1:2182');
    expect(parseText(inLine, MYID)).toMatchObject({
      clientPort: 2182,
      clientPortAddress: '127.0.0.1',
    });
  });

  it('knows what was proposed when it went down', () => {
    const text = `${THREE.replace(SERVERS, '')}dynamicConfigFile=/conf/zoo.cfg.dynamic.10\n`;
    const files = (next: string): MemoryFiles => ({
      ...MYID,
      '/conf/zoo.cfg.dynamic.10': SERVERS,
      'zoo.cfg.dynamic.next': next,
    });
    const config = parseText(text, files(`${SERVERS}version=20\n`));
    expect(config.ensemble?.membership.version).toBe(16n);
    expect(config.ensemble?.ownLine).toBe('server.2 in /conf/zoo.cfg.dynamic.10:2');
    expect(config.ensemble?.proposedMembership?.version).toBe(32n);
    const broken = parseText(text, files('server.1=?'));
    expect(broken.ensemble?.proposedMembership).toBeNull();
    expect(broken.warnings[0]?.text).toContain('the proposed configuration is not used: server.1');
  });
});

describe('a server alone', () => {
  it('has nothing of an ensemble', () => {
    expect(parseText(`${LEAST}server.1=a:1:2\n`, { '/data/myid': '1' }).ensemble).toBeNull();
  });

  it('is not kept from serving by what is for ensembles', () => {
    const { ignoredKeys } = parseText(`${LEAST}sslQuorum=true\nleaderServes=no\n`);
    expect(ignoredKeys.map(({ reason }) => reason)).toEqual([
      'only a server in an ensemble uses it',
      'only a server in an ensemble uses it',
    ]);
  });
});

describe('an ensemble cannot be formed', () => {
  const sasl = 'quorum.auth.enableSasl=true\nquorum.auth.learnerRequireSasl=true\n';

  it.each([
    [
      'sslQuorum=true\n',
      'zoo.cfg:9: sslQuorum: TLS between servers is not supported yet, and without it they would speak in the clear: set it to false on all servers to have that',
    ],
    [
      sasl,
      'zoo.cfg:10: quorum.auth.learnerRequireSasl: SASL between servers is not supported yet, and without it anybody could take part: set it to false on all servers to have that',
    ],
    [
      'server.4=zk1:2888:3889\n',
      'zoo.cfg:9: server.4: port 2888 of zk1 is that of server.1 already',
    ],
    [
      'server.4=ZK3:3888:3889\n',
      'zoo.cfg:9: server.4: port 3888 of ZK3 is that of server.3 already',
    ],
    [
      'multiAddress.enabled=true\nserver.4=a:1:2|a:1:3\n',
      'zoo.cfg:10: server.4: port 1 of a is given twice',
    ],
  ])('with %j', (lines, message) => {
    expect(mistakeIn(`${THREE}${lines}`, MYID)).toBe(message);
  });

  it('by a server whose id is too large', () => {
    expect(mistakeIn(THREE, { '/data/myid': '99999999999999999999' })).toBe(
      '/data/myid:1: the server id 99999999999999999999 is too large',
    );
    const text = `${THREE}extendedTypesEnabled=true\nserver.255=d:1:2\n`;
    expect(mistakeIn(text, { '/data/myid': '255' })).toBe(
      '/data/myid:1: 255 is too large with extendedTypesEnabled: 254 is the most',
    );
  });
});

describe('a member is told', () => {
  it.each([
    ['observerMasterPort=2191\n', 'observerMasterPort: followers do not serve observers here'],
    ['localSessionsEnabled=true\n', 'localSessionsEnabled: sessions of this server are global'],
    ['oraclePath=/o\n', 'oraclePath: oracles are not asked here'],
    ['portUnification=true\n', 'portUnification: TLS between servers is not supported yet'],
    ['quorum.auth.enableSasl=true\n', 'quorum.auth.enableSasl: SASL between servers is not'],
  ])('of %j', (line, text) => {
    expect(warnings(line)).toEqual([expect.stringContaining(`zoo.cfg:9: ${text}`)]);
  });

  it('that its id is larger than session ids have room for', () => {
    const text = `${THREE}server.300=d:1:2\n`;
    const { warnings: told } = parseText(text, { '/data/myid': '300' });
    expect(told.map((one) => one.text)).toContain(
      '300 is more than 255: session ids of servers that differ by 256 may be the same',
    );
  });
});
