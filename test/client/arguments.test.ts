/*
 * Arguments that no server could take are refused before anything is sent: here by a client that is closed already, and would say so
 * of whatever it is to send. Java: ZooKeeper (IllegalArgumentException), and its types.
 */
import { describe, expect, it } from 'vitest';
import type { ACL, SessionId } from '../../src/client/index.ts';
import { ClientClosedError, digestACL, toSessionId, ZooKeeper } from '../../src/client/index.ts';
import { failure } from './stories/scene.ts';

const closed = (): ZooKeeper => {
  const zk = new ZooKeeper('localhost:1');
  zk.abandon();
  return zk;
};

const watcher = (): void => {};

/** What a method throws that gives no promise. */
const thrown = (call: () => unknown): Promise<Error> => failure((async () => call())());

describe('an access list', () => {
  const bad: readonly [string, unknown][] = [
    ['acl ', 'world:anyone'],
    ['acl ', null],
    ['acl ', { 0: { perms: 31, id: { scheme: 'world', id: 'anyone' } }, length: 1 }],
    ['acl[0] ', [null]],
    ['acl[0] ', ['world:anyone:r']],
    ['acl[0] ', new Array(1)],
    ['acl[0].id ', [{ perms: 31 }]],
    ['acl[0].id ', [{ perms: 31, id: 'anyone' }]],
    ['acl[0].perms ', [{ perms: 'x', id: { scheme: 'world', id: 'anyone' } }]],
    ['acl[1].id.scheme ', [digestACL('ann', 'x'), { perms: 1, id: { id: 'anyone' } }]],
    ['acl[0].id.id ', [{ perms: 1, id: { scheme: 'ip', id: 7 } }]],
  ];

  it.each(bad)('is refused by its field %s: %j', async (field, value) => {
    const zk = closed();
    const acl = value as never;
    const multi = zk.multi();
    const errors = [
      await failure(zk.create('/a', 'x', { acl })),
      await failure(zk.create2('/a', 'x', { acl })),
      await failure(zk.setACL('/a', acl)),
      await thrown(() => multi.create('/a', 'x', { acl })),
      await thrown(() => multi.create2('/a', 'x', { acl })),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain(field);
    }
    expect(multi.count).toBe(0);
  });

  it('has permissions of 32 bits', async () => {
    const acl = (perms: number): ACL[] => [{ perms, id: { scheme: 'world', id: 'anyone' } }];
    for (const perms of [1.5, Number.NaN, 2 ** 31]) {
      const error = await failure(closed().setACL('/a', acl(perms)));
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toContain('acl[0].perms ');
    }
  });

  it('may be what a server judges by itself', async () => {
    const odd: ACL[] = [{ perms: -1, id: { scheme: null, id: null } }];
    for (const acl of [[], odd, Object.freeze([digestACL('ann', 'x')])]) {
      expect(await failure(closed().setACL('/a', acl))).toBeInstanceOf(ClientClosedError);
    }
  });
});

describe('a version', () => {
  const bad: readonly [unknown, new () => Error][] = [
    [1.5, RangeError],
    [Number.NaN, RangeError],
    [Number.POSITIVE_INFINITY, RangeError],
    [2 ** 31, RangeError],
    [-(2 ** 31) - 1, RangeError],
    ['1', TypeError],
    [1n, TypeError],
    [null, TypeError],
  ];

  it.each(bad)('is not %s', async (value, errorClass) => {
    const zk = closed();
    const version = value as never;
    const multi = zk.multi();
    const errors = [
      await failure(zk.delete('/a', { version })),
      await failure(zk.setData('/a', 'x', { version })),
      await failure(zk.setACL('/a', [digestACL('ann', 'x')], { version })),
      await thrown(() => multi.delete('/a', version)),
      await thrown(() => multi.check('/a', version)),
      await thrown(() => multi.setData('/a', 'x', version)),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(errorClass);
      expect(error.message).toContain('version ');
    }
    expect(multi.count).toBe(0);
  });

  it.each([-(2 ** 31), -1, 0, 2 ** 31 - 1, undefined])('may be %s', async (version) => {
    const zk = closed();
    expect(await failure(zk.setData('/a', 'x', { version }))).toBeInstanceOf(ClientClosedError);
    expect(zk.multi().delete('/a', version).check('/a', version).count).toBe(2);
  });
});

describe('the name of a kind', () => {
  it.each(['exist', 'toString', 7, null])('of watches is not %j', async (name) => {
    const kind = name as never;
    const message = `Unknown kind ${JSON.stringify(name)}`;
    const errors = [
      await failure(closed().checkWatches('/a', kind)),
      await failure(closed().removeWatches('/a', { kind })),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toBe(message);
    }
  });

  it.each(['any', 'toString', 7])('of znodes and of new watches is not %j', async (name) => {
    const mode = name as never;
    const zk = closed();
    const errors = [
      await failure(zk.create('/a', 'x', { mode })),
      await thrown(() => zk.multi().create('/a', 'x', { mode })),
      await failure(zk.addWatch('/a', mode, watcher)),
      await thrown(() => zk.watch('/a', { mode })),
    ];
    for (const error of errors) {
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toBe(`Unknown mode ${JSON.stringify(name)}`);
    }
  });

  it('of a watcher to be removed is a function', async () => {
    const removal = closed().removeWatches('/a', { watcher: 'me' as never });
    expect((await failure(removal)).message).toBe('A watcher is a function');
  });
});

