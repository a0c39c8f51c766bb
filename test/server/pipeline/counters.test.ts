import { describe, expect, it } from 'vitest';
import {
  create,
  createTTL,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  setData,
} from '../../harness/requests.ts';
import { World } from '../world.ts';

/** Fields of the line of `cons` for a client. */
function consOf(world: World, port: number): Record<string, string> {
  const line = world
    .word('cons')
    .split('\n')
    .find((each) => each.includes(`:${port}[`));
  const fields = line?.slice(line.indexOf('(') + 1, -1).split(',') ?? [];
  return Object.fromEntries(fields.map((field) => field.split('=')));
}

describe('srvr', () => {
  it('counts every packet, and latencies by the clock', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/a'));
    ann.ask(Op.getData, pathAndWatch('/a'));
    ann.ask(Op.getData, pathAndWatch('/none'));
    ann.ping();
    world.settle();
    // The handshake, four requests, and the word itself.
    const text = world.word('srvr');
    expect(text).toContain('Latency min/avg/max: 0/0.0/0\n');
    expect(text).toContain('Received: 6\n');
    expect(text).toContain('Sent: 5\n');
    expect(text).toContain('Outstanding: 0\n');
    expect(text).toContain('Zxid: 0x2\n');
    expect(text).toContain('Node count: 6\n');
  });

  it('shows how long requests have waited for the disk', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/a'));
    ann.request(Op.getData, pathAndWatch('/a'));
    world.turn();
    world.moveClock(world.clock.elapsed + 30);
    world.settle();
    // The handshake took no time.
    expect(world.word('srvr')).toContain('Latency min/avg/max: 0/20.0/30\n');
    expect(world.monitor('max_updatelatency')).toBe(30);
    expect(world.monitor('max_readlatency')).toBe(30);
  });

  it('begins anew after srst', () => {
    const world = new World();
    world.connect().ask(Op.create, create('/a'));
    expect(world.word('srst')).toBe('Server stats reset.\n');
    expect(world.word('srvr')).toContain('Received: 1\nSent: 1\n');
  });
});

describe('cons', () => {
  it('shows what a connection has done last', () => {
    const world = new World();
    const ann = world.connect();
    const { remotePort } = ann.link;
    expect(consOf(world, remotePort)).toMatchObject({
      queued: '0',
      recved: '1',
      sent: '1',
      sid: `0x${ann.sessionId.toString(16)}`,
      lop: 'SESS',
      est: '1700000000000',
      to: '30000',
      lcxid: '0x0',
      lzxid: '0x1',
    });
    ann.ask(Op.create, create('/a'));
    expect(consOf(world, remotePort)).toMatchObject({ recved: '2', lop: 'CREA', lcxid: '0x1' });
  });

  it.each([
    ['create', Op.create, create('/x'), 'CREA'],
    ['create that fails', Op.create, create('/a'), 'NA'],
    ['delete', Op.delete, pathAndInt('/a', -1), 'DELE'],
    ['setData', Op.setData, setData('/a', null), 'SETD'],
    ['multi', Op.multi, multi([]), 'MULT'],
    ['multi that fails', Op.multi, multi([{ op: Op.check, body: pathAndInt('/x', 1) }]), 'MULT'],
    ['exists', Op.exists, pathAndWatch('/a'), 'EXIS'],
    ['exists that fails', Op.exists, pathAndWatch('/x'), 'EXIS'],
    ['getData', Op.getData, pathAndWatch('/a'), 'GETD'],
    ['getChildren', Op.getChildren, pathAndWatch('/a'), 'GETC'],
    ['whoAmI', Op.whoAmI, Buffer.alloc(0), 'HOMI'],
    ['multiRead', Op.multiRead, multi([]), 'MLTR'],
    ['addWatch', Op.addWatch, pathAndInt('/a', 0), 'ADDW'],
    ['ping', Op.ping, Buffer.alloc(0), 'PING'],
  ])('calls %s by its short name', (_what, op, body, name) => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/a'));
    ann.request(op, body);
    world.settle();
    expect(consOf(world, ann.link.remotePort)['lop']).toBe(name);
  });

  it('shows requests that wait, and none when all are answered', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/a'));
    ann.request(Op.getData, pathAndWatch('/a'));
    ann.ping();
    world.turn();
    expect(consOf(world, ann.link.remotePort)['queued']).toBe('2');
    world.settle();
    expect(consOf(world, ann.link.remotePort)['queued']).toBe('0');
  });

  it('does not count a ping that has a number like a request', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.ping, Buffer.alloc(0), 7);
    world.settle();
    expect(ann.take().map(({ xid }) => xid)).toEqual([-2]);
    expect(consOf(world, ann.link.remotePort)['queued']).toBe('0');
  });

  it('does not take the number of a ping for the last one', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.exists, pathAndWatch('/'));
    ann.ping();
    world.settle();
    expect(consOf(world, ann.link.remotePort)).toMatchObject({ lcxid: '0x1', lop: 'PING' });
  });

  it('counts watch events as sent', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    ann.ask(Op.exists, pathAndWatch('/a', true));
    bob.ask(Op.create, create('/a'));
    expect(consOf(world, ann.link.remotePort)).toMatchObject({ recved: '2', sent: '3' });
  });

  it('begins anew after crst', () => {
    const world = new World();
    const ann = world.connect();
    expect(world.word('crst')).toBe('Connection stats reset.\n');
    expect(consOf(world, ann.link.remotePort)).toMatchObject({ recved: '0', sent: '0', lop: 'NA' });
  });

  it('shows whether a connection is read, and whether output waits for it', () => {
    const world = new World({ globalOutstandingLimit: 1 });
    const ann = world.connect();
    const interest = () =>
      world.word('cons').match(new RegExp(`:${ann.link.remotePort}\\[(\\w)\\]`))?.[1];
    expect(interest()).toBe('1');
    ann.link.isSlow = true;
    ann.request(Op.exists, pathAndWatch('/'));
    world.turn();
    expect(interest()).toBe('5');
    for (let round = 0; round < 4; round++) ann.request(Op.create, create('/n', null, 2));
    world.turn();
    expect(interest()).toBe('4');
  });
});

