import { describe, expect, it } from 'vitest';
import { answer, connection, golden, requestStats, serverView } from './view.ts';

const SESSION_A = 0x100000c6bf20000n;
const SESSION_B = 0x100000c6bf20001n;
const SESSION_C = 0x100000c6bf20002n;

const seconds = (minute: number, second: number, hour = 13) =>
  Date.UTC(2026, 10, 21, hour, minute, second);

/** The three clients of the captured server, one that never said hello, and one that asks. */
const clientA = connection({
  port: 37822,
  interestOps: 1,
  received: 15,
  sent: 15,
  sessionId: SESSION_A,
  timeout: 10000,
  lastOperation: 'CREA',
  established: 1795268721102,
  lastCxid: 14,
  lastZxid: 0x10n,
  lastResponseTime: 814441,
  lastLatency: 3,
  avgLatency: 1,
  maxLatency: 7,
});
const clientB = connection({
  port: 37824,
  interestOps: 1,
  received: 5,
  sent: 5,
  sessionId: SESSION_B,
  timeout: 30000,
  lastOperation: 'GETD',
  established: 1795268721113,
  lastCxid: 4,
  lastZxid: 0xcn,
  lastResponseTime: 814422,
  lastLatency: 1,
  avgLatency: 1,
  maxLatency: 2,
});
const clientC = connection({
  port: 37844,
  interestOps: 1,
  received: 4,
  sent: 4,
  sessionId: SESSION_C,
  timeout: 4000,
  lastOperation: 'PING',
  established: 1795268721140,
  lastCxid: 2,
  lastZxid: 0x10n,
  lastResponseTime: 815541,
  avgLatency: 1,
  maxLatency: 2,
});
const silent = connection({ port: 37834, interestOps: 1, received: 0 });
const asking = (port: number) => connection({ port });

describe('conf and dirs', () => {
  // Java 3.8.0 prints the size of the log directory as that of the data directory; see conf.ts.
  const sizes = { dataDirSize: () => 67108880, logDirSize: () => 457 };

  it('print the configuration as Java does', () => {
    expect(answer('conf', serverView(sizes))).toBe(golden('conf'));
  });

  it('print the sizes of the directories', () => {
    expect(answer('dirs', serverView(sizes))).toBe(golden('dirs'));
  });
});

