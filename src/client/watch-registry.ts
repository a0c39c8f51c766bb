/*
 * Which watchers wait for which events (Java: ZKWatchManager, WatchRegistration, WatchDeregistration). The server knows only that
 * this connection watches a path; who in this program asked for it, and what has to be asked for again on the next
 * connection, stands here. All paths are those of the server; watchers are told those of the client by the session.
 */

import type { Zxid } from '../jute/int64.ts';
import type { EventType } from '../jute/op-code.ts';
import { unreachable } from '../jute/unreachable.ts';
import { parentOf } from './path.ts';

/**
 * What a watch tells: the name of the event and the znode as the client names it. To persistent watches `none` says that the
 * session has a connection again: what happened while it had none was not told, so look again.
 */
export interface WatchedEvent {
  readonly type: keyof typeof EventType;
  readonly path: string;
  /** The transaction that it is about; null from servers before 3.9, which do not tell (ZOOKEEPER-4655). */
  readonly zxid: Zxid | null;
}

/** Takes the events of a watch. One and the same function on one path is one watcher. */
export type Watcher = (event: WatchedEvent) => void;

/** The lists of watches: `exist` waits for a znode that is not there yet. */
export type WatchKind = 'data' | 'exist' | 'children' | 'persistent' | 'persistentRecursive';

/** Which watches removeWatches() means. `data` has the exist watches in it. */
export type WatchSelection = 'data' | 'children' | 'persistent' | 'persistentRecursive' | 'any';

/** The watch that a request leaves when it succeeds. */
export interface WatchRegistration {
  /** `exists` becomes a data watch where the znode is there and an exist watch where it is not. */
  readonly kind: 'exists' | 'data' | 'children' | 'persistent' | 'persistentRecursive';
  /** As the server names it. */
  readonly path: string;
  readonly watcher: Watcher;
}

/** Every path with watches of one kind. */
export type WatchedPaths = Readonly<Record<WatchKind, readonly string[]>>;

/** A watcher, what it is to be told, and about which path (of the server). */
export interface Delivery {
  readonly watchers: ReadonlySet<Watcher>;
  readonly type: WatchedEvent['type'];
  readonly path: string;
  readonly zxid: Zxid | null;
}

const kindsOf = {
  data: ['data', 'exist'],
  children: ['children'],
  persistent: ['persistent'],
  persistentRecursive: ['persistentRecursive'],
  any: ['data', 'exist', 'children', 'persistent', 'persistentRecursive'],
} as const satisfies Record<WatchSelection, readonly WatchKind[]>;

const removalOf = {
  data: 'dataWatchRemoved',
  exist: 'dataWatchRemoved',
  children: 'childWatchRemoved',
  persistent: 'persistentWatchRemoved',
  persistentRecursive: 'persistentWatchRemoved',
} as const satisfies Record<WatchKind, WatchedEvent['type']>;

const allKinds = kindsOf.any;

