/*
 * Stories about watches, one mode after the other, with the rules of 3.9.
 */

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/datatree/watches.ts';
import { Watches } from '../../src/datatree/watches.ts';
import { EventType, WatcherType } from '../../src/jute/op-code.ts';

const { nodeCreated, nodeDeleted, nodeDataChanged, nodeChildrenChanged } = EventType;

type Heard = [string, string, string];

const names = new Map<number, string>([
  [nodeCreated, 'created'],
  [nodeDeleted, 'deleted'],
  [nodeDataChanged, 'data'],
  [nodeChildrenChanged, 'children'],
]);

/** Who hears what of a change. */
function heard(watches: Watches<string>, type: Change['type'], path: string): Heard[] {
  const events: Heard[] = [];
  watches.trigger({ type, path, aclId: 7 }, (watcher, eventType, eventPath, aclId) => {
    expect(aclId).toBe(7);
    events.push([watcher, names.get(eventType) ?? '', eventPath]);
  });
  return events;
}

describe('a data watch', () => {
  it('hears of one event: creation, change or deletion', () => {
    const watches = new Watches<string>();
    for (const type of [nodeCreated, nodeDataChanged, nodeDeleted] as const) {
      watches.addData('/a', 'joe');
      expect(heard(watches, type, '/a')).toEqual([['joe', names.get(type), '/a']]);
      expect(heard(watches, type, '/a')).toEqual([]);
      expect(watches.isEmpty).toBe(true);
    }
  });

  it('hears neither of children nor of other znodes', () => {
    const watches = new Watches<string>();
    watches.addData('/a', 'joe');
    expect(heard(watches, nodeChildrenChanged, '/a')).toEqual([]);
    expect(heard(watches, nodeDataChanged, '/a/b')).toEqual([]);
    expect(watches.count).toBe(1);
  });
});

describe('a child watch', () => {
  it('hears of one event: children or deletion', () => {
    const watches = new Watches<string>();
    for (const type of [nodeChildrenChanged, nodeDeleted] as const) {
      watches.addChild('/a', 'joe');
      expect(heard(watches, nodeDataChanged, '/a')).toEqual([]);
      expect(heard(watches, type, '/a')).toEqual([['joe', names.get(type), '/a']]);
      expect(watches.isEmpty).toBe(true);
    }
  });

  it('beside a data watch hears of a deletion once, and both are spent', () => {
    const watches = new Watches<string>();
    watches.addData('/a', 'joe');
    watches.addChild('/a', 'joe');
    watches.addChild('/a', 'ann');
    expect(heard(watches, nodeDeleted, '/a')).toEqual([
      ['joe', 'deleted', '/a'],
      ['ann', 'deleted', '/a'],
    ]);
    expect(watches.isEmpty).toBe(true);
  });
});

describe('a persistent watch', () => {
  it('hears of data and children, again and again, but not from below', () => {
    const watches = new Watches<string>();
    watches.addPersistent('/a', 'joe');
    for (const type of [
      nodeCreated,
      nodeDataChanged,
      nodeChildrenChanged,
      nodeDeleted,
      nodeCreated,
    ] as const) {
      expect(heard(watches, type, '/a')).toEqual([['joe', names.get(type), '/a']]);
    }
    expect(heard(watches, nodeCreated, '/a/b')).toEqual([]);
    expect(watches.count).toBe(2);
  });

  it('beside a one-shot watch hears once, and outlives it', () => {
    const watches = new Watches<string>();
    watches.addPersistent('/a', 'joe');
    watches.addData('/a', 'joe');
    expect(heard(watches, nodeDataChanged, '/a')).toEqual([['joe', 'data', '/a']]);
    expect(watches.has('/a', WatcherType.data, 'joe')).toBe(false);
    expect(heard(watches, nodeDataChanged, '/a')).toEqual([['joe', 'data', '/a']]);
  });
});

