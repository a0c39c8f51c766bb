import { describe, expect, it } from 'vitest';
import {
  auth,
  create,
  createTTL,
  multi,
  Op,
  pathAndInt,
  pathAndWatch,
  pathOnly,
  setACL,
  setData,
} from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import {
  aclIn,
  familyIn,
  identitiesIn,
  intIn,
  namesIn,
  partsIn,
  pathIn,
  statIn,
  storyOf,
} from '../replies.ts';
import { World } from '../world.ts';

const bytes = (text: string) => Buffer.from(text);
const login = (text: string) => auth('digest', bytes(text));
const stranger = [{ perms: 31, scheme: 'digest', id: 'stranger:x' }];

/** /a with the children b (data `b`) and c, /locked of a stranger. */
function populated(): { world: World; ann: Client } {
  const world = new World();
  const ann = world.connect();
  ann.ask(Op.create, create('/a'));
  ann.ask(Op.create, create('/a/b', bytes('b')));
  ann.ask(Op.create, create('/a/c'));
  ann.ask(Op.create, create('/locked', bytes('l'), 0, stranger));
  return { world, ann };
}

describe('a read', () => {
  const reads: readonly (readonly [string, number, (path: string | null) => Buffer])[] = [
    ['exists', Op.exists, (path) => pathAndWatch(path)],
    ['getData', Op.getData, (path) => pathAndWatch(path)],
    ['getChildren', Op.getChildren, (path) => pathAndWatch(path)],
    ['getChildren2', Op.getChildren2, (path) => pathAndWatch(path)],
    ['getACL', Op.getACL, pathOnly],
    ['getAllChildrenNumber', Op.getAllChildrenNumber, pathOnly],
  ];

  it.each(reads)('%s finds the root and znodes below', (_name, op, body) => {
    const { ann } = populated();
    expect(['/', '/a', '/a/b'].map((path) => ann.ask(op, body(path)).err)).toEqual([0, 0, 0]);
  });

  it.each(reads)('%s says NoNode, also of paths that nothing can have', (_name, op, body) => {
    const { ann } = populated();
    for (const path of ['/none', '/a/b/c', 'a', '/a/', '//']) {
      expect([path, ann.ask(op, body(path)).err]).toEqual([path, -101]);
    }
  });

  it.each(reads)('%s needs READ', (_name, op, body) => {
    const { ann } = populated();
    const { err, body: answer } = ann.ask(op, body('/locked'));
    expect([err, answer.length]).toEqual([-102, 0]);
  });

  it.each(reads)('%s without a path is a MarshallingError', (_name, op, body) => {
    const { ann } = populated();
    expect(ann.ask(op, body(null)).err).toBe(-5);
  });

  it('that fails leaves no watch, but for exists of what is not there', () => {
    const { world, ann } = populated();
    for (const [, op] of reads.slice(0, 4)) {
      ann.ask(op, pathAndWatch('/locked', true));
      ann.ask(op, pathAndWatch('/none', true));
    }
    expect(world.monitor('watch_count')).toBe(1);
  });
});

describe('exists', () => {
  it('tells the Stat', () => {
    const { ann } = populated();
    const stat = statIn(ann.ask(Op.exists, pathAndWatch('/a/b')));
    expect(stat).toMatchObject({ dataLength: 1, version: 0, numChildren: 0 });
  });

  it('refuses a null character', () => {
    const { ann } = populated();
    expect(ann.ask(Op.exists, pathAndWatch('/a\0')).err).toBe(-8);
  });
});

describe('getChildren', () => {
  it('tells the names, the second kind with the Stat', () => {
    const { ann } = populated();
    expect(namesIn(ann.ask(Op.getChildren, pathAndWatch('/a')))).toEqual(['b', 'c']);
    expect(namesIn(ann.ask(Op.getChildren, pathAndWatch('/a/b')))).toEqual([]);
    expect(familyIn(ann.ask(Op.getChildren2, pathAndWatch('/a')))).toMatchObject({
      names: ['b', 'c'],
      stat: { numChildren: 2, cversion: 2 },
    });
  });

  it('of a large family is as true the second time, and after each change', () => {
    const { ann } = populated();
    const names = Array.from({ length: 60 }, (_name, index) => `n${index}`);
    for (const name of names) ann.ask(Op.create, create(`/a/${name}`));
    const expected = (changed: readonly string[]) => [...changed, 'b', 'c'].sort();
    const list = () => namesIn(ann.ask(Op.getChildren, pathAndWatch('/a')));
    expect([list(), list()]).toEqual([expected(names), expected(names)]);
    ann.ask(Op.delete, pathAndInt('/a/n7', -1));
    expect(list()).toEqual(expected(names.filter((name) => name !== 'n7')));
    ann.ask(Op.create, create('/a/n7'));
    ann.ask(Op.setData, setData('/a', bytes('x')));
    expect(list()).toEqual(expected(names));
  });
});

