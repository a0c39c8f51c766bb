/*
 * Workload: what clients ask for, drawn at random: a handful of znodes that all of them fight over, so that requests meet.
 */
import type { Random } from '../harness/random.ts';
import type { Acl } from '../harness/requests.ts';
import {
  create,
  createTTL,
  multi,
  Op,
  openAcl,
  pathAndInt,
  pathAndWatch,
  pathOnly,
  setACL,
  setData,
} from '../harness/requests.ts';
import type { WriteOp } from './expected-writes.ts';
import { Perm } from './expected-writes.ts';

/** Kinds of requests. */
export type WishKind =
  | 'create'
  | 'setData'
  | 'delete'
  | 'multi'
  | 'ephemeral'
  | 'sequential'
  | 'closeSession'
  | 'getData'
  | 'exists'
  | 'getChildren'
  | 'syncRead'
  | 'addWatch'
  | 'addRecursiveWatch'
  | 'removeWatches'
  | 'getEphemerals'
  | 'container'
  | 'ttl'
  | 'setAcl'
  | 'quota'
  | 'auth'
  | 'sync'
  | 'ping'
  | 'setWatches';

/** A request that a client wants to make. */
export interface Wish {
  readonly kind: WishKind;
  readonly op: number;
  readonly body: Buffer;
  readonly path: string;
  readonly watch?: boolean;
  /** Whether a list of children comes with the Stat of their parent. */
  readonly hasStat?: boolean;
  /** What it is to write. */
  readonly writes?: readonly WriteOp[];
}

/** How clients behave; times in ms. */
export interface WorkloadOptions {
  readonly sessionTimeout: number;
  /** The mean pause between two requests. */
  readonly thinkMs: number;
  /** Requests under way at once. */
  readonly depth: number;
  readonly reconnectMs: number;
  /** Znodes that all use. */
  readonly keyCount: number;
  /** Bytes of data, at most. */
  readonly dataSize: number;
  /** How likely each kind is. */
  readonly weights: readonly (readonly [weight: number, kind: WishKind])[];
}

/** Below it are sequential znodes; all clients try to make it. */
export const SEQUENCE_PARENT = '/q';

/** Znodes whose names begin so have access lists. */
const LISTED = '/a';

/** A znode with a quota, and where that is kept. */
const LIMITED = '/b';
const QUOTA = `/zookeeper/quota${LIMITED}`;

/** Modes of addWatch, and the kind of those that are taken away. */
const PERSISTENT = 0;
const RECURSIVE = 1;
const ANY_WATCH = 3;

/** Flags of create. */
const EPHEMERAL = 1;
const SEQUENTIAL = 2;
const CONTAINER = 4;
const TTL = 5;

/** How long znodes live that nobody touches, in ms. */
const TTLS = [50, 500, 3000];

/** Draws a request. @param mark something that no other data says @param user who asks, as digest knows it; null for nobody */
export function drawWish(
  random: Random,
  options: WorkloadOptions,
  mark: string,
  user: string | null,
): Wish {
  const kind = random.weighted(options.weights);
  if (isWriteKind(kind)) return drawWrite(kind, random, options, mark, user);
  const path = key(random, options);
  // Of a znode that it may not read a client hears no event.
  const watch = random.chance(0.3) && !path.startsWith(LISTED);
  switch (kind) {
    case 'exists':
      return { kind, op: Op.exists, path, watch, body: pathAndWatch(path, watch) };
    case 'getChildren': {
      const parent = random.pick(['/', SEQUENCE_PARENT, container(random), path]);
      const isWatched = watch && !parent.startsWith(LISTED);
      const body = pathAndWatch(parent, isWatched);
      const hasStat = random.chance(0.5);
      const op = hasStat ? Op.getChildren2 : Op.getChildren;
      return { kind, op, path: parent, watch: isWatched, hasStat, body };
    }
    case 'addWatch': {
      const one = plainKey(random, options);
      return { kind, op: Op.addWatch, path: one, body: pathAndInt(one, PERSISTENT) };
    }
    case 'addRecursiveWatch': {
      const root = random.pick([SEQUENCE_PARENT, container(random)]);
      return { kind, op: Op.addWatch, path: root, body: pathAndInt(root, RECURSIVE) };
    }
    case 'removeWatches': {
      const one = random.pick([plainKey(random, options), SEQUENCE_PARENT, container(random)]);
      return { kind, op: Op.removeWatches, path: one, body: pathAndInt(one, ANY_WATCH) };
    }
    case 'getEphemerals':
      return { kind, op: Op.getEphemerals, path: '/', body: pathOnly('/') };
    case 'syncRead':
      return { kind, op: Op.getData, path: plainKey(random, options), body: Buffer.alloc(0) };
    default: {
      const others = [`/e${random.below(options.keyCount)}`, container(random), outliving(random)];
      others.push(LIMITED, `${QUOTA}/zookeeper_stats`);
      const read = random.chance(0.2) ? random.pick(others) : path;
      // What a quota counts changes without an event.
      const isWatched = watch && !read.startsWith(QUOTA);
      const body = pathAndWatch(read, isWatched);
      return { kind: 'getData', op: Op.getData, path: read, watch: isWatched, body };
    }
  }
}

