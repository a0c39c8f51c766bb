/*
 * The watches of all connections on this server. It finds out who is to be told what, and delivers nothing itself.
 *
 * Answers to WatchManager, WatchStats and PathParentIterator of 3.9, where one watcher can have several modes on one path
 * (ZOOKEEPER-4471, ZOOKEEPER-4472), and to the calls that DataTree makes to the two of them.
 */

import { EventType, WatcherType } from '../jute/op-code.ts';
import { parentPath } from './path.ts';

/** What a transaction changed: an event for whoever watches `path`. `aclId` is the list that decides who may hear of it. */
export interface Change {
  readonly type: EventType;
  readonly path: string;
  readonly aclId: number;
}

/** Takes an event for one watcher. */
export type DeliverEvent<W> = (watcher: W, type: EventType, path: string, aclId: number) => void;

/** The numbers behind the four-letter word wchs. */
export interface WatchesSummary {
  readonly connections: number;
  readonly paths: number;
  readonly watches: number;
}

/** How a watcher watches a path, as bits: several may be set (Java: WatcherMode). */
const Mode = { standard: 1, persistent: 2, persistentRecursive: 4 } as const;
const ANY_MODE = 7;

/** One kind of watches, data or child (Java: WatchManager). */
class WatchTable<W> {
  private readonly watchersByPath = new Map<string, Map<W, number>>();
  private readonly pathsByWatcher = new Map<W, Set<string>>();
  private recursiveCount = 0;
  /** Pairs of path and watcher. */
  count = 0;

  add(path: string, watcher: W, mode: number): void {
    let watchers = this.watchersByPath.get(path);
    if (watchers === undefined) {
      watchers = new Map();
      this.watchersByPath.set(path, watchers);
    }
    const modes = watchers.get(watcher);
    if (modes === undefined) {
      this.count += 1;
      this.enterPath(path, watcher);
    }
    if (((modes ?? 0) & mode) !== 0) return;
    watchers.set(watcher, (modes ?? 0) | mode);
    if (mode === Mode.persistentRecursive) this.recursiveCount += 1;
  }

  private enterPath(path: string, watcher: W): void {
    const paths = this.pathsByWatcher.get(watcher);
    if (paths === undefined) this.pathsByWatcher.set(watcher, new Set([path]));
    else paths.add(path);
  }

  has(path: string, watcher: W, modes: number): boolean {
    return ((this.watchersByPath.get(path)?.get(watcher) ?? 0) & modes) !== 0;
  }

  remove(path: string, watcher: W, modes: number): boolean {
    const watchers = this.watchersByPath.get(path);
    const before = watchers?.get(watcher);
    if (watchers === undefined || before === undefined || (before & modes) === 0) return false;
    if ((before & modes & Mode.persistentRecursive) !== 0) this.recursiveCount -= 1;
    const left = before & ~modes;
    if (left !== 0) {
      watchers.set(watcher, left);
      return true;
    }
    this.drop(path, watcher, watchers);
    if (this.pathsByWatcher.get(watcher)?.size === 0) this.pathsByWatcher.delete(watcher);
    return true;
  }

  private drop(path: string, watcher: W, watchers: Map<W, number>): void {
    watchers.delete(watcher);
    if (watchers.size === 0) this.watchersByPath.delete(path);
    this.pathsByWatcher.get(watcher)?.delete(path);
    this.count -= 1;
  }

  removeAll(watcher: W): void {
    const paths = this.pathsByWatcher.get(watcher);
    if (paths === undefined) return;
    for (const path of paths) {
      const watchers = this.watchersByPath.get(path);
      if (watchers === undefined) continue;
      if (((watchers.get(watcher) ?? 0) & Mode.persistentRecursive) !== 0) this.recursiveCount -= 1;
      this.drop(path, watcher, watchers);
    }
    this.pathsByWatcher.delete(watcher);
  }

  /**
   * Takes out who is to hear of an event on `path`, each once; one-shot watches are spent. A watcher without any watch left stays
   * known until it goes: wchs counts it, as Java does.
   */
  fire(path: string): readonly W[] {
    const own = this.watchersByPath.get(path);
    if (this.recursiveCount === 0) return own === undefined ? [] : this.spend(path, own);
    const found = new Set<W>(own === undefined ? [] : this.spend(path, own));
    for (let above = path; above !== '/'; ) {
      above = parentPath(above);
      for (const [watcher, modes] of this.watchersByPath.get(above) ?? []) {
        if ((modes & Mode.persistentRecursive) !== 0) found.add(watcher);
      }
    }
    return [...found];
  }

  private spend(path: string, watchers: Map<W, number>): W[] {
    const found: W[] = [];
    for (const [watcher, modes] of watchers) {
      found.push(watcher);
      if (modes === Mode.standard) {
        this.drop(path, watcher, watchers);
      } else if ((modes & Mode.standard) !== 0) {
        watchers.set(watcher, modes & ~Mode.standard);
      }
    }
    return found;
  }

