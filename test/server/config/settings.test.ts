/*
 * Single keys: what each text becomes, what is refused with which words, and where a key may be given.
 */
import { describe, expect, it } from 'vitest';
import type { ServerConfig } from '../../../src/server/config/config.ts';
import { LEAST, mistakeIn, parseText } from './memory-files.ts';

type Read = (config: ServerConfig) => unknown;

const understood: readonly (readonly [line: string, read: Read, value: unknown])[] = [
  ['tickTime=500', (c) => c.tickTime, 500],
  ['minSessionTimeout=1000', (c) => c.minSessionTimeout, 1000],
  ['maxSessionTimeout=600000', (c) => c.maxSessionTimeout, 600_000],
  ['maxClientCnxns=-1', (c) => c.maxClientCnxns, -1],
  ['clientPortAddress=127.0.0.1', (c) => c.clientPortAddress, '127.0.0.1'],
  ['clientPortAddress=0.0.0.0', (c) => c.clientPortAddress, null],
  ['clientPortAddress=[::1]', (c) => c.clientPortAddress, '::1'],
  ['clientPortListenBacklog=100', (c) => c.clientPortListenBacklog, 100],
  ['dataLogDir=/log', (c) => c.dataLogDir, '/log'],
  ['jute.maxbuffer=52428800', (c) => c.juteMaxBuffer, 52_428_800],
  ['jute.maxbuffer=0x3200000', (c) => c.juteMaxBuffer, 52_428_800],
  ['jute.maxbuffer=2000', (c) => c.juteMaxBufferExtraSize, 2000],
  ['jute.maxbuffer=10', (c) => c.juteMaxBufferExtraSize, 1024],
  ['snapCount=1', (c) => c.snapCount, 2],
  ['snapCount=010', (c) => c.snapCount, 8],
  ['commitLogCount=10', (c) => c.commitLogCount, 500],
  ['forceSync=no', (c) => c.forceSync, false],
  ['forceSync=false', (c) => c.forceSync, true],
  ['skipACL=yes', (c) => c.skipACL, true],
  ['skipACL=true', (c) => c.skipACL, false],
  ['flushDelay=20', (c) => c.maxWriteQueuePollTimeMs, 6],
  ['snapshot.compression.method=GZ', (c) => c.snapshotCompression, 'gz'],
  ['snapshot.compression.method=zip', (c) => c.snapshotCompression, ''],
  ['snapshot.trust.empty=true', (c) => c.snapshotTrustEmpty, true],
  ['digest.enabled=nonsense', (c) => c.digestEnabled, false],
  ['autopurge.purgeInterval=24', (c) => c.autopurge.purgeIntervalMs, 86_400_000],
  ['autopurge.purgeInterval=30m', (c) => c.autopurge.purgeIntervalMs, 1_800_000],
  ['autopurge.purgeInterval=2D', (c) => c.autopurge.purgeIntervalMs, 172_800_000],
  ['autopurge.purgeInterval=500ms', (c) => c.autopurge.purgeIntervalMs, 500],
  ['autopurge.purgeInterval=-1', (c) => c.autopurge.purgeIntervalMs, 0],
  ['autopurge.snapRetainCount=1', (c) => c.autopurge.snapRetainCount, 3],
  ['largeRequestThreshold=0', (c) => c.largeRequestThreshold, -1],
  ['largeRequestMaxBytes=-3', (c) => c.largeRequestMaxBytes, 104_857_600],
  ['znode.container.checkIntervalMs=100', (c) => c.containerCheckIntervalMs, 100],
  ['connection_throttle_drop_increase=0.5', (c) => c.connectionThrottle.dropIncrease, 0.5],
  [
    'connection_throttle_local_session_weight=5',
    (c) => c.connectionThrottle.globalSessionWeight,
    5,
  ],
  ['requestThrottleLimit=10', (c) => c.requestThrottle.maxRequests, 10],
  [
    '4lw.commands.whitelist=ruok, , stat',
    (c) => [...c.fourLetterWordsWhitelist],
    ['ruok', 'stat', 'srvr'],
  ],
  ['readonlymode.enabled=true', (c) => [...c.fourLetterWordsWhitelist], ['srvr', 'isro']],
  ['DigestAuthenticationProvider.digestAlg=SHA-256', (c) => c.digestAlg, 'sha256'],
  ['DigestAuthenticationProvider.superDigest=super:x=', (c) => c.superDigest, 'super:x='],
  ['extendedTypesEnabled=true', (c) => c.extendedTypesEnabled, true],
  ['zookeeper.extendedTypesEnabled=true', (c) => c.extendedTypesEnabled, true],
];

