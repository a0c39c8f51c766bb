import { describe, expect, it } from 'vitest';
import {
  auth,
  create,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  pathOnly,
  setACL,
  setData,
} from '../../harness/requests.ts';
import { WireWriter } from '../../harness/wire.ts';
import type { Client, Reply } from '../client.ts';
import { aclIn, codesIn, identitiesIn } from '../replies.ts';
import { World } from '../world.ts';

const bytes = (text: string) => Buffer.from(text);
const anyone = (perms: number) => [{ perms, scheme: 'world', id: 'anyone' }];
const own = [{ perms: 31, scheme: 'auth', id: '' }];
// Printed by DigestAuthenticationProvider of Apache ZooKeeper 3.8.0 for super:secret.
const SUPER = { 'DigestAuthenticationProvider.superDigest': 'super:lK75jTNcA+U9vtVEw5vB51mj/w4=' };

function login(client: Client, text: string): number {
  return client.ask(Op.auth, auth('digest', bytes(text))).err;
}

/** A znode that everybody may do only one thing with, and one below it. */
function worldWith(perms: number): { world: World; bob: Client } {
  const world = new World();
  const ann = world.connect();
  ann.ask(Op.create, create('/p'));
  ann.ask(Op.create, create('/p/child', null, 0, anyone(perms)));
  ann.ask(Op.setACL, setACL('/p', anyone(perms)));
  return { world, bob: world.connect() };
}

describe('a permission', () => {
  const operations: readonly (readonly [string, number, Buffer])[] = [
    ['getData', Op.getData, pathAndWatch('/p')],
    ['exists', Op.exists, pathAndWatch('/p')],
    ['getChildren', Op.getChildren, pathAndWatch('/p')],
    ['getChildren2', Op.getChildren2, pathAndWatch('/p')],
    ['getAllChildrenNumber', Op.getAllChildrenNumber, pathOnly('/p')],
    ['getACL', Op.getACL, pathOnly('/p')],
    ['setData', Op.setData, setData('/p', null)],
    ['create', Op.create, create('/p/new')],
    ['delete', Op.delete, pathAndInt('/p/child', -1)],
    ['setACL', Op.setACL, setACL('/p', anyone(31))],
  ];
  const reading = [
    'getData',
    'exists',
    'getChildren',
    'getChildren2',
    'getAllChildrenNumber',
    'getACL',
  ];

  it.each([
    ['READ', 1, reading],
    ['WRITE', 2, ['setData']],
    ['CREATE', 4, ['create']],
    ['DELETE', 8, ['delete']],
    ['ADMIN', 16, ['getACL', 'setACL']],
    ['none', 0, []],
  ])('%s allows its operations and no others', (_name, perms, allowed) => {
    const done = operations.filter(([, op, body]) => {
      const { err } = worldWith(perms).bob.ask(op, body);
      expect([0, -102]).toContain(err);
      return err === 0;
    });
    expect(done.map(([name]) => name)).toEqual(allowed);
  });

  it('of READ is needed by check in a multi', () => {
    const checked = multi([{ op: Op.check, body: pathAndInt('/p', -1) }]);
    expect(worldWith(1).bob.ask(Op.multi, checked).err).toBe(0);
    expect(codesIn(worldWith(30).bob.ask(Op.multi, checked))).toEqual([-102]);
  });

  it('is no obstacle where lists are not looked at', () => {
    const world = new World({ skipACL: 'yes' });
    const ann = world.connect();
    ann.ask(Op.create, create('/p', null, 0, anyone(0)));
    expect(ann.ask(Op.setData, setData('/p', null)).err).toBe(0);
    expect(ann.ask(Op.getACL, pathOnly('/p')).err).toBe(0);
  });
});