describe('a time', () => {
  it.each([Number.NaN, -1, 0, Number.POSITIVE_INFINITY, 2 ** 31])(
    'to connect within is not %s ms',
    async (timeoutMs) => {
      const is = Number.isNaN(timeoutMs) ? 'a number' : 'from 1 to 2147483647';
      for (const attempt of [
        ZooKeeper.connect('localhost:1', { timeoutMs }),
        closed().connected({ timeoutMs }),
      ]) {
        const error = await failure(attempt);
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toBe(`timeoutMs is ${is}, not ${timeoutMs}`);
      }
    },
  );

  it('is a number', async () => {
    const timeoutMs = '5' as never;
    const zk = closed();
    for (const attempt of [
      ZooKeeper.connect('localhost:1', { timeoutMs }),
      ZooKeeper.connect('localhost:1', { sessionTimeoutMs: timeoutMs }),
      ZooKeeper.connect('localhost:1', { requestTimeoutMs: timeoutMs }),
      zk.connected({ timeoutMs }),
      zk.getData('/a', { timeoutMs }),
      zk.addAuth('digest', 'ann:x', { timeoutMs }),
    ]) {
      const error = await failure(attempt);
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toMatch(/imeoutMs is a number, not of type string$/);
    }
  });

  it('to wait for an answer is not NaN, and may be none at all', async () => {
    const zk = closed();
    const attempts = [
      zk.getData('/a', { timeoutMs: Number.NaN }),
      zk.addAuth('digest', 'ann:x', { timeoutMs: Number.NaN }),
      zk.multi().check('/a').commit({ timeoutMs: Number.NaN }),
      ZooKeeper.connect('localhost:1', { requestTimeoutMs: Number.NaN }),
    ];
    for (const error of await Promise.all(attempts.map(failure))) {
      expect(error).toBeInstanceOf(RangeError);
      expect(error.message).toMatch(/imeoutMs .* not NaN$/);
    }
    for (const timeoutMs of [0, -1, Number.POSITIVE_INFINITY]) {
      expect(await failure(zk.getData('/a', { timeoutMs }))).toBeInstanceOf(ClientClosedError);
    }
  });
});

describe('a change of the servers', () => {
  const bad: readonly [string, unknown][] = [
    ['joining ', { joining: 'server.4=host:2888:3888;2181' }],
    ['joining[1] ', { joining: ['server.4=host:2888:3888;2181', 5] }],
    ['leaving ', { leaving: 3 }],
    ['leaving[0] ', { leaving: [3.5] }],
    ['leaving[1] ', { leaving: ['3', null] }],
    ['members[0] ', { members: [{}] }],
    ['fromConfig ', { leaving: [3], fromConfig: 100 }],
    ['fromConfig ', { leaving: [3], fromConfig: 2n ** 63n }],
  ];

  it.each(bad)('is refused by its field %s: %o', async (field, options) => {
    const error = await failure(closed().reconfig(options as never));
    expect(error.name).toMatch(/^(Type|Range)Error$/);
    expect(error.message).toContain(field);
  });

  it('names the servers that leave by numbers or by strings', async () => {
    const error = await failure(closed().reconfig({ leaving: [3, '4'], fromConfig: 1n }));
    expect(error).toBeInstanceOf(ClientClosedError);
  });
});

describe('what a client is made with', () => {
  const bad: readonly [string, unknown][] = [
    ['session.id ', { session: { id: 5, password: new Uint8Array(16) } }],
    ['session.password ', { session: { id: 5n, password: 'secret' } }],
    ['auth[0].scheme ', { auth: [{ auth: 'ann:secret' }] }],
    ['Data ', { auth: [{ scheme: 'digest', auth: 5 }] }],
  ];

  it.each(bad)('is refused by its field %s: %o', async (field, options) => {
    const error = await thrown(() => new ZooKeeper('localhost:1', options as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(field);
  });

  it('may be a session whose id has no sign, as a log shows it', () => {
    const id = 0xff00_0000_0000_0001n as SessionId;
    const zk = new ZooKeeper('localhost:1', { session: { id, password: new Uint8Array(16) } });
    zk.abandon();
    expect(zk.session.id).toBe(toSessionId(id));
  });

  it('may be asked for later, and is refused then', async () => {
    expect(await failure(closed().addAuth(undefined as never, 'ann:secret'))).toBeInstanceOf(
      TypeError,
    );
  });
});

it('a time to close is a number', async () => {
  expect(await failure(closed().close({ timeoutMs: Number.NaN }))).toBeInstanceOf(RangeError);
  await expect(closed().close({ timeoutMs: Number.POSITIVE_INFINITY })).resolves.toBeUndefined();
});
