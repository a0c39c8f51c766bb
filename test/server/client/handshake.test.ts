import { describe, expect, it } from 'vitest';
import { connectRequest } from '../../harness/raw-client.ts';
import { auth, create, Op, pathAndWatch, setData } from '../../harness/requests.ts';
import { framed } from '../../harness/wire.ts';
import { nodeIn, pathIn } from '../replies.ts';
import { World } from '../world.ts';

describe('a client that wants a session', () => {
  it('hears of it only when the disk has it', () => {
    const world = new World();
    const ann = world.open();
    ann.shakeHands();
    world.turn();
    expect(ann.takeHandshake()).toBeNull();
    world.disk.finish();
    world.turn();
    expect(ann.expectSession().timeout).toBe(30_000);
    expect(world.tree.sessions.get(ann.sessionId as never)).toBe(30_000);
  });

  it('may wait for the disk as long as the time-out of the session', () => {
    const world = new World();
    const ann = world.open();
    world.disk.isHeld = true;
    ann.shakeHands({ timeout: 40_000 });
    world.advance(40_000);
    expect(ann.isClosed).toBe(false);
    world.disk.isHeld = false;
    world.settle();
    expect(ann.expectSession().timeout).toBe(40_000);
  });

  it.each([
    ['is raised to two ticks', 1, 6000],
    ['is raised when it is negative', -5, 6000],
    ['stays as it is between', 20_000, 20_000],
    ['is cut to twenty ticks', 1_000_000, 60_000],
  ])('gets a time-out that %s', (_what, asked, given) => {
    const world = new World();
    const ann = world.open();
    ann.shakeHands({ timeout: asked });
    world.settle();
    expect(ann.takeHandshake()?.timeout).toBe(given);
  });

  it('is answered with the read-only flag exactly when it sent one', () => {
    const world = new World();
    const [recent, old] = [world.open(), world.open()];
    recent.shakeHands({ readOnly: true });
    old.shakeHands({ readOnly: null });
    world.settle();
    expect(recent.takeHandshake()?.readOnly).toBe(false);
    expect(old.takeHandshake()?.readOnly).toBeNull();
  });

  it('sends 44 bytes without the flag and 45 with it, and gets 36 and 37', () => {
    const world = new World();
    const sizes = [undefined, false].map((readOnly) => {
      const client = world.open();
      const request = connectRequest({ readOnly });
      client.send(framed(request));
      world.settle();
      return [request.length, Buffer.concat(client.link.delivered).readInt32BE(0)];
    });
    expect(sizes).toEqual([
      [44, 36],
      [45, 37],
    ]);
  });

  it('is turned away without an answer when it has seen what this server has not', () => {
    const world = new World();
    const ann = world.open();
    ann.shakeHands({ lastZxidSeen: 1n });
    world.settle();
    expect(ann.takeHandshake()).toBeNull();
    expect(ann.link.state).toBe('destroyed');
    expect(world.logged('warn')).toEqual([expect.stringContaining('it has seen zxid 0x1')]);
  });

  it('gets another id and password each time', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    expect(bob.sessionId).toBe(ann.sessionId + 1n);
    expect(bob.password.equals(ann.password)).toBe(false);
  });

  it('may ask at once, in the same breath, and is answered behind the handshake', () => {
    const world = new World();
    const ann = world.open();
    const hello = framed(connectRequest({ readOnly: false }));
    ann.send(Buffer.concat([hello, ann.frame(Op.create, create('/a'))]));
    world.settle();
    ann.expectSession();
    expect(ann.take().map(pathIn)).toEqual(['/a']);
  });

  it('hears nothing before the handshake, not even of its credentials', () => {
    const world = new World();
    const ann = world.open();
    const hello = framed(connectRequest({ readOnly: false }));
    ann.send(Buffer.concat([hello, ann.frame(Op.auth, auth('digest', Buffer.from('a:b')), -4)]));
    world.settle();
    ann.expectSession();
    expect(ann.take().map(({ xid }) => xid)).toEqual([-4]);
  });
});

