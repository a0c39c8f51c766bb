/*
 * Configurations as people have them: the sample of the Java distribution, what the official image and Bitnami's write, and
 * a file that has grown over the years. Each has to give the server that Apache ZooKeeper would start on it.
 */
import { describe, expect, it } from 'vitest';
import { obstacle } from '../../../src/server/config/obstacle.ts';
import { parseText } from './memory-files.ts';

const JAVA_SAMPLE = `
# ticks and limits
tickTime=2000
initLimit=10
syncLimit=5
dataDir=/tmp/zookeeper
clientPort=2181
#maxClientCnxns=60
#autopurge.snapRetainCount=3
#metricsProvider.httpPort=7000
`;

/** docker-entrypoint.sh of the official image, with its defaults and one extra setting. */
const OFFICIAL_IMAGE = `dataDir=/data
dataLogDir=/datalog
tickTime=2000
initLimit=5
syncLimit=2
autopurge.snapRetainCount=3
autopurge.purgeInterval=0
maxClientCnxns=60
standaloneEnabled=true
admin.enableServer=true
server.1=localhost:2888:3888;2181
4lw.commands.whitelist=*
snapCount=5000
`;

const BITNAMI = `# The number of milliseconds of each tick
tickTime=2000
initLimit=10
syncLimit=5
dataDir=/bitnami/zookeeper/data
clientPort=2181
maxClientCnxns=60
autopurge.snapRetainCount=3
autopurge.purgeInterval=0
metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider
metricsProvider.httpPort=7000
maxCnxns=0
reconfigEnabled=false
quorumListenOnAllIPs=false
4lw.commands.whitelist=srvr, mntr
maxSessionTimeout=40000
preAllocSize=65536
snapCount=100000
admin.serverPort=8080
admin.enableServer=true
audit.enable=false
`;

describe("the Java distribution's zoo_sample.cfg", () => {
  const config = parseText(JAVA_SAMPLE);

  it('gives a server alone on port 2181 of all addresses', () => {
    expect(config).toMatchObject({
      clientPort: 2181,
      clientPortAddress: null,
      dataDir: '/tmp/zookeeper',
      dataLogDir: '/tmp/zookeeper',
      membership: null,
    });
    expect(obstacle(config)).toBeNull();
  });

  it('grants session timeouts of 2 to 20 ticks', () => {
    expect([config.minSessionTimeout, config.maxSessionTimeout]).toEqual([4000, 40_000]);
  });

  it('has no effect for the limits of an ensemble, and says so', () => {
    expect(config.ignoredKeys).toEqual([
      { key: 'initLimit', at: 'zoo.cfg:4', reason: 'only a server in an ensemble uses it' },
      { key: 'syncLimit', at: 'zoo.cfg:5', reason: 'only a server in an ensemble uses it' },
    ]);
  });

  it('keeps its text for those who ask what it was started with', () => {
    expect(config.initialConfig).toBe(JAVA_SAMPLE);
  });
});

describe("the official image's zoo.cfg", () => {
  const config = parseText(OFFICIAL_IMAGE, { '/data/myid': '1\n' });

  it('takes the client port from the only server line', () => {
    expect([config.clientPort, config.clientPortAddress]).toEqual([2181, null]);
    expect(obstacle(config)).toBeNull();
  });

  it('keeps logs apart from snapshots', () => {
    expect([config.dataDir, config.dataLogDir]).toEqual(['/data', '/datalog']);
  });

  it('warns that the server line is not used, as Java does', () => {
    expect(config.warnings).toEqual([
      {
        at: 'zoo.cfg',
        text: 'only one server is given: it serves alone, its server line is not used',
      },
    ]);
  });

  it('whitelists every four-letter word', () => {
    expect([...config.fourLetterWordsWhitelist]).toEqual(['*', 'srvr']);
  });

  it('cannot serve without myid, which says whose client port it is', () => {
    expect(obstacle(parseText(OFFICIAL_IMAGE))).toBe(
      "/data/myid is missing, which says whose client port in zoo.cfg is this server's.",
    );
  });
});

describe("Bitnami's zoo.cfg", () => {
  const config = parseText(BITNAMI);

  it('is served with its own limits', () => {
    expect(config).toMatchObject({
      maxCnxns: 0,
      maxSessionTimeout: 40_000,
      preAllocSizeKb: 65_536,
    });
    expect([...config.fourLetterWordsWhitelist]).toEqual(['srvr', 'mntr']);
  });

  it('names every key that has no effect, with the reason', () => {
    expect(config.ignoredKeys.map(({ key, reason }) => `${key}: ${reason}`)).toEqual([
      'initLimit: only a server in an ensemble uses it',
      'syncLimit: only a server in an ensemble uses it',
      'metricsProvider.className: metrics over HTTP are not there yet',
      'metricsProvider.httpPort: metrics over HTTP are not there yet',
      'quorumListenOnAllIPs: only a server in an ensemble uses it',
      'admin.serverPort: the AdminServer is not there yet',
      'admin.enableServer: the AdminServer is not there yet',
      'audit.enable: the audit log is not there yet',
    ]);
  });
});
