import { describe, expect, it } from 'vitest';
import { create, Op, pathAndWatch } from '../../harness/requests.ts';
import { WireWriter } from '../../harness/wire.ts';
import { World } from '../world.ts';

const word = (text: string) => Buffer.from(text);

describe('a four-letter word', () => {
  it('is answered and the connection closed', () => {
    const world = new World();
    const nc = world.open();
    nc.send(word('ruok'));
    world.turn();
    expect(nc.takeText()).toBe('imok');
    expect(nc.link.state).toBe('ended');
  });

  it('may come in pieces, and with an end of line', () => {
    const world = new World();
    const nc = world.open();
    for (const piece of ['r', 'uo']) {
      nc.send(word(piece));
      world.turn();
      expect(nc.isClosed).toBe(false);
    }
    nc.send(word('k\n'));
    world.turn();
    expect(nc.takeText()).toBe('imok');
  });

  it('is answered to a client that has said that it sends nothing more', () => {
    const world = new World();
    const nc = world.open();
    nc.send(word('ruok'));
    nc.halfClose();
    world.turn();
    expect(nc.takeText()).toBe('imok');
    expect(nc.link.state).toBe('ended');
  });

  it('is none within a session', () => {
    const world = new World();
    const ann = world.connect();
    ann.send(word('ruok'));
    world.turn();
    expect(ann.link.state).toBe('destroyed');
  });

  it('that is not on the list is refused in words', () => {
    const world = new World({ '4lw.commands.whitelist': 'ruok' });
    expect(world.word('stat')).toBe('stat is not executed because it is not in the whitelist.\n');
    expect(world.word('ruok')).toBe('imok');
    expect(world.word('srvr')).toContain('Mode: standalone');
  });

  it('that nobody knows is a length that is too large', () => {
    const world = new World();
    const nc = world.open();
    nc.send(word('nope'));
    world.turn();
    expect(nc.takeText()).toBe('');
    expect(nc.link.state).toBe('destroyed');
  });

  it('is answered although the disk has stopped', () => {
    const world = new World();
    const ann = world.connect();
    world.disk.isHeld = true;
    ann.request(Op.create, create('/a'));
    world.turn();
    expect(world.word('srvr')).toContain('Outstanding: 1\n');
  });
});

describe('stmk', () => {
  const mask = new WireWriter().long(0x1_0000_00ffn).bytes();

  it('waits for its mask, in any pieces', () => {
    const world = new World();
    const nc = world.open();
    nc.send(Buffer.concat([word('stmk'), mask.subarray(0, 3)]));
    world.turn();
    expect(nc.isClosed).toBe(false);
    nc.send(mask.subarray(3));
    world.turn();
    expect(nc.takeText()).toBe(String(0x1_0000_00ffn));
    expect(world.word('gtmk')).toBe(String(0x1_0000_00ffn));
  });

  it('comes with its mask in one piece', () => {
    const world = new World();
    const nc = world.open();
    nc.send(Buffer.concat([word('stmk'), mask]));
    world.turn();
    expect(nc.takeText()).toBe(String(0x1_0000_00ffn));
  });

  it('without its mask is forgotten with its connection', () => {
    const world = new World();
    const before = world.word('gtmk');
    const nc = world.open();
    nc.send(word('stmk'));
    nc.halfClose();
    world.turn();
    expect(nc.takeText()).toBe('');
    expect(world.word('gtmk')).toBe(before);
  });

  it('that is not on the list waits for nothing', () => {
    const world = new World({ '4lw.commands.whitelist': 'ruok' });
    expect(world.word('stmk')).toContain('not in the whitelist');
  });
});

describe('wchs, wchc and wchp', () => {
  it('show the watches of the clients that are there', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    ann.ask(Op.exists, pathAndWatch('/a', true));
    bob.ask(Op.exists, pathAndWatch('/a', true));
    bob.ask(Op.exists, pathAndWatch('/b', true));
    const [first, second] = [ann, bob].map(({ sessionId }) => `0x${sessionId.toString(16)}`);
    expect(world.word('wchs')).toBe('2 connections watching 2 paths\nTotal watches:3\n');
    expect(world.word('wchp')).toContain(`/a\n\t${first}\n\t${second}\n`);
    bob.disconnect();
    expect(world.word('wchc')).toContain(`${first}\n\t/a\n`);
    expect(world.word('wchs')).toBe('1 connections watching 1 paths\nTotal watches:1\n');
  });
});

describe('conf', () => {
  it('tells what the server was started with', () => {
    const world = new World({ tickTime: 1000 });
    const text = world.word('conf');
    expect(text).toContain('clientPort=2181\n');
    expect(text).toContain('tickTime=1000\n');
    expect(text).toContain('minSessionTimeout=2000\nmaxSessionTimeout=20000\n');
  });
});

describe('hash', () => {
  it('lists digests of the tree as it went on', () => {
    const world = new World();
    const ann = world.connect();
    for (let round = 0; round < 130; round++) ann.request(Op.create, create('/n', null, 2));
    world.settle();
    expect(world.word('hash')).toMatch(/^80: -?\d+\n$/);
  });
});

describe('a server that stops', () => {
  it('says so to nobody, because all connections are closed', () => {
    const world = new World();
    const nc = world.open();
    world.server.stop(() => undefined);
    nc.send(word('srvr'));
    world.turn();
    expect(nc.takeText()).toBe('');
    expect(nc.link.state).toBe('destroyed');
  });
});
