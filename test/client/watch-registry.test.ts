/*
 * Who hears of which event, and what is set again. Java: ZKWatchManager.
 */
import { describe, expect, it } from 'vitest';
import { setWatchesRequests } from '../../src/client/set-watches.ts';
import {
  type Watcher,
  type WatchRegistration,
  WatchRegistry,
} from '../../src/client/watch-registry.ts';
import { toZxid } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';

const watcher = (): Watcher => () => {};

const registryOf = (...registrations: WatchRegistration[]): WatchRegistry => {
  const registry = new WatchRegistry();
  for (const registration of registrations) registry.add(registration, true);
  return registry;
};

describe('one-shot watches', () => {
  it('hear once', () => {
    const w = watcher();
    const registry = registryOf({ kind: 'data', path: '/a', watcher: w });
    expect([...registry.take('nodeDataChanged', '/a')]).toEqual([w]);
    expect(registry.take('nodeDataChanged', '/a').size).toBe(0);
  });

  it('on data do not hear of children, and the other way round', () => {
    const [data, children] = [watcher(), watcher()];
    const registry = registryOf(
      { kind: 'data', path: '/a', watcher: data },
      { kind: 'children', path: '/a', watcher: children },
    );
    expect([...registry.take('nodeChildrenChanged', '/a')]).toEqual([children]);
    expect([...registry.take('nodeDeleted', '/a')]).toEqual([data]);
  });

  it('of exists wait for the creation where there is nothing yet', () => {
    const registry = new WatchRegistry();
    const w = watcher();
    registry.add({ kind: 'exists', path: '/a', watcher: w }, false);
    expect(registry.paths().exist).toEqual(['/a']);
    expect([...registry.take('nodeCreated', '/a')]).toEqual([w]);
  });

  it('hear once though they wait twice', () => {
    const w = watcher();
    const registry = registryOf(
      { kind: 'data', path: '/a', watcher: w },
      { kind: 'children', path: '/a', watcher: w },
    );
    expect([...registry.take('nodeDeleted', '/a')]).toEqual([w]);
  });
});

describe('persistent watches', () => {
  it('hear again and again', () => {
    const w = watcher();
    const registry = registryOf({ kind: 'persistent', path: '/a', watcher: w });
    for (const type of ['nodeCreated', 'nodeChildrenChanged', 'nodeDeleted'] as const) {
      expect([...registry.take(type, '/a')]).toEqual([w]);
    }
    expect(registry.take('nodeCreated', '/a/b').size).toBe(0);
  });

  it('that are recursive hear of everything below, but of no list of children', () => {
    const w = watcher();
    const registry = registryOf({ kind: 'persistentRecursive', path: '/a', watcher: w });
    expect([...registry.take('nodeCreated', '/a/b/c')]).toEqual([w]);
    expect([...registry.take('nodeDeleted', '/a')]).toEqual([w]);
    expect(registry.take('nodeChildrenChanged', '/a').size).toBe(0);
    expect(registry.take('nodeCreated', '/ab').size).toBe(0);
  });

  it('on the root hear of every path', () => {
    const w = watcher();
    const registry = registryOf({ kind: 'persistentRecursive', path: '/', watcher: w });
    expect([...registry.take('nodeCreated', '/a/b')]).toEqual([w]);
    expect([...registry.take('nodeDataChanged', '/')]).toEqual([w]);
  });
});

describe('removing', () => {
  it('takes one watcher, or all, and says what each is to be told', () => {
    const [one, two] = [watcher(), watcher()];
    const registry = registryOf(
      { kind: 'data', path: '/a', watcher: one },
      { kind: 'data', path: '/a', watcher: two },
      { kind: 'children', path: '/a', watcher: two },
    );
    expect(registry.remove('/a', 'data', one)).toMatchObject([
      { type: 'dataWatchRemoved', path: '/a', watchers: new Set([one]) },
    ]);
    expect(registry.remove('/a', 'any', null).map(({ type }) => type)).toEqual([
      'dataWatchRemoved',
      'childWatchRemoved',
    ]);
    expect(registry.count).toBe(0);
  });

  it('asks the server for as much as nobody else needs', () => {
    const [one, two] = [watcher(), watcher()];
    const registry = registryOf(
      { kind: 'data', path: '/a', watcher: one },
      { kind: 'children', path: '/a', watcher: one },
      { kind: 'children', path: '/a', watcher: two },
      { kind: 'data', path: '/b', watcher: one },
      { kind: 'persistent', path: '/b', watcher: two },
    );
    expect(registry.serverRemoval('/a', 'any', null)).toBe('any');
    expect(registry.serverRemoval('/a', 'any', one)).toBe('data');
    expect(registry.serverRemoval('/a', 'children', one)).toBeNull();
    expect(registry.serverRemoval('/a', 'children', null)).toBe('children');
    expect(registry.serverRemoval('/b', 'persistent', two)).toBeNull();
    expect(registry.serverRemoval('/b', 'data', one)).toBeNull();
  });
});

describe('setting all watches again', () => {
  const none = { data: [], exist: [], children: [], persistent: [], persistentRecursive: [] };

  it('needs no request where there are none', () => {
    expect(setWatchesRequests(none, toZxid(1n))).toEqual([]);
  });

  it('is split below the limit, and no path is lost or twice', () => {
    const data = Array.from({ length: 100 }, (_, index) => `/data-${index}`);
    const persistent = Array.from({ length: 50 }, (_, index) => `/persistent-ü-${index}`);
    const requests = setWatchesRequests({ ...none, data, persistent }, toZxid(9n), 300);
    for (const { record } of requests) {
      const paths = [...(record.dataWatches ?? []), ...(record.persistentWatches ?? [])];
      const size = paths.reduce((sum, path) => sum + 4 + Buffer.byteLength(path ?? ''), 0);
      expect(size).toBeLessThanOrEqual(300);
      expect(record.relativeZxid).toBe(9n);
    }
    expect(requests.flatMap(({ record }) => record.dataWatches)).toEqual(data);
    expect(requests.flatMap(({ record }) => record.persistentWatches)).toEqual(persistent);
  });

  it('uses the older request wherever it will do', () => {
    const paths = { ...none, data: ['/aaaa'], persistent: ['/pppp'] };
    const types = setWatchesRequests(paths, toZxid(1n), 10).map(({ type }) => type);
    expect(types).toEqual([OpCode.setWatches, OpCode.setWatches2]);
  });

  it('sends a path that is longer than the limit alone', () => {
    const paths = { ...none, data: ['/a', '/much-longer-than-the-limit', '/b'] };
    const lists = setWatchesRequests(paths, toZxid(1n), 8).map(({ record }) => record.dataWatches);
    expect(lists).toEqual([['/a'], ['/much-longer-than-the-limit'], ['/b']]);
  });
});