describe('cons', () => {
  it('lists clients, one without a session, and the connection that asks', () => {
    const view = serverView({
      connections: () => [clientC, clientB, silent, clientA, asking(37858)],
    });
    expect(answer('cons', view)).toBe(golden('cons'));
  });

  it('lists the asking connection alone on a fresh server', () => {
    const view = serverView({ connections: () => [asking(37684)] });
    expect(answer('cons', view)).toBe(golden('cons-fresh'));
  });

  it('prints IPv6 addresses with all their groups in brackets', () => {
    const client = connection({
      address: '::1',
      port: 58130,
      interestOps: 1,
      received: 301,
      sent: 301,
      sessionId: 0x100000d3bb00000n,
      timeout: 10000,
      lastOperation: 'CREA',
      established: 1795268774175,
      lastCxid: 0x12c,
      lastZxid: 0x12dn,
      lastResponseTime: 867932,
      maxLatency: 11,
    });
    const view = serverView({
      connections: () => [client, connection({ address: '::1', port: 58138 })],
    });
    expect(answer('cons', view)).toBe(golden('ipv6/cons'));
  });

  it('prints null for a connection that is already closed, and its last operation before the first', () => {
    const closed = connection({ address: null, sessionId: -1n });
    expect(answer('cons', serverView({ connections: () => [closed] }))).toMatch(
      /^ null\[0\]\(queued=0,recved=1,sent=0,sid=0xffffffffffffffff,lop=null,est=/,
    );
  });

  it('shows in hexadecimal that output waits too', () => {
    const slow = connection({ interestOps: 5 });
    expect(answer('cons', serverView({ connections: () => [slow] }))).toContain('[5](queued=0');
  });
});

describe('srvr and stat', () => {
  const running = {
    outstandingRequests: () => 0,
    lastProcessedZxid: () => 0x10n,
    nodeCount: () => 15,
    numAliveConnections: () => 5,
  };

  it('srvr prints the server in nine lines', () => {
    const view = serverView({
      ...running,
      requestStats: () =>
        requestStats({ avgLatency: 1.6667, maxLatency: 7, packetsReceived: 53, packetsSent: 53 }),
    });
    expect(answer('srvr', view)).toBe(golden('srvr'));
  });

  it('stat prints its clients too', () => {
    const view = serverView({
      ...running,
      requestStats: () =>
        requestStats({ avgLatency: 1.6667, maxLatency: 7, packetsReceived: 54, packetsSent: 54 }),
      connections: () => [clientC, clientB, silent, clientA, asking(37928)],
    });
    expect(answer('stat', view)).toBe(golden('stat'));
  });

  it('stat of a fresh server has an average of 0.0', () => {
    const view = serverView({
      requestStats: () => requestStats({ packetsReceived: 15, packetsSent: 14 }),
      connections: () => [asking(37782)],
    });
    expect(answer('stat', view)).toBe(golden('stat-fresh'));
  });

  it('stat prints IPv6 clients', () => {
    const port = (port: number, facts = {}) => connection({ address: '::1', port, ...facts });
    const view = serverView({
      requestStats: () =>
        requestStats({
          avgLatency: 0.9103,
          maxLatency: 11,
          packetsReceived: 306,
          packetsSent: 305,
        }),
      connections: () => [port(58130, { interestOps: 1, received: 301, sent: 301 }), port(58166)],
      numAliveConnections: () => 2,
      lastProcessedZxid: () => 0x12dn,
      nodeCount: () => 305,
    });
    expect(answer('stat', view)).toBe(golden('ipv6/stat'));
  });
});

describe('a read-only server', () => {
  const readOnly = (received: number, sent: number) =>
    serverView({
      serverState: () => 'read-only',
      requestStats: () => requestStats({ packetsReceived: received, packetsSent: sent }),
      connections: () => [asking(60022)],
    });

  it('says so in srvr and stat', () => {
    expect(answer('srvr', readOnly(5, 6))).toBe(golden('read-only/srvr'));
    expect(answer('stat', readOnly(6, 7))).toBe(golden('read-only/stat'));
  });

  it('answers isro with ro, any other with rw', () => {
    expect(answer('isro', readOnly(0, 0))).toBe(golden('read-only/isro'));
    expect(answer('isro', serverView())).toBe(golden('isro'));
  });
});

describe('dump', () => {
  it('prints buckets of sessions and connections and who owns ephemerals, one that owns none any more too', () => {
    const asks = connection({ port: 37870 });
    const view = serverView({
      sessionExpiry: () => [
        { expireAt: seconds(45, 26), elements: [SESSION_C] },
        { expireAt: seconds(45, 32), elements: [SESSION_A] },
        { expireAt: seconds(45, 52), elements: [SESSION_B] },
      ],
      ephemerals: () => [
        [SESSION_C, []],
        [SESSION_A, ['/app/lock-0000000003', '/app/lock-0000000002']],
        [SESSION_B, ['/app/member', '/app/gone']],
      ],
      connectionExpiry: () => [
        { expireAt: seconds(45, 26), elements: [clientC] },
        { expireAt: seconds(45, 36), elements: [asks, silent, clientA] },
        { expireAt: seconds(45, 56), elements: [clientB] },
      ],
    });
    expect(answer('dump', view)).toBe(golden('dump'));
  });

  it('prints only the asking connection of a fresh server', () => {
    const view = serverView({
      connectionExpiry: () => [{ expireAt: seconds(45, 36), elements: [asking(37708)] }],
    });
    expect(answer('dump', view)).toBe(golden('dump-fresh'));
  });

  it('prints dates in the time zone of the server', () => {
    const sessionId = 0x100000d3bb00000n;
    const view = serverView({
      timeZone: () => 'Europe/Berlin',
      sessionExpiry: () => [{ expireAt: seconds(46, 24), elements: [sessionId] }],
      connectionExpiry: () => [
        {
          expireAt: seconds(46, 26),
          elements: [
            connection({ address: '::1', port: 58130, sessionId }),
            connection({ address: '::1', port: 58150 }),
          ],
        },
      ],
    });
    expect(answer('dump', view)).toBe(golden('ipv6/dump'));
  });

  it('counts and prints a bucket that became empty', () => {
    const view = serverView({
      sessionExpiry: () => [{ expireAt: seconds(45, 26), elements: [] }],
    });
    expect(answer('dump', view)).toContain(
      'Session Sets (1)/(0):\n0 expire at Sat Nov 21 13:45:26 UTC 2026:\nephemeral',
    );
  });
});

describe('watches', () => {
  it('wchs, wchp and wchc of a fresh server', () => {
    expect(answer('wchs', serverView())).toBe(golden('wchs-fresh'));
    expect(answer('wchp', serverView())).toBe(golden('wchp-fresh'));
    expect(answer('wchc', serverView())).toBe(golden('wchc-fresh'));
  });

  it('wchs in sum', () => {
    const view = serverView({ watchSummary: () => ({ connections: 2, paths: 3, watches: 4 }) });
    expect(answer('wchs', view)).toBe(golden('wchs'));
  });

  it('wchp by path', () => {
    const view = serverView({
      watchesByPath: () => [
        ['/app', [SESSION_B]],
        ['/app/a', [SESSION_B, SESSION_A]],
        ['/app/not-yet', [SESSION_A]],
      ],
    });
    expect(answer('wchp', view)).toBe(golden('wchp'));
  });

  it('wchc by session', () => {
    const view = serverView({
      watchesBySession: () => [
        [SESSION_B, ['/app', '/app/a']],
        [SESSION_A, ['/app/a', '/app/not-yet']],
      ],
    });
    expect(answer('wchc', view)).toBe(golden('wchc'));
  });
});

describe('ruok, hash and envi', () => {
  it('ruok', () => {
    expect(answer('ruok', serverView())).toBe(golden('ruok'));
  });

  it('hash prints each digest with its zxid', () => {
    const digestLog = () => [
      { zxid: 0x80n, digest: 259722234746n },
      { zxid: 0x100n, digest: 510416047686n },
    ];
    expect(answer('hash', serverView({ digestLog }))).toBe(golden('ipv6/hash'));
  });

  it('hash prints nothing before the first', () => {
    expect(answer('hash', serverView())).toBe('');
  });

  it('envi has what Java has, with Node.js where Java names the JVM', () => {
    const memory = { memoryFree: 380_000_000, memoryMax: 1 << 30, memoryTotal: 400_000_000 };
    const environment = { ...serverView().environment(), ...memory };
    const ours = answer('envi', serverView({ environment: () => environment }));
    const comparable = (text: string) =>
      text.split('\n').filter((line) => !/^(java|node|os\.memory)\./.test(line));
    expect(comparable(ours)).toEqual(comparable(golden('envi')));
    expect(ours).toContain('\nnode.version=20.20.2\nnode.execpath=/usr/bin/node\nos.name=');
    expect(ours).toMatch(
      /\nos\.memory\.free=362MB\nos\.memory\.max=1024MB\nos\.memory\.total=381MB\n$/,
    );
  });

  it('envi names system and processor as Java does', () => {
    const environment = { ...serverView().environment(), osName: 'Darwin', osArch: 'arm64' };
    const text = answer('envi', serverView({ environment: () => environment }));
    expect(text).toContain('\nos.name=Mac OS X\nos.arch=aarch64\n');
  });
});
