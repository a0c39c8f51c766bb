/*
 * What a network can send, one function for each kind: it opens connections, does its harm, and closes what it opened. An
 * attack expects nothing of the server but that it answers or closes; where more is promised, the attack checks it.
 */

import type { Random } from '../../harness/random.ts';
import { connectRequest, type RawConnection } from '../../harness/raw-client.ts';
import * as requests from '../../harness/requests.ts';
import { Op } from '../../harness/requests.ts';
import { framed, WireWriter } from '../../harness/wire.ts';
import { RequestMaker } from '../../interop/differential/random-requests.ts';
import { openConnection, openSession } from './connections.ts';

/** Harm done to the server at a port. */
export type Attack = (port: number, random: Random) => Promise<void>;

const handshake = framed(connectRequest({ timeoutMs: 10_000, readOnly: false }));

/** The session of an attack that waits for its answers, and so must not expire. */
const lasting = { timeoutMs: 40_000 };

/** How long an attack waits for the server's reaction (ms) before it goes away itself. */
const patienceMs = 300;

/** Waits until the server closes or has had its time, then goes. */
async function leave(connection: RawConnection): Promise<void> {
  await connection.end(patienceMs).catch(() => {});
  connection.destroy();
}

const int = (value: number): Buffer => new WireWriter().int(value).bytes();

/** Bytes without any meaning. */
const noise: Attack = async (port, random) => {
  const connection = await openConnection(port);
  connection.write(random.bytes(1 + random.below(3_000)));
  await leave(connection);
};

/** Lengths that no frame has, before and after a handshake. The server closes at once. */
const badLengths: Attack = async (port, random) => {
  const length = random.pick([-1, -2, -2_147_483_648, 2_147_483_647, 8_000_000, 4_194_305]);
  const fresh = await openConnection(port);
  fresh.write(int(length));
  await fresh.end();
  const { connection } = await openSession(port, { timeoutMs: 4_000 });
  connection.write(int(length));
  await connection.end();
};

/** A handshake that ends too early, is too long, or lies about its password. */
const badHandshakes: Attack = async (port, random) => {
  const connection = await openConnection(port);
  const good = connectRequest({ timeoutMs: 4_000, readOnly: false });
  connection.write(
    random.pick([
      framed(Buffer.alloc(0)),
      framed(good.subarray(0, random.below(good.length))),
      framed(Buffer.concat([good, random.bytes(100)])),
      framed(connectRequest({ timeoutMs: 4_000, password: Buffer.alloc(900_000) })),
      framed(Buffer.concat([good.subarray(0, 24), int(2_000_000_000)])),
      framed(Buffer.concat([good.subarray(0, 24), int(-7)])),
      framed(connectRequest({ sessionId: 0x1234n, password: random.bytes(16) })),
      framed(connectRequest({ lastZxidSeen: 1n << 62n })),
    ]),
  );
  await leave(connection);
};

/** A body with some of its bytes changed, or its end missing. */
function spoilt(body: Uint8Array, random: Random): Buffer {
  const bytes = Buffer.from(body);
  if (bytes.length === 0 || random.chance(0.3))
    return bytes.subarray(0, random.below(bytes.length + 1));
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    bytes[random.below(bytes.length)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
  }
  return bytes;
}

/** Requests of every kind with bytes changed, many on one connection. */
const spoiltRequests: Attack = async (port, random) => {
  const { connection } = await openSession(port, { timeoutMs: 4_000 });
  const maker = new RequestMaker(random);
  for (let xid = 1; xid <= 40; xid++) {
    const { op, body } = maker.request(0);
    connection.send(xid, op, spoilt(body, random));
  }
  await leave(connection);
};

/** Op codes that do not exist, are for servers only, or stand for nothing. */
const strangeOps: Attack = async (port, random) => {
  const { connection } = await openSession(port, { timeoutMs: 4_000 });
  const op = random.pick([-10, -1, 0, 10, 13, 20, 23, 99, 102, 1_000_000, -2_147_483_648]);
  connection.send(random.below(2_147_483_647), op, random.bytes(random.below(200)));
  await leave(connection);
};

/** Counts of vectors that promise more than there is, or less than nothing. */
const lyingVectors: Attack = async (port, random) => {
  const { connection } = await openSession(port, { timeoutMs: 4_000 });
  const count = int(random.pick([2_147_483_647, 1_000_000, -2, -2_147_483_648]));
  const path = new WireWriter().string('/v').bytes();
  connection.send(1, Op.create, Buffer.concat([path, int(0), count, int(0)]));
  connection.send(2, Op.setACL, Buffer.concat([path, count]));
  connection.send(3, Op.setWatches, Buffer.concat([Buffer.alloc(8), count]));
  connection.send(4, Op.setWatches2, Buffer.concat([Buffer.alloc(8), count, count]));
  await leave(connection);
};

/** A path of a megabyte. */
const longPath: Attack = async (port) => {
  const session = await openSession(port, lasting);
  const path = `/${'x'.repeat(1_000_000)}`;
  for (const op of [Op.exists, Op.getData, Op.getChildren2]) {
    await session.request(op, requests.pathAndWatch(path, true));
  }
  await session.request(Op.create, requests.create(`/no/${path}`));
  await session.request(Op.create, requests.create(path, null, 1));
  await session.request(Op.delete, requests.pathAndInt(path, -1));
  await session.close();
};