describe('a persistent recursive watch', () => {
  it('hears of everything at and below its znode, children aside', () => {
    const watches = new Watches<string>();
    watches.addPersistentRecursive('/a', 'joe');
    for (const path of ['/a', '/a/b', '/a/b/c']) {
      expect(heard(watches, nodeCreated, path)).toEqual([['joe', 'created', path]]);
      expect(heard(watches, nodeDeleted, path)).toEqual([['joe', 'deleted', path]]);
      expect(heard(watches, nodeChildrenChanged, path)).toEqual([]);
    }
    expect(heard(watches, nodeCreated, '/ab')).toEqual([]);
    expect(watches.count).toBe(1);
  });

  it('of the root hears of all', () => {
    const watches = new Watches<string>();
    watches.addPersistentRecursive('/', 'joe');
    expect(heard(watches, nodeDataChanged, '/')).toEqual([['joe', 'data', '/']]);
    expect(heard(watches, nodeDataChanged, '/a/b')).toEqual([['joe', 'data', '/a/b']]);
  });

  it('hears once, whatever other watches its owner has', () => {
    const watches = new Watches<string>();
    watches.addPersistentRecursive('/', 'joe');
    watches.addPersistentRecursive('/a', 'joe');
    watches.addPersistent('/a/b', 'joe');
    watches.addData('/a/b', 'joe');
    watches.addData('/a/b', 'ann');
    expect(heard(watches, nodeDataChanged, '/a/b')).toEqual([
      ['joe', 'data', '/a/b'],
      ['ann', 'data', '/a/b'],
    ]);
    expect(heard(watches, nodeDeleted, '/a/b')).toEqual([['joe', 'deleted', '/a/b']]);
  });
});

describe('removal', () => {
  it('takes the watches of one type and leaves the others', () => {
    const watches = new Watches<string>();
    const types = [
      WatcherType.children,
      WatcherType.data,
      WatcherType.persistent,
      WatcherType.persistentRecursive,
    ];
    watches.addChild('/a', 'joe');
    watches.addData('/a', 'joe');
    watches.addPersistent('/a', 'joe');
    watches.addPersistentRecursive('/a', 'joe');
    for (const [index, type] of types.entries()) {
      expect(watches.remove('/a', type, 'joe')).toBe(true);
      expect(watches.remove('/a', type, 'joe')).toBe(false);
      expect(types.map((other) => watches.has('/a', other, 'joe'))).toEqual(
        types.map((_, other) => other > index),
      );
    }
    expect(watches.isEmpty).toBe(true);
    expect(heard(watches, nodeDataChanged, '/a/b')).toEqual([]);
  });

  it('of any type takes all; a type that does not exist is none', () => {
    const watches = new Watches<string>();
    watches.addData('/a', 'joe');
    watches.addPersistent('/a', 'joe');
    watches.addData('/a', 'ann');
    expect(watches.has('/a', WatcherType.any, 'joe')).toBe(true);
    expect([watches.has('/a', 0, 'joe'), watches.remove('/a', 6, 'joe')]).toEqual([false, false]);
    expect(watches.remove('/a', WatcherType.any, 'joe')).toBe(true);
    expect(watches.remove('/a', WatcherType.any, 'joe')).toBe(false);
    expect(watches.count).toBe(1);
  });

  it('of a connection takes everything of it, its recursive watches too', () => {
    const watches = new Watches<string>();
    watches.addPersistentRecursive('/a', 'joe');
    watches.addPersistent('/b', 'joe');
    watches.addChild('/a', 'joe');
    watches.addChild('/a', 'ann');
    watches.removeAll('joe');
    watches.removeAll('joe');
    expect(watches.count).toBe(1);
    expect(heard(watches, nodeCreated, '/a/b')).toEqual([]);
    expect(heard(watches, nodeChildrenChanged, '/a')).toEqual([['ann', 'children', '/a']]);
  });
});

describe('the lists for the four-letter words', () => {
  it('show data watches by path and by connection', () => {
    const watches = new Watches<string>();
    watches.addData('/a', 'joe');
    watches.addData('/a', 'ann');
    watches.addData('/b', 'joe');
    watches.addChild('/c', 'joe');
    expect(watches.summary).toEqual({ connections: 2, paths: 2, watches: 3 });
    expect([...watches.dataWatchesByPath()]).toEqual([
      ['/a', ['joe', 'ann']],
      ['/b', ['joe']],
    ]);
    expect([...watches.dataWatchesByWatcher()]).toEqual([
      ['joe', ['/a', '/b']],
      ['ann', ['/a']],
    ]);
  });

  it('still count a connection whose watches are spent, as Java does, but not one whose watches are removed', () => {
    const watches = new Watches<string>();
    watches.addData('/a', 'joe');
    watches.addData('/b', 'ann');
    heard(watches, nodeDataChanged, '/a');
    watches.remove('/b', WatcherType.data, 'ann');
    expect(watches.summary).toEqual({ connections: 1, paths: 0, watches: 0 });
    expect([...watches.dataWatchesByWatcher()]).toEqual([['joe', []]]);
  });
});