const WRITE_KINDS = [
  'create',
  'setData',
  'delete',
  'multi',
  'ephemeral',
  'sequential',
  'container',
  'ttl',
  'setAcl',
  'quota',
  'closeSession',
] as const;

type WriteKind = (typeof WRITE_KINDS)[number];

function isWriteKind(kind: WishKind): kind is WriteKind {
  return WRITE_KINDS.some((one) => one === kind);
}

function drawWrite(
  kind: WriteKind,
  random: Random,
  options: WorkloadOptions,
  mark: string,
  user: string | null,
): Wish {
  const path = key(random, options);
  switch (kind) {
    case 'create': {
      const made = random.chance(0.2) ? SEQUENCE_PARENT : path;
      const acl = made.startsWith(LISTED) ? drawAcl(random, user) : openAcl;
      const body = create(made, data(random, options, mark), 0, acl);
      return { kind, op: Op.create, path: made, body, writes: [{ kind, path: made }] };
    }
    case 'setData': {
      const set = random.chance(0.1) ? outliving(random) : path;
      const version = drawVersion(random);
      const body = setData(set, data(random, options, mark), version);
      return { kind, op: Op.setData, path: set, body, writes: [{ kind, path: set, version }] };
    }
    case 'delete': {
      const gone = random.chance(0.2) ? `${container(random)}/${random.below(2)}` : path;
      const version = drawVersion(random);
      const writes = [{ kind, path: gone, version }];
      return { kind, op: Op.delete, path: gone, body: pathAndInt(gone, version), writes };
    }
    case 'setAcl': {
      const listed = `${LISTED}${random.below(options.keyCount)}`;
      const version = drawVersion(random);
      const body = setACL(listed, drawAcl(random, user), version);
      return { kind, op: Op.setACL, path: listed, body, writes: [{ kind, path: listed, version }] };
    }
    case 'ephemeral': {
      const own = `/e${random.below(options.keyCount)}`;
      const body = create(own, Buffer.from(mark), EPHEMERAL);
      return { kind, op: Op.create, path: own, body, writes: [{ kind: 'create', path: own }] };
    }
    case 'sequential': {
      const flags = SEQUENTIAL | (random.chance(0.5) ? EPHEMERAL : 0);
      const name = `${SEQUENCE_PARENT}/n-`;
      const body = create(name, Buffer.from(mark), flags);
      const writes = [{ kind: 'create', path: name, isSequential: true }] as const;
      return { kind, op: Op.create, path: SEQUENCE_PARENT, body, writes };
    }
    case 'container': {
      const own = container(random);
      const isChild = random.chance(0.6);
      const made = isChild ? `${own}/${random.below(2)}` : own;
      const body = create(made, Buffer.from(mark), isChild ? 0 : CONTAINER);
      const op = isChild ? Op.create : Op.createContainer;
      return { kind, op, path: made, body, writes: [{ kind: 'create', path: made }] };
    }
    case 'ttl': {
      const made = outliving(random);
      const body = createTTL(made, Buffer.from(mark), TTL, BigInt(random.pick(TTLS)));
      return { kind, op: Op.createTTL, path: made, body, writes: [{ kind: 'create', path: made }] };
    }
    case 'quota':
      return drawLimited(random, mark);
    case 'multi': {
      const parts = drawParts(random, options, mark);
      const writes = parts.map(({ write }) => write);
      return { kind, op: Op.multi, path, body: multi(parts), writes };
    }
    case 'closeSession':
      return { kind, op: Op.closeSession, path: '', body: Buffer.alloc(0) };
  }
}