/** A multi of 100,000 operations, and a setWatches of as many paths. */
const hugeLists: Attack = async (port) => {
  const session = await openSession(port, lasting);
  const check = { op: Op.check, body: requests.pathAndInt('/', -1) };
  const many = Array.from({ length: 100_000 }, () => check);
  await session.request(Op.multi, requests.multi(many));
  await session.request(Op.multi, requests.multi([...many, { op: 99, body: Buffer.alloc(0) }]));
  const paths = Array.from({ length: 100_000 }, (_, n) => `/watched-${n}`);
  await session.request(Op.setWatches, requests.setWatches(0n, [[], paths, []]));
  await session.close();
};

/** Connections that say nothing, or begin and say no more. The server closes them when their time is over. */
const silence: Attack = async (port, random) => {
  const connections = await Promise.all(Array.from({ length: 20 }, () => openConnection(port)));
  for (const connection of connections) {
    connection.write(handshake.subarray(0, random.below(handshake.length)));
  }
  await Promise.all(connections.map((connection) => connection.end()));
};

/** A handshake and a request byte by byte. They are as good as if they came at once. */
const crumbs: Attack = async (port) => {
  const connection = await openConnection(port);
  const drip = async (bytes: Uint8Array): Promise<void> => {
    for (const byte of bytes) {
      await new Promise<void>((resolve) => {
        connection.socket.write(Buffer.from([byte]), () => setImmediate(resolve));
      });
    }
  };
  await drip(handshake);
  if ((await connection.frame()) === null) throw new Error('a handshake in crumbs was refused');
  const header = new WireWriter().int(7).int(Op.exists).bytes();
  await drip(framed(Buffer.concat([header, requests.pathAndWatch('/zookeeper')])));
  const reply = await connection.reply();
  if (reply?.err !== 0) throw new Error(`a request in crumbs was answered with ${reply?.err}`);
  connection.destroy();
};

/** Connections cut in the middle of a frame, while answers are under way, now and then by a reset. */
const cuts: Attack = async (port, random) => {
  const { connection } = await openSession(port, { timeoutMs: 4_000 });
  for (let xid = 1; xid <= 20; xid++) {
    connection.send(xid, Op.getData, requests.pathAndWatch('/zookeeper'));
    connection.send(xid, Op.create, requests.create(`/cut-${random.below(1_000)}`, null, 1));
  }
  connection.write(int(500));
  connection.write(random.bytes(random.below(400)));
  if (random.chance(0.5)) connection.socket.resetAndDestroy();
  else connection.destroy();
};

/** Asks for 400 MB and reads none of it. The server may close, or wait; it may not keep all of it. */
const slowReader: Attack = async (port, random) => {
  const session = await openSession(port, { timeoutMs: 4_000 });
  const path = `/slow-${random.below(1_000_000)}`;
  await session.request(Op.create, requests.create(path, Buffer.alloc(400_000), 1));
  session.connection.socket.pause();
  for (let xid = 100; xid < 1_100; xid++) {
    session.connection.send(xid, Op.getData, requests.pathAndWatch(path));
  }
  await leave(session.connection);
};

/** Four-letter words in pieces, with more behind them, and on a connection that has a session. */
const wordsInPieces: Attack = async (port, random) => {
  const connection = await openConnection(port);
  for (const piece of random.pick([
    ['ru', 'ok'],
    ['r', 'u', 'o', 'k'],
    ['stmk', '\0\0\0\0', '\0\0\0\x01'],
    ['stmk', '\0'],
    ['mntr', 'mntr'],
    ['srvr', random.bytes(1_000).toString('latin1')],
    ['RUOK'],
    ['ruo'],
  ])) {
    connection.write(Buffer.from(piece, 'latin1'));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await leave(connection);
  const session = await openSession(port, { timeoutMs: 4_000 });
  session.connection.write(Buffer.from('ruok'));
  await leave(session.connection);
};

/** Credentials of every sort, which end the connection or not. */
const badAuth: Attack = async (port, random) => {
  const { connection } = await openSession(port, { timeoutMs: 4_000 });
  const scheme = random.pick([
    'digest',
    'ip',
    'sasl',
    'x509',
    'world',
    '',
    null,
    'nosuch',
    'x'.repeat(10_000),
  ]);
  connection.send(-4, Op.auth, requests.auth(scheme, random.chance(0.2) ? null : random.bytes(50)));
  connection.send(-4, Op.auth, spoilt(requests.auth(scheme, random.bytes(50)), random));
  await leave(connection);
};

/** Goes on talking after it has closed its session. */
const afterTheEnd: Attack = async (port) => {
  const { connection } = await openSession(port, { timeoutMs: 4_000 });
  connection.send(1, Op.closeSession);
  for (let xid = 2; xid < 50; xid++)
    connection.send(xid, Op.create, requests.create(`/late-${xid}`, null, 1));
  await leave(connection);
};

/** All attacks by name. */
export const attacks: Readonly<Record<string, Attack>> = {
  noise,
  badLengths,
  badHandshakes,
  spoiltRequests,
  strangeOps,
  lyingVectors,
  longPath,
  hugeLists,
  silence,
  crumbs,
  cuts,
  slowReader,
  wordsInPieces,
  badAuth,
  afterTheEnd,
};