describe('a key in zoo.cfg', () => {
  it.each(understood)('%s', (line, read, value) => {
    expect(read(parseText(`${LEAST}${line}\n`))).toEqual(value);
  });

  it('has the default of Apache ZooKeeper where it is not given', () => {
    expect(parseText(LEAST)).toMatchObject({
      tickTime: 3000,
      maxClientCnxns: 60,
      juteMaxBuffer: 0xfffff,
      juteMaxBufferExtraSize: 0xfffff,
      snapCount: 100_000,
      snapSizeLimitInKb: 4_194_304,
      globalOutstandingLimit: 1000,
      extendedTypesEnabled: false,
      forceSync: true,
      enforceAuthSchemes: null,
      autopurge: { snapRetainCount: 3, purgeIntervalMs: 0 },
      warnings: [],
      ignoredKeys: [],
    });
  });

  it('may have any syntax of a .properties file', () => {
    const config = parseText(
      '\ufeffdataDir: /da\\\n    ta\r\n! comment\n  client\\u0050ort 2182\n',
    );
    expect([config.dataDir, config.clientPort]).toEqual(['/data', 2182]);
  });

  it('is read as ISO 8859-1, so that it names the directory that Java uses', () => {
    const bytes = new Uint8Array(
      [...'dataDir=/d'].map((one) => one.charCodeAt(0)).concat(0xe9, 10),
    );
    expect(parseText('', { 'zoo.cfg': bytes }).dataDir).toBe('/d\u00e9');
  });
});

const refused: readonly (readonly [text: string, message: string])[] = [
  ['clientPort=2181\n', 'zoo.cfg: dataDir: is not set'],
  ['dataDir=\n', 'zoo.cfg:1: dataDir: has no value'],
  ['dataDir=/d\nclientPort=abc', 'zoo.cfg:2: clientPort: "abc" is not a whole number'],
  [
    'dataDir=/d\n\n\nclientPort=70000',
    'zoo.cfg:4: clientPort: 70000 is too large: 65535 is the most',
  ],
  ['dataDir=/d\nclientPort=-1', 'zoo.cfg:2: clientPort: -1 is too small: 0 is the least'],
  [
    'dataDir=/d\nclientPort=',
    'zoo.cfg:2: clientPort: has no value, where a whole number is needed',
  ],
  ['dataDir=/d\nclientPort=0x885', 'zoo.cfg:2: clientPort: "0x885" is not a whole number'],
  [
    'dataDir=/d\nclientPort=1\nclientPort=2',
    'zoo.cfg:3: clientPort: is given twice with different values, first on line 2',
  ],
  [
    'dataDir=/d\nclientPortAddress=::1',
    'zoo.cfg:2: clientPortAddress: is set, but clientPort is not set',
  ],
  [`${LEAST}tickTime=0`, 'zoo.cfg:3: tickTime: 0 is too small: 1 is the least'],
  [`${LEAST}tickTime=2s`, 'zoo.cfg:3: tickTime: "2s" is not a whole number'],
  [
    `${LEAST}minSessionTimeout=5000\nmaxSessionTimeout=4000`,
    'zoo.cfg:3: minSessionTimeout: minSessionTimeout (5000 ms) must not be larger than maxSessionTimeout (4000 ms)',
  ],
  [
    `${LEAST}maxSessionTimeout=4000`,
    'zoo.cfg:3: maxSessionTimeout: minSessionTimeout (6000 ms) must not be larger than maxSessionTimeout (4000 ms)',
  ],
  [
    `${LEAST}maxClientCnxns=2147483648`,
    'zoo.cfg:3: maxClientCnxns: 2147483648 is too large: 2147483647 is the most',
  ],
  [`${LEAST}standaloneEnabled=yes`, 'zoo.cfg:3: standaloneEnabled: "yes" is not true or false'],
  [`${LEAST}electionAlg=1`, 'zoo.cfg:3: electionAlg: 1 is not supported, there is only 3'],
  [`${LEAST}peerType=boss`, 'zoo.cfg:3: peerType: "boss" is neither participant nor observer'],
  [`${LEAST}snapCount=many`, 'zoo.cfg:3: snapCount: "many" is not a whole number'],
  [`${LEAST}snapCount=08`, 'zoo.cfg:3: snapCount: "08" is not a whole number'],
  [
    `${LEAST}globalOutstandingLimit=-1`,
    'zoo.cfg:3: globalOutstandingLimit: -1 is too small: 0 is the least',
  ],
  [
    `${LEAST}connection_throttle_decrease_ratio=half`,
    'zoo.cfg:3: connection_throttle_decrease_ratio: "half" is not a number',
  ],
  [
    `${LEAST}autopurge.purgeInterval=1w`,
    'zoo.cfg:3: autopurge.purgeInterval: "1w" is not a number of hours, or a number followed by ms, s, m, h or d',
  ],
  [
    `${LEAST}quorum.auth.serverRequireSasl=true`,
    'zoo.cfg:3: quorum.auth.serverRequireSasl: needs quorum.auth.enableSasl=true',
  ],
  [
    `${LEAST}quorum.auth.enableSasl=true\nquorum.auth.serverRequireSasl=true`,
    'zoo.cfg:4: quorum.auth.serverRequireSasl: needs quorum.auth.learnerRequireSasl=true',
  ],
  [
    `${LEAST}secureClientPortAddress=::1`,
    'zoo.cfg:3: secureClientPortAddress: is set, but secureClientPort is not set',
  ],
  [
    `${LEAST}enforce.auth.enabled=true`,
    'zoo.cfg:3: enforce.auth.enabled: is true, but enforce.auth.schemes names none',
  ],
  [
    `${LEAST}sessionRequireClientSASLAuth=true`,
    'zoo.cfg:3: sessionRequireClientSASLAuth: scheme sasl is not available, so nobody could log in (there is ip and digest)',
  ],
  [`${LEAST}a=b\nc=\\u12`, 'zoo.cfg:4: \\u needs four hexadecimal digits'],
];