describe('a client that comes back to its session', () => {
  it('is let in with the password, at once and without a transaction', () => {
    const world = new World();
    const ann = world.connect();
    ann.disconnect();
    const zxid = world.tree.lastProcessedZxid;
    const again = world.open();
    again.resume(ann);
    world.turn();
    expect(again.expectSession()).toMatchObject({ sessionId: ann.sessionId, timeout: 30_000 });
    expect(world.tree.lastProcessedZxid).toBe(zxid);
  });

  it.each([
    ['a wrong password', { password: Buffer.alloc(16, 7) }],
    ['a short password', { password: Buffer.alloc(3) }],
    ['no password', { password: null }],
    ['a session that nobody knows', { sessionId: 0x1234n }],
  ])('with %s hears zeros and is closed', (_what, hello) => {
    const world = new World();
    const ann = world.connect();
    const other = world.open();
    other.resume(ann, hello);
    world.turn();
    const zeros = { timeout: 0, sessionId: 0n, password: Buffer.alloc(16), readOnly: false };
    expect(other.takeHandshake()).toEqual(zeros);
    expect(other.link.state).toBe('ended');
  });

  it('with a wrong password leaves the connection of the session alone', () => {
    const world = new World();
    const ann = world.connect();
    const other = world.open();
    other.resume(ann, { password: Buffer.alloc(16) });
    world.turn();
    expect(pathIn(ann.ask(Op.create, create('/a')))).toBe('/a');
  });

  it('takes the session over from its old connection, which is closed', () => {
    const world = new World();
    const ann = world.connect();
    const again = world.open();
    again.resume(ann);
    world.turn();
    again.expectSession();
    expect(ann.link.state).toBe('destroyed');
    expect(pathIn(again.ask(Op.create, create('/a')))).toBe('/a');
  });

  it('keeps its session alive by the time-out that it asked for this time', () => {
    const world = new World();
    const ann = world.connect(6000);
    const again = world.open();
    again.resume(ann, { timeout: 60_000 });
    world.turn();
    expect(again.expectSession().timeout).toBe(60_000);
    again.ping();
    world.advance(20_000);
    expect(again.isClosed).toBe(false);
    expect(world.word('cons')).toContain('to=60000');
  });

  it('sees what it wrote before, though the disk still has not done it', () => {
    const world = new World();
    const ann = world.connect();
    world.disk.isHeld = true;
    ann.request(Op.create, create('/a'));
    world.turn();
    ann.disconnect();
    const again = world.open();
    again.resume(ann);
    again.request(Op.exists, pathAndWatch('/a'));
    world.turn();
    world.disk.isHeld = false;
    world.settle();
    again.expectSession();
    expect(again.take().map(({ err }) => err)).toEqual([0]);
  });

  it('finds it again after the server was started anew', () => {
    const before = new World();
    const ann = before.connect();
    ann.ask(Op.create, create('/a', Buffer.from('x'), 1));
    const world = before.crashAndRestart();
    const again = world.open();
    again.resume(ann);
    world.turn();
    again.expectSession();
    expect(nodeIn(again.ask(Op.getData, pathAndWatch('/a')))).toMatchObject({
      data: 'x',
      stat: { ephemeralOwner: ann.sessionId },
    });
  });

  it('has its whole time-out to do so after a restart, and no more', () => {
    const before = new World();
    const ann = before.connect(6000);
    ann.ask(Op.create, create('/a', null, 1));
    const world = before.crashAndRestart();
    world.advance(6000);
    expect(world.tree.findPath('/a')).toBeGreaterThan(0);
    world.advance(3000);
    expect(world.tree.findPath('/a')).toBe(-1);
  });

  it('finds it gone when it was closed', () => {
    const world = new World();
    const ann = world.connect();
    ann.ask(Op.closeSession);
    const again = world.open();
    again.resume(ann);
    world.settle();
    expect(again.takeHandshake()).toMatchObject({ sessionId: 0n, timeout: 0 });
  });

  it('finds it gone when it is being closed', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.closeSession);
    const again = world.open();
    again.resume(ann);
    world.settle();
    expect(again.takeHandshake()).toMatchObject({ sessionId: 0n, timeout: 0 });
  });
});

describe('a session whose client breaks off in the handshake', () => {
  it('is there, and expires', () => {
    const world = new World();
    const ann = world.open();
    ann.shakeHands({ timeout: 6000 });
    ann.disconnect();
    world.settle();
    expect(world.tree.sessions.size).toBe(1);
    world.advance(9000);
    expect(world.tree.sessions.size).toBe(0);
  });
});

describe('an old connection of a session', () => {
  it('that is taken over still has its writes carried out, in order', () => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.create, create('/a'));
    ann.request(Op.setData, setData('/a', Buffer.from('1')));
    const again = world.open();
    again.resume(ann);
    world.settle();
    again.expectSession();
    const node = nodeIn(again.ask(Op.getData, pathAndWatch('/a')));
    expect(node).toMatchObject({ data: '1', stat: { version: 1 } });
    expect(world.monitor('outstanding_requests')).toBe(0);
  });
});