/** Something about a quota, or below the znode that has one. */
function drawLimited(random: Random, mark: string): Wish {
  if (random.chance(0.1)) return drawQuota(random);
  const child = `${LIMITED}/${random.below(6)}`;
  const [kind, path, text] = random.weighted([
    [1, ['create', QUOTA, '']],
    [1, ['create', LIMITED, mark]],
    [5, ['create', child, mark]],
    [3, ['delete', child, '']],
    [3, ['setData', child, `${mark} and more`]],
  ] as const);
  const wish = { kind: 'quota', path, writes: [{ kind, path }] } as const;
  if (kind === 'delete') return { ...wish, op: Op.delete, body: pathAndInt(path, -1) };
  if (kind === 'create') return { ...wish, op: Op.create, body: create(path, Buffer.from(text)) };
  return { ...wish, op: Op.setData, body: setData(path, Buffer.from(text)) };
}

/**
 * Limits and what is used of them, both at once: between them a server counts nothing, and one that is started counts everything
 * (as with Java).
 */
function drawQuota(random: Random): Wish {
  const limits = random.pick([
    'count=3,bytes=100',
    'count=3,bytes=100=;byteHardLimit=60;countHardLimit=-1',
    'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=4',
  ]);
  const parts = [
    { path: `${QUOTA}/zookeeper_limits`, text: limits },
    { path: `${QUOTA}/zookeeper_stats`, text: 'count=0,bytes=0' },
  ];
  return {
    kind: 'quota',
    op: Op.multi,
    path: QUOTA,
    body: multi(
      parts.map(({ path, text }) => ({ op: Op.create, body: create(path, Buffer.from(text)) })),
    ),
    writes: parts.map(({ path }) => ({ kind: 'create', path })),
  };
}

function plainKey(random: Random, { keyCount }: WorkloadOptions): string {
  return `/k${random.below(keyCount)}`;
}

function key(random: Random, options: WorkloadOptions): string {
  return random.chance(0.15)
    ? `${LISTED}${random.below(options.keyCount)}`
    : plainKey(random, options);
}

function container(random: Random): string {
  return `/c${random.below(2)}`;
}

function outliving(random: Random): string {
  return `/t${random.below(3)}`;
}

/** Mostly any; small ones are sometimes right. */
function drawVersion(random: Random): number {
  return random.chance(0.7) ? -1 : random.below(4);
}

function drawAcl(random: Random, user: string | null): readonly Acl[] {
  if (user === null) return openAcl;
  const own = { perms: Perm.all, scheme: 'digest', id: user };
  const others = { perms: random.pick([0, Perm.read, Perm.write]), scheme: 'world', id: 'anyone' };
  return random.pick([[own], [own, others], openAcl]);
}

function data(random: Random, { dataSize }: WorkloadOptions, mark: string): Buffer {
  const size = mark.length + random.below(dataSize);
  const bytes = Buffer.alloc(size, '.');
  bytes.write(mark, 'latin1');
  return bytes;
}

interface Part {
  readonly op: number;
  readonly body: Buffer;
  readonly write: WriteOp;
}

function drawParts(random: Random, options: WorkloadOptions, mark: string): Part[] {
  return Array.from({ length: 2 + random.below(2) }, (_, index): Part => {
    const path = plainKey(random, options);
    const own = data(random, options, `${mark}.${index}`);
    const version = drawVersion(random);
    const kind = random.weighted([
      [5, 'setData'],
      [2, 'create'],
      [1, 'delete'],
      [2, 'check'],
    ] as const);
    switch (kind) {
      case 'setData':
        return {
          op: Op.setData,
          body: setData(path, own, version),
          write: { kind, path, version },
        };
      case 'create':
        return { op: Op.create, body: create(path, own), write: { kind, path } };
      default: {
        const op = kind === 'delete' ? Op.delete : Op.check;
        return { op, body: pathAndInt(path, version), write: { kind, path, version } };
      }
    }
  });
}