describe('a mistake', () => {
  it.each(refused)('%j', (text, message) => {
    expect(mistakeIn(text)).toBe(message);
  });

  it('is a file that cannot be read', () => {
    expect(mistakeIn('', { 'zoo.cfg': new Error('permission denied') })).toBe(
      'zoo.cfg: permission denied',
    );
  });

  it('is a myid that is not a number', () => {
    expect(mistakeIn(LEAST, { '/data/myid': 'one\n' })).toBe(
      '/data/myid:1: the server id "one" is not a number; the file holds the N of this server\'s line server.N',
    );
  });
});

describe('what is corrected', () => {
  it.each([
    ['snapCount=1', 'snapCount: 1 is less than 2; using 2'],
    [
      'skipACL=true',
      'skipACL: "true" is neither yes nor no; taken as no, as Apache ZooKeeper does',
    ],
    ['snapCount=', 'snapCount: has no value; the default is used'],
    [
      'tickTime=1\ntickTime=2',
      'tickTime: is given twice with different values, first on line 3; the last one counts',
    ],
    [
      'dataLogDir=log',
      'dataLogDir: log is relative to the working directory; put ./ in front to say so',
    ],
    [
      'peerType=observer',
      'peerType is observer, but in the list of servers it is participant, which counts',
    ],
  ])('%j is told to the operator once', (line, text) => {
    expect(parseText(`${LEAST}${line}\n`).warnings.map((one) => one.text)).toEqual([text]);
  });

  it('of two lines for one key the last counts, whichever spelling they have', () => {
    const config = parseText(`${LEAST}zookeeper.snapCount=10\nsnapCount=20\n`);
    expect(config.snapCount).toBe(20);
  });
});

describe('flags of the JVM', () => {
  const withFlags = (text: string, cfg = LEAST) =>
    parseText(cfg, {}, { jvmFlags: [{ variable: 'SERVER_JVMFLAGS', text }] });

  it('set what Java reads from a system property', () => {
    const config = withFlags('-Xmx1g -Djute.maxbuffer=4194304  -Dzookeeper.snapCount=77');
    expect([config.juteMaxBuffer, config.snapCount]).toEqual([4_194_304, 77]);
  });

  it('yield to zoo.cfg', () => {
    expect(withFlags('-Dzookeeper.snapCount=77', `${LEAST}snapCount=88`).snapCount).toBe(88);
  });

  it('are overridden by those that come later on the command line', () => {
    const jvmFlags = [
      { variable: 'SERVER_JVMFLAGS', text: '-Dzookeeper.snapCount=77' },
      { variable: 'JVMFLAGS', text: '-Dzookeeper.snapCount=99' },
    ];
    expect(parseText(LEAST, {}, { jvmFlags }).snapCount).toBe(99);
  });

  it('do not reach the keys that Java takes from zoo.cfg alone', () => {
    const config = withFlags('-Dzookeeper.clientPort=9999');
    expect(config.clientPort).toBe(2181);
    expect(config.ignoredKeys).toEqual([
      {
        key: 'zookeeper.clientPort',
        at: 'SERVER_JVMFLAGS',
        reason: 'Apache ZooKeeper takes it from zoo.cfg alone',
      },
    ]);
  });

  it('are named in an error by their variable', () => {
    expect(() => withFlags('-Dzookeeper.snapCount=x')).toThrow(
      'SERVER_JVMFLAGS: zookeeper.snapCount: "x" is not a whole number',
    );
  });
});

describe('a key without effect', () => {
  it.each([
    ['ssl.keyStore.location=/k.jks', 'TLS is not supported yet'],
    ['secureClientPort=2281', 'TLS is not supported yet'],
    ['authProvider.1=org.example.Provider', 'classes of Java cannot be loaded'],
    ['nio.numWorkerThreads=4', 'it tunes the threads and buffers of the Java server'],
    ['client.secure=true', 'only clients use it'],
    ['leaderServes=no', 'only a server in an ensemble uses it'],
    ['superUser.2=x', 'SASL is not supported yet'],
    ['tickTme=2000', 'this server does not know it'],
  ])('%s is named with its reason', (line, reason) => {
    const key = line.split('=')[0];
    expect(parseText(`${LEAST}${line}\n`).ignoredKeys).toEqual([{ key, at: 'zoo.cfg:3', reason }]);
  });
});
