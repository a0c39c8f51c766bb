/*
 * The paths that random steps use: few enough that operations meet each other, and bad ones of every kind that Java's
 * PathUtils knows. Three regions keep apart what would make Java 3.8.0 differ from its own successors:
 * - below /r, znodes have restricted ACLs; from 3.8.4 on exists() and persistent watches ask for READ there
 *   (ZOOKEEPER-2590, CVE-2024-23944), so no watch is set there;
 * - below /q, quotas are set;
 * - everywhere else a session sets watches of one kind on one path: from 3.9 on a connection may have several kinds on the
 *   same path, where 3.8 keeps only the last (ZOOKEEPER-4466).
 */
import { createHash } from 'node:crypto';
import type { Random } from '../../harness/random.ts';
import type { WireString } from '../../harness/requests.ts';

const names = ['a', 'b', 'c'];

/** Parents and children three deep: 39 below / and as many below /r and /q. */
function family(root: string, depth: number): string[] {
  if (depth === 0) return [];
  return names.flatMap((name) => {
    const path = `${root}/${name}`;
    return [path, ...family(path, depth - 1)];
  });
}

const openPaths = family('', 3);
const restrictedPaths = ['/r', ...family('/r', 2)];
const quotaPaths = ['/q', ...family('/q', 2)];

/** What kind of watch a session may set on a path. */
export type WatchKind = 'standard' | 'persistent' | 'recursive' | 'none';

const badPaths: readonly WireString[] = [
  null,
  null,
  '',
  'a',
  'a/b',
  '/a/',
  '//a',
  '/a//b',
  '/.',
  '/..',
  '/a/.',
  '/a/..',
  '/a/../b',
  '/a/.../b',
  '/a\u0000b',
  '/a\u0001',
  '/a\u001f',
  '/a\u007f',
  '/a\u009f',
  '/a\u00a0',
  '/\ud83d\ude00',
  '/\ue000',
  '/\uf8ff',
  '/\uf900',
  '/\uffef',
  '/\ufff0',
  '/\u00e9',
  '/a b',
  '/zookeeper',
  '/zookeeper/quota',
  '/zookeeper/config',
  '/',
  Buffer.from([0x2f, 0xff, 0xfe]),
  Buffer.from([0x2f, 0xc3]),
  Buffer.from([0x2f, 0xc0, 0x80]),
  Buffer.from([0x2f, 0xed, 0xa0, 0x80]),
];

/** Chooses paths; remembers the names that sequential creates were given. */
export class PathPool {
  readonly #random: Random;
  readonly #restricted: boolean;
  readonly #made: string[] = [];
  readonly #watched: string[] = [];
  /**
   * Set while several requests are made that are sent at once: Java checks a quota when it prepares a request, against a
   * tree to which the requests before it may or may not have been applied.
   */
  withoutQuotas = false;
  /**
   * Set while the parts of a multi are made: over a path that is absent Java fails before it has logged anything, and the
   * zxid that it took is never seen (getPendingChanges).
   */
  withoutNull = false;

  /** Without `restricted`, all znodes have open ACLs, and recursive watches may be on the root. */
  constructor(random: Random, restricted: boolean) {
    this.#random = random;
    this.#restricted = restricted;
  }

  /** Whether a path lies where ACLs are restricted. */
  isRestricted(path: string): boolean {
    return this.#restricted && (path === '/r' || path.startsWith('/r/'));
  }

  /** Remembers a path that the servers made up. */
  remember(path: string): void {
    this.#made.push(path);
    if (this.#made.length > 60) this.#made.splice(this.#random.below(this.#made.length), 1);
  }

  /** A well-formed path that may or may not exist. */
  good(): string {
    return this.#allowed(() => this.#good());
  }

  /** Draws again until the path is not below /q, where that is asked for. */
  #allowed(draw: () => string): string {
    let path = draw();
    while (this.withoutQuotas && path.startsWith('/q')) path = draw();
    return path;
  }

  #good(): string {
    return this.#random.weighted([
      [10, () => this.#random.pick(openPaths)],
      [3, () => this.#random.pick(restrictedPaths)],
      [3, () => this.#random.pick(quotaPaths)],
      [1, () => '/'],
      [this.#made.length === 0 ? 0 : 3, () => this.#random.pick(this.#made)],
    ])();
  }

  /** A path, now and then one that Java refuses. */
  any(): WireString {
    if (this.#random.chance(0.2)) return this.watched();
    if (this.#random.chance(0.93)) return this.good();
    if (this.#random.chance(0.1)) return `/${'n'.repeat(1 + this.#random.below(20_000))}`;
    const path = this.#random.pick(badPaths);
    return path === null && this.withoutNull ? '' : path;
  }

  /** Remembers that a session has set a watch, so that something may come of it. */
  noteWatch(path: string): void {
    // Java's PathParentIterator throws over a path that does not begin with a slash.
    if (path.startsWith('/')) this.#watched.push(path);
    if (this.#watched.length > 24) this.#watched.shift();
  }

  /** A path that somebody may be watching, or a child of it. */
  watched(): string {
    if (this.#watched.length === 0 || this.withoutQuotas) return this.good();
    const path = this.#random.pick(this.#watched);
    return this.#random.chance(0.3) ? `${path === '/' ? '' : path}/a` : path;
  }

  /** Which kind of watch the session of a slot may set on a path; the same for the same slot and path. */
  watchKind(slot: number, path: WireString): WatchKind {
    if (typeof path !== 'string' || this.isRestricted(path) || path.startsWith('/zookeeper'))
      return 'none';
    const choice = createHash('md5').update(`${slot}${path}`).digest()[0] ?? 0;
    if (choice % 5 < 3) return 'standard';
    // A recursive watch on the root would cover the restricted znodes.
    const mayBeRecursive = path !== '/' || !this.#restricted;
    return choice % 5 === 4 && mayBeRecursive ? 'recursive' : 'persistent';
  }
}