describe('getAllChildrenNumber', () => {
  it('counts everything below', () => {
    const { ann } = populated();
    const count = (path: string) => intIn(ann.ask(Op.getAllChildrenNumber, pathOnly(path)));
    expect([count('/a'), count('/a/b')]).toEqual([2, 0]);
    // /zookeeper, its quota and config, /a with two children, /locked.
    expect(count('/')).toBe(7);
    // Java has the root under '' as well, and counts '/' below it.
    expect(count('')).toBe(8);
  });
});

describe('getEphemerals', () => {
  it("tells the caller's own, below a prefix", () => {
    const { world, ann } = populated();
    const bob = world.connect();
    bob.ask(Op.create, create('/bob', null, 1));
    for (const path of ['/a/e1', '/a/e2', '/e']) ann.ask(Op.create, create(path, null, 1));
    const list = (prefix: string | null) => namesIn(ann.ask(Op.getEphemerals, pathOnly(prefix)));
    expect(list('/a/')).toEqual(['/a/e1', '/a/e2']);
    expect(list('/a/e1')).toEqual(['/a/e1']);
    expect(list('/none')).toEqual([]);
    for (const prefix of ['/', '', null, ' / ', '\0/\x1f']) expect(list(prefix)).toHaveLength(3);
    // Java takes away what is not above a space, and no other white space.
    for (const prefix of ['\u3000', '\u00a0/', '\ufeff']) expect(list(prefix)).toEqual([]);
    expect(namesIn(bob.ask(Op.getEphemerals, pathOnly('/')))).toEqual(['/bob']);
  });

  it('knows no containers and no TTL znodes', () => {
    const { ann } = populated();
    ann.ask(Op.createContainer, create('/box', null, 4));
    ann.ask(Op.createTTL, createTTL('/t', null, 5, 1000n));
    expect(namesIn(ann.ask(Op.getEphemerals, pathOnly('/')))).toEqual([]);
  });
});

describe('sync', () => {
  it.each(['/a', '/none', 'nonsense', null])('gives the path %s back', (path) => {
    const { ann } = populated();
    expect(pathIn(ann.ask(Op.sync, pathOnly(path)))).toBe(path);
  });
});

describe('whoAmI', () => {
  it('tells every identity by scheme and user', () => {
    const { ann } = populated();
    ann.ask(Op.auth, login('ann:secret'));
    ann.ask(Op.auth, login('eve:secret'));
    expect(identitiesIn(ann.ask(Op.whoAmI))).toEqual([
      ['ip', '10.0.0.1'],
      ['digest', 'ann'],
      ['digest', 'eve'],
    ]);
  });
});

describe('getACL', () => {
  const secret = [
    { perms: 31, scheme: 'digest', id: 'ann:daNAg2SRdNdIcsIbxB9c3X+vhAQ=' },
    { perms: 1, scheme: 'world', id: 'anyone' },
  ];

  it('hides passwords from whoever is no administrator', () => {
    const { ann } = populated();
    ann.ask(Op.create, create('/mine', null, 0, secret));
    const { acl } = aclIn(ann.ask(Op.getACL, pathOnly('/mine')));
    expect(acl).toEqual(['31 digest:ann:x', '1 world:anyone']);
    ann.ask(Op.auth, login('ann:pass'));
    expect(aclIn(ann.ask(Op.getACL, pathOnly('/mine'))).acl?.[0]).toBe(
      '31 digest:ann:daNAg2SRdNdIcsIbxB9c3X+vhAQ=',
    );
  });

  it('is for those who may read or administer', () => {
    const { ann } = populated();
    const only = (perms: number) => [{ perms, scheme: 'world', id: 'anyone' }];
    const errs = [1, 2, 4, 8, 16].map((perms) => {
      ann.ask(Op.create, create(`/p${perms}`, null, 0, only(perms)));
      return ann.ask(Op.getACL, pathOnly(`/p${perms}`)).err;
    });
    expect(errs).toEqual([0, -102, -102, -102, 0]);
  });

  it('tells the Stat behind the list', () => {
    const { ann } = populated();
    ann.ask(Op.setACL, setACL('/a', [{ perms: 31, scheme: 'world', id: 'anyone' }]));
    expect(aclIn(ann.ask(Op.getACL, pathOnly('/a'))).stat).toMatchObject({ aversion: 1 });
  });
});