  get summary(): WatchesSummary {
    return {
      connections: this.pathsByWatcher.size,
      paths: this.watchersByPath.size,
      watches: this.count,
    };
  }

  *byPath(): Iterable<[string, W[]]> {
    for (const [path, watchers] of this.watchersByPath) yield [path, [...watchers.keys()]];
  }

  *byWatcher(): Iterable<[W, string[]]> {
    for (const [watcher, paths] of this.pathsByWatcher) yield [watcher, [...paths]];
  }
}

/** All watches. `W` is the connection that is told; it is compared by identity. */
export class Watches<W> {
  private readonly data = new WatchTable<W>();
  private readonly child = new WatchTable<W>();

  get isEmpty(): boolean {
    return this.data.count === 0 && this.child.count === 0;
  }

  /** Data and child watches together (Java: DataTree.getWatchCount). */
  get count(): number {
    return this.data.count + this.child.count;
  }

  /** A one-shot watch of getData or exists. */
  addData(path: string, watcher: W): void {
    this.data.add(path, watcher, Mode.standard);
  }

  /** A one-shot watch of getChildren. */
  addChild(path: string, watcher: W): void {
    this.child.add(path, watcher, Mode.standard);
  }

  /** A watch of addWatch in mode persistent: data and children, until it is removed. */
  addPersistent(path: string, watcher: W): void {
    this.data.add(path, watcher, Mode.persistent);
    this.child.add(path, watcher, Mode.persistent);
  }

  /** A watch of addWatch in mode persistent recursive: the znode and all below it, without nodeChildrenChanged. */
  addPersistentRecursive(path: string, watcher: W): void {
    this.data.add(path, watcher, Mode.persistentRecursive);
  }

  /** Is there a watch of this WatcherType? False for a type that does not exist. */
  has(path: string, type: number, watcher: W): boolean {
    switch (type) {
      case WatcherType.children:
        return this.child.has(path, watcher, Mode.standard);
      case WatcherType.data:
        return this.data.has(path, watcher, Mode.standard);
      case WatcherType.persistent:
        return this.data.has(path, watcher, Mode.persistent);
      case WatcherType.persistentRecursive:
        return this.data.has(path, watcher, Mode.persistentRecursive);
      case WatcherType.any:
        return this.child.has(path, watcher, ANY_MODE) || this.data.has(path, watcher, ANY_MODE);
      default:
        return false;
    }
  }

  /** Removes the watches of this WatcherType; true if there was one. */
  remove(path: string, type: number, watcher: W): boolean {
    switch (type) {
      case WatcherType.children:
        return this.child.remove(path, watcher, Mode.standard);
      case WatcherType.data:
        return this.data.remove(path, watcher, Mode.standard);
      case WatcherType.persistent:
        return this.removeFromBoth(path, watcher, Mode.persistent);
      case WatcherType.persistentRecursive:
        return this.data.remove(path, watcher, Mode.persistentRecursive);
      case WatcherType.any:
        return this.removeFromBoth(path, watcher, ANY_MODE);
      default:
        return false;
    }
  }

  private removeFromBoth(path: string, watcher: W, modes: number): boolean {
    const wasChild = this.child.remove(path, watcher, modes);
    const wasData = this.data.remove(path, watcher, modes);
    return wasChild || wasData;
  }

  /** Forgets a connection. */
  removeAll(watcher: W): void {
    this.data.removeAll(watcher);
    this.child.removeAll(watcher);
  }

  /**
   * Calls `deliver` for everyone who watches what changed. A watcher of both kinds hears of a deletion once
   * (Java: the suppressed set in DataTree.deleteNode).
   */
  trigger(change: Change, deliver: DeliverEvent<W>): void {
    const { type, path, aclId } = change;
    switch (type) {
      case EventType.nodeCreated:
      case EventType.nodeDataChanged:
        for (const watcher of this.data.fire(path)) deliver(watcher, type, path, aclId);
        return;
      case EventType.nodeChildrenChanged:
        for (const watcher of this.child.fire(path)) deliver(watcher, type, path, aclId);
        return;
      case EventType.nodeDeleted: {
        const told = this.data.fire(path);
        const others = this.child.fire(path);
        for (const watcher of told) deliver(watcher, type, path, aclId);
        if (others.length === 0) return;
        const suppressed = new Set(told);
        for (const watcher of others) {
          if (!suppressed.has(watcher)) deliver(watcher, type, path, aclId);
        }
        return;
      }
      default:
        return;
    }
  }

  /** Data watches alone, as wchs counts. */
  get summary(): WatchesSummary {
    return this.data.summary;
  }

  /** Data watches by path, as wchp lists them. */
  dataWatchesByPath(): Iterable<[string, W[]]> {
    return this.data.byPath();
  }

  /** Data watches by connection, as wchc lists them; one whose watches are all spent has an empty list. */
  dataWatchesByWatcher(): Iterable<[W, string[]]> {
    return this.data.byWatcher();
  }
}