describe('credentials', () => {
  it('are answered at once, with zxid 0, and prove who the client is', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect()];
    world.disk.isHeld = true;
    bob.request(Op.create, create('/slow'));
    bob.request(Op.auth, auth('digest', bytes('bob:x')), -4);
    world.turn();
    expect(bob.take()).toMatchObject([{ xid: -4, zxid: 0n, err: 0 }]);
    world.disk.isHeld = false;
    bob.ask(Op.create, create('/mine', null, 0, own));
    expect(ann.ask(Op.getData, pathAndWatch('/mine')).err).toBe(-102);
    expect(login(ann, 'bob:y')).toBe(0);
    expect(ann.ask(Op.getData, pathAndWatch('/mine')).err).toBe(-102);
    expect(login(ann, 'bob:x')).toBe(0);
    expect(ann.ask(Op.getData, pathAndWatch('/mine')).err).toBe(0);
  });

  it('that come twice count once', () => {
    const ann = new World().connect();
    login(ann, 'ann:x');
    login(ann, 'ann:x');
    expect(identitiesIn(ann.ask(Op.whoAmI))).toHaveLength(2);
  });

  it('belong to the connection and not to the session', () => {
    const world = new World();
    const ann = world.connect();
    login(ann, 'ann:x');
    const again = world.open();
    again.resume(ann);
    world.settle();
    again.expectSession();
    expect(identitiesIn(again.ask(Op.whoAmI))).toEqual([['ip', '10.0.0.1']]);
  });

  it('are not taken without end', () => {
    const world = new World();
    const [many, large] = [world.connect(), world.connect()];
    for (let count = 0; count < 999; count++) login(many, `ann:${count}`);
    expect([login(many, 'ann:0'), login(many, 'one:more')]).toEqual([0, -115]);
    for (let count = 0; count < 5; count++) login(large, `${count}${'x'.repeat(200_000)}:`);
    expect(login(large, `${'y'.repeat(200_000)}:`)).toBe(-115);
    expect([many.link.state, large.link.state]).toEqual(['ended', 'ended']);
  });

  it('of scheme ip prove the address that is known anyway', () => {
    const ann = new World().connect();
    expect(ann.ask(Op.auth, auth('ip', bytes('10.1.1.1'))).err).toBe(0);
    expect(identitiesIn(ann.ask(Op.whoAmI))).toEqual([['ip', '10.0.0.1']]);
  });

  it.each([
    ['of a scheme that nobody knows', auth('kerberos', bytes('x'))],
    ['of scheme world', auth('world', bytes('anyone'))],
    ['of scheme super', auth('super', bytes('super'))],
    ['of scheme x509, without TLS', auth('x509', bytes('CN=x'))],
    ['of scheme sasl, without SASL', auth('sasl', bytes('x'))],
    ['of no scheme', auth(null, bytes('x'))],
    ['that are absent', auth('digest', null)],
  ])('%s fail, and the connection ends', (_what, body) => {
    const world = new World();
    const ann = world.connect();
    ann.request(Op.auth, body, -4);
    ann.request(Op.create, create('/behind'));
    world.settle();
    expect(ann.take()).toMatchObject([{ xid: -4, err: -115 }]);
    expect(ann.link.state).toBe('ended');
    expect(world.tree.findPath('/behind')).toBe(-1);
  });

  it('fail where scheme digest is switched off', () => {
    const world = new World({ 'DigestAuthenticationProvider.enabled': false });
    const ann = world.connect();
    expect(login(ann, 'a:b')).toBe(-115);
  });
});

describe('the super user', () => {
  it('may do everything, and sees passwords', () => {
    const world = new World(SUPER);
    const [ann, root] = [world.connect(), world.connect()];
    login(ann, 'ann:x');
    ann.ask(Op.create, create('/mine', null, 0, own));
    login(root, 'super:secret');
    expect(root.ask(Op.setData, setData('/mine', null)).err).toBe(0);
    expect(aclIn(root.ask(Op.getACL, pathOnly('/mine'))).acl?.[0]).not.toContain(':x');
    expect(root.ask(Op.setACL, setACL('/mine', anyone(31))).err).toBe(0);
  });

  it('is nobody where none is configured', () => {
    const world = new World();
    const [ann, root] = [world.connect(), world.connect()];
    login(ann, 'ann:x');
    ann.ask(Op.create, create('/mine', null, 0, own));
    login(root, 'super:secret');
    expect(root.ask(Op.getData, pathAndWatch('/mine')).err).toBe(-102);
  });
});