describe('multiRead', () => {
  it('answers each part for itself', () => {
    const { ann } = populated();
    const parts = [
      { op: Op.getData, body: pathAndWatch('/a/b') },
      { op: Op.getChildren, body: pathAndWatch('/a') },
      { op: Op.getData, body: pathAndWatch('/none') },
      { op: Op.getChildren, body: pathAndWatch('/locked') },
      { op: Op.getData, body: pathAndWatch('/a') },
    ];
    expect(partsIn(ann.ask(Op.multiRead, multi(parts)))).toMatchObject([
      { type: 4, err: 0, data: 'b', stat: { dataLength: 1 } },
      { type: 8, err: 0, names: ['b', 'c'] },
      { type: -1, err: -101, code: -101 },
      { type: -1, err: -102, code: -102 },
      { type: 4, err: 0, data: '' },
    ]);
  });

  it('is counted as the reads that it is made of, but for those that are refused', () => {
    const { world, ann } = populated();
    const parts = [
      { op: Op.getData, body: pathAndWatch('/a/b') },
      { op: Op.getChildren, body: pathAndWatch('/a') },
      { op: Op.getData, body: pathAndWatch('/a/none') },
    ];
    ann.ask(Op.multiRead, multi(parts));
    expect(world.monitor('cnt_a_read_per_namespace')).toBe(2);
    const [path, data, names, stat] = ['/a/b/a', 'b', 'bc', 68];
    const sum = path.length + data.length + names.length + 2 * stat;
    expect(world.monitor('sum_a_read_per_namespace')).toBe(sum);
  });

  it('leaves no watch, whatever it is asked', () => {
    const { world, ann } = populated();
    const parts = [{ op: Op.getData, body: pathAndWatch('/a', true) }];
    ann.ask(Op.multiRead, multi(parts));
    expect(world.monitor('watch_count')).toBe(0);
    ann.ask(Op.setData, setData('/a', null));
    expect(storyOf(ann.take())).toEqual([]);
  });

  it('of nothing is nothing', () => {
    expect(partsIn(populated().ann.ask(Op.multiRead, multi([])))).toEqual([]);
  });

  it('of more than 256 megabytes is refused, and the connection goes on', () => {
    const { ann } = populated();
    ann.ask(Op.create, create('/large', Buffer.alloc(1_000_000)));
    const parts = Array.from({ length: 270 }, () => ({
      op: Op.getData,
      body: pathAndWatch('/large'),
    }));
    const { err, body } = ann.ask(Op.multiRead, multi(parts));
    expect([err, body.length]).toEqual([-5, 0]);
    expect(ann.ask(Op.getData, pathAndWatch('/a/b')).err).toBe(0);
  });

  it.each([
    ['a part that writes', [{ op: Op.delete, body: pathAndInt('/a/b', -1) }]],
    [
      'parts of both kinds',
      [
        { op: Op.getData, body: pathAndWatch('/a') },
        { op: Op.delete, body: pathAndInt('/a/b', -1) },
      ],
    ],
    ['a part without a path', [{ op: Op.getData, body: pathAndWatch(null) }]],
    ['a part that cannot be one', [{ op: Op.exists, body: pathAndWatch('/a') }]],
  ])('with %s is a MarshallingError without a body', (_what, parts) => {
    const { world, ann } = populated();
    const { err, body } = ann.ask(Op.multiRead, multi(parts));
    expect([err, body.length]).toEqual([-5, 0]);
    expect(world.tree.findPath('/a/b')).toBeGreaterThan(0);
  });
});