describe('mntr', () => {
  it('counts operations by what was asked, but for writes that are refused', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/a'));
    ann.ask(Op.create, create('/a'));
    ann.ask(Op.getData, pathAndWatch('/a'));
    ann.ping();
    world.settle();
    const counts = ['create', 'create_session', 'get_data', 'ping', 'total'].map((name) =>
      world.monitor(`op_count_${name}`),
    );
    expect(counts).toEqual([1, 1, 1, 1, 4]);
  });

  it('counts bytes in and out', () => {
    const world = new World();
    const ann = world.connect();
    world.word('srst');
    ann.ask(Op.exists, pathAndWatch('/none'));
    // A length, a header and `/none` with a flag; the word itself.
    expect(world.monitor('bytes_received_count')).toBe(4 + 8 + 4 + 5 + 1 + 4);
    expect(world.monitor('response_bytes')).toBe(16);
    expect(world.monitor('last_client_response_size')).toBe(16);
  });

  it('keeps no more changes in mind than are under way', () => {
    const world = new World();
    const ann = world.connect();
    for (let round = 0; round < 10; round++) ann.request(Op.create, create('/n', null, 2));
    world.turn();
    expect(world.monitor('outstanding_changes_queued')).toBe(20);
    expect(world.monitor('outstanding_changes_removed')).toBe(0);
    world.settle();
    expect(world.monitor('outstanding_changes_removed')).toBe(20);
  });

  it('counts what is written, by the first element of the path', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/app', Buffer.alloc(10)));
    ann.ask(Op.create, create('/app/lock', null, 1));
    ann.ask(Op.setData, setData('/app', Buffer.alloc(7)));
    ann.ask(Op.setData, setData('/app', Buffer.alloc(7), 9));
    const parts = [
      { op: Op.create, body: create('/other') },
      { op: Op.delete, body: pathAndInt('/other', 0) },
    ];
    ann.ask(Op.multi, multi(parts));
    ann.ask(Op.closeSession);
    expect(world.monitor('cnt_app_write_per_namespace')).toBe(4);
    expect(world.monitor('sum_app_write_per_namespace')).toBe(14 + 9 + 11 + 9);
    expect(world.monitor('sum_other_write_per_namespace')).toBe(12);
  });

  it('counts those who were told of events', () => {
    const world = new World();
    const clients = [world.connect(), world.connect(), world.connect()];
    for (const client of clients) client.ask(Op.exists, pathAndWatch('/a', true));
    const [ann] = clients;
    ann?.ask(Op.getChildren, pathAndWatch('/', true));
    ann?.ask(Op.create, create('/a'));
    ann?.ask(Op.exists, pathAndWatch('/a', true));
    ann?.ask(Op.setData, setData('/a', null));
    const told = ['created', 'children', 'changed', 'deleted'].map((what) => [
      world.monitor(`cnt_node_${what}_watch_count`),
      world.monitor(`sum_node_${what}_watch_count`),
    ]);
    expect(told).toEqual([
      [1, 3],
      [1, 1],
      [1, 1],
      [0, 0],
    ]);
  });

  it('tells how long each write of the log took', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/a'));
    world.turn();
    world.moveClock(world.clock.elapsed + 12);
    world.settle();
    expect(world.monitor('cnt_sync_processor_queue_flush_time_ms')).toBe(2);
    expect(world.monitor('max_sync_processor_queue_flush_time_ms')).toBe(12);
  });

  it('tells how long each transaction was on its way to the disk', () => {
    const world = new World();
    const ann = world.connect();
    const bob = world.connect();
    world.disk.isHeld = true;
    for (const client of [ann, bob, ann]) client.request(Op.setData, setData('/', null));
    world.turn();
    world.moveClock(world.clock.elapsed + 30);
    ann.request(Op.setData, setData('/', null));
    world.turn();
    world.moveClock(world.clock.elapsed + 10);
    world.disk.isHeld = false;
    world.settle();
    const name = 'sync_processor_queue_and_flush_time_ms';
    const told = ['cnt', 'sum', 'max'].map((what) => world.monitor(`${what}_${name}`));
    expect(told).toEqual([2 + 4, 3 * 40 + 10, 40]);
  });

  it('counts znodes with a TTL when they come and when they go, by themselves, by a client or in a multi', () => {
    const world = new World({ maxSessionTimeout: 1_000_000 });
    const ann = world.connect(1_000_000);
    const counts = () =>
      ['created', 'deleted'].map((what) => world.monitor(`ttl_node_${what}_count`));
    for (const name of ['a', 'b', 'c']) {
      ann.ask(Op.createTTL, createTTL(`/${name}`, null, 5, 100_000n));
    }
    ann.ask(Op.create, create('/plain'));
    expect(counts()).toEqual([3, 0]);
    ann.ask(Op.delete, pathAndInt('/a', -1));
    ann.ask(Op.multi, multi([{ op: Op.delete, body: pathAndInt('/b', -1) }]));
    expect(counts()).toEqual([3, 2]);
    world.advance(200_000);
    expect(counts()).toEqual([3, 3]);
  });

  it('tells how long a snapshot took', () => {
    const world = new World({ snapCount: 4 });
    const ann = world.connect();
    for (let count = 0; count < 4; count++) ann.ask(Op.setData, setData('/', null));
    expect(world.monitor('cnt_snapshottime')).toBeGreaterThan(0);
  });

  it('counts sessions, ephemerals, znodes and watches as they are', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.create, create('/e', Buffer.from('12345'), 1));
    ann.ask(Op.exists, pathAndWatch('/e', true));
    ann.ask(Op.getChildren, pathAndWatch('/', true));
    const names = ['global_sessions', 'ephemerals_count', 'znode_count', 'watch_count'];
    expect(names.map((name) => world.monitor(name))).toEqual([1, 1, 6, 2]);
    ann.ask(Op.closeSession);
    expect(names.map((name) => world.monitor(name))).toEqual([0, 0, 5, 0]);
    world.advance(1234);
    expect(world.monitor('uptime')).toBe(1234);
  });
});

describe('whatever happens to its requests', () => {
  it('a server that is at rest has none under way', () => {
    const world = new World({ globalOutstandingLimit: 5 });
    const clients = Array.from({ length: 6 }, () => world.connect());
    clients.forEach((client, index) => {
      for (let round = 0; round < 8; round++) {
        client.request(Op.create, create(`/c${index}-`, null, 3));
        client.request(Op.getChildren, pathAndWatch('/'));
        if (round === 5 && index === 1) client.request(Op.closeSession);
        if (round === 5 && index === 2) client.request(77);
      }
    });
    world.turn();
    clients[0]?.disconnect();
    clients[3]?.halfClose();
    world.settle();
    world.advance(60_000);
    expect(world.monitor('outstanding_requests')).toBe(0);
    expect(world.tree.sessions.size).toBe(0);
    expect(world.tree.ephemeralsCount).toBe(0);
    expect(world.monitor('outstanding_changes_queued')).toBe(
      world.monitor('outstanding_changes_removed'),
    );
  });
});