describe('an access list', () => {
  it('lets addresses in', () => {
    const world = new World();
    const [ann, bob] = [world.connect(), world.connect(30_000, '192.168.3.4')];
    const list = [{ perms: 1, scheme: 'ip', id: '192.168.0.0/16' }];
    ann.ask(Op.create, create('/lan', null, 0, list));
    expect(bob.ask(Op.getData, pathAndWatch('/lan')).err).toBe(0);
    expect(ann.ask(Op.getData, pathAndWatch('/lan')).err).toBe(-102);
  });

  it('with auth takes all identities that were proved, and fails without any', () => {
    const ann = new World().connect();
    expect(ann.ask(Op.create, create('/mine', null, 0, own)).err).toBe(-114);
    login(ann, 'a:x');
    login(ann, 'b:x');
    ann.ask(Op.create, create('/mine', null, 0, own));
    const { acl } = aclIn(ann.ask(Op.getACL, pathOnly('/mine')));
    expect(acl?.map((entry) => entry.split(':').slice(0, 2).join(':'))).toEqual([
      '31 digest:a',
      '31 digest:b',
    ]);
  });

  it('as long as a request may be is checked in a moment', () => {
    const ann = new World().connect();
    const entry = (perms: number) => new WireWriter().int(perms).string('world').string('anyone');
    const entries = Array.from({ length: 38_000 }, (_entry, index) => entry(index).bytes());
    const list = new WireWriter().int(entries.length).raw(Buffer.concat(entries)).bytes();
    const body = new WireWriter().string('/long').buffer(null).raw(list).int(0).bytes();
    // What it takes, and not what others take meanwhile.
    const before = process.cpuUsage();
    expect(ann.ask(Op.create, body).err).toBe(0);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(2000);
  });
});

describe('a server that demands authentication', () => {
  const keys = { 'enforce.auth.enabled': true, 'enforce.auth.schemes': 'digest' };

  it('refuses everything else before it, and ends the connection', () => {
    const world = new World(keys);
    const ann = world.connect();
    ann.request(Op.getData, pathAndWatch('/'));
    world.settle();
    expect(ann.take()).toMatchObject([{ xid: 1, err: -124, zxid: 0n }]);
    expect(ann.link.state).toBe('ended');
  });

  it('takes a client that has proved who it is', () => {
    const ann = new World(keys).connect();
    login(ann, 'ann:x');
    expect(ann.ask(Op.getData, pathAndWatch('/')).err).toBe(0);
  });
});

describe('an identity that is proved while requests wait', () => {
  /** Asks behind a write that the disk holds, proves an identity, and asks again; gives the replies by xid. */
  function askTwice(op: number, body: Buffer): readonly [Reply, Reply] {
    const world = new World();
    const joe = world.connect();
    login(joe, 'joe:x');
    joe.ask(Op.create, create('/joes', bytes('x'), 0, own));
    const ann = world.connect();
    ann.ask(Op.create, create('/open'));
    ann.send(
      Buffer.concat([
        ann.frame(Op.setData, setData('/open', null), 10),
        ann.frame(op, body, 11),
        ann.frame(Op.auth, auth('digest', bytes('joe:x')), -4),
        ann.frame(op, body, 12),
      ]),
    );
    world.turn();
    expect(ann.take().map(({ xid, err }) => [xid, err])).toEqual([[-4, 0]]);
    world.settle();
    const [write, first, second] = ann.take();
    if (first === undefined || second === undefined) throw new Error('a reply is missing');
    expect([write?.xid, first.xid, second.xid]).toEqual([10, 11, 12]);
    return [first, second];
  }

  it.each([
    ['getData', Op.getData, pathAndWatch('/joes')],
    ['exists', Op.exists, pathAndWatch('/joes')],
    ['getChildren', Op.getChildren, pathAndWatch('/joes')],
    ['getChildren2', Op.getChildren2, pathAndWatch('/joes')],
    ['getACL', Op.getACL, pathOnly('/joes')],
    ['setData', Op.setData, setData('/joes', null)],
    ['setACL', Op.setACL, setACL('/joes', anyone(31))],
  ])('counts for the next %s and not for those before', (_name, op, body) => {
    expect(askTwice(op, body).map(({ err }) => err)).toEqual([-102, 0]);
  });

  it('is told to the next whoAmI and not to those before', () => {
    const [first, second] = askTwice(Op.whoAmI, Buffer.alloc(0));
    expect(identitiesIn(first)).toEqual([['ip', '10.0.0.1']]);
    expect(identitiesIn(second)).toEqual([
      ['ip', '10.0.0.1'],
      ['digest', 'joe'],
    ]);
  });
});