/** All watches of a session. */
export class WatchRegistry {
  readonly #watches: Readonly<Record<WatchKind, Map<string, Set<Watcher>>>> = {
    data: new Map(),
    exist: new Map(),
    children: new Map(),
    persistent: new Map(),
    persistentRecursive: new Map(),
  };

  /** Takes a watch that the server has left. */
  add(registration: WatchRegistration, isThere: boolean): void {
    const { kind, path, watcher } = registration;
    const list = this.#watches[kind === 'exists' ? (isThere ? 'data' : 'exist') : kind];
    const watchers = list.get(path);
    if (watchers === undefined) list.set(path, new Set([watcher]));
    else watchers.add(watcher);
  }

  /** Who is to hear of an event; the one-shot watches among them are used up. */
  take(type: WatchedEvent['type'], path: string): Set<Watcher> {
    const watchers = new Set<Watcher>();
    switch (type) {
      case 'nodeCreated':
      case 'nodeDataChanged':
        this.#takeOneShots(['data', 'exist'], path, watchers);
        this.#addPersistent(path, watchers);
        this.#addRecursive(path, watchers);
        break;
      case 'nodeDeleted':
        this.#takeOneShots(['data', 'exist', 'children'], path, watchers);
        this.#addPersistent(path, watchers);
        this.#addRecursive(path, watchers);
        break;
      case 'nodeChildrenChanged':
        // Never for recursive watches, which hear of each child by itself: it is another watch that this event is for.
        this.#takeOneShots(['children'], path, watchers);
        this.#addPersistent(path, watchers);
        break;
      case 'none':
      case 'dataWatchRemoved':
      case 'childWatchRemoved':
      case 'persistentWatchRemoved':
        break;
      default:
        unreachable(type);
    }
    return watchers;
  }

  #takeOneShots(kinds: readonly WatchKind[], path: string, into: Set<Watcher>): void {
    for (const kind of kinds) {
      const list = this.#watches[kind];
      for (const watcher of list.get(path) ?? []) into.add(watcher);
      list.delete(path);
    }
  }

  #addPersistent(path: string, into: Set<Watcher>): void {
    for (const watcher of this.#watches.persistent.get(path) ?? []) into.add(watcher);
  }

  #addRecursive(path: string, into: Set<Watcher>): void {
    const list = this.#watches.persistentRecursive;
    if (list.size === 0) return;
    for (let at = path; ; at = parentOf(at)) {
      for (const watcher of list.get(at) ?? []) into.add(watcher);
      if (at === '/') return;
    }
  }

  /** True if `watcher`, or anybody when it is null, watches the path in that way. */
  has(path: string, selection: WatchSelection, watcher: Watcher | null): boolean {
    return kindsOf[selection].some((kind) => {
      const watchers = this.#watches[kind].get(path);
      return watchers !== undefined && (watcher === null || watchers.has(watcher));
    });
  }

  /** Removes `watcher`, or everybody when it is null, and gives what each of them is to be told of it. */
  remove(path: string, selection: WatchSelection, watcher: Watcher | null): readonly Delivery[] {
    const deliveries: Delivery[] = [];
    for (const kind of kindsOf[selection]) {
      const list = this.#watches[kind];
      const watchers = list.get(path);
      if (watchers === undefined || (watcher !== null && !watchers.has(watcher))) continue;
      const removed = watcher === null ? watchers : new Set([watcher]);
      if (watcher !== null) watchers.delete(watcher);
      if (watcher === null || watchers.size === 0) list.delete(path);
      deliveries.push({ watchers: removed, type: removalOf[kind], path, zxid: null });
    }
    return deliveries;
  }

  /**
   * What the server is to be asked to remove when `watcher` (null for all) is: null for nothing, because others still need it.
   * A server has one watch on a path for all watchers here, and before 3.9 a persistent one goes with any that is removed
   * (ZOOKEEPER-4472), so nothing is asked while one of these stays; a watch that nobody here waits for does no harm.
   */
  serverRemoval(
    path: string,
    selection: WatchSelection,
    watcher: Watcher | null,
  ): 'data' | 'children' | 'any' | null {
    const goes = (kind: WatchKind): boolean => {
      const watchers = this.#watches[kind].get(path);
      if (watchers === undefined) return true;
      if (!kindsOf[selection].some((selected) => selected === kind)) return false;
      return watcher === null || (watchers.size === 1 && watchers.has(watcher));
    };
    if (!goes('persistent') || !goes('persistentRecursive')) return null;
    const dataGoes = goes('data') && goes('exist');
    const childrenGo = goes('children');
    if (dataGoes && childrenGo) return 'any';
    const isMeant = (kind: 'data' | 'children'): boolean =>
      (selection === kind || selection === 'any') && this.has(path, kind, watcher);
    if (dataGoes && isMeant('data')) return 'data';
    return childrenGo && isMeant('children') ? 'children' : null;
  }

  /** What has to be set again on the next connection. */
  paths(): WatchedPaths {
    const { data, exist, children, persistent, persistentRecursive } = this.#watches;
    return {
      data: [...data.keys()],
      exist: [...exist.keys()],
      children: [...children.keys()],
      persistent: [...persistent.keys()],
      persistentRecursive: [...persistentRecursive.keys()],
    };
  }

  /** What the persistent watches are told when the session has a connection again. */
  reconnected(): readonly Delivery[] {
    const deliveries: Delivery[] = [];
    for (const kind of ['persistent', 'persistentRecursive'] as const) {
      for (const [path, watchers] of this.#watches[kind]) {
        deliveries.push({ watchers: new Set(watchers), type: 'none', path, zxid: null });
      }
    }
    return deliveries;
  }

  /** How many watchers there are; one that waits for several things counts for each. */
  get count(): number {
    let count = 0;
    for (const kind of allKinds) {
      for (const watchers of this.#watches[kind].values()) count += watchers.size;
    }
    return count;
  }
}
