/*
 * Workload: what clients ask for, drawn at random: a handful of znodes that all of them fight over, so that requests meet.
 */
import type { Random } from '../harness/random.ts';
import { create, multi, Op, pathAndInt, pathAndWatch, setData } from '../harness/requests.ts';

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

/** A mode of addWatch. */
const PERSISTENT = 0;

const EPHEMERAL = 1;
const SEQUENTIAL = 2;

/** Draws a request. @param mark something that no other data says */
export function drawWish(random: Random, options: WorkloadOptions, mark: string): Wish {
  const kind = random.weighted(options.weights);
  const path = `/k${random.below(options.keyCount)}`;
  const watch = random.chance(0.3);
  switch (kind) {
    case 'create': {
      const made = random.chance(0.2) ? SEQUENCE_PARENT : path;
      return { kind, op: Op.create, path: made, body: create(made, data(random, options, mark)) };
    }
    case 'setData':
      return { kind, op: Op.setData, path, body: setData(path, data(random, options, mark)) };
    case 'delete':
      return { kind, op: Op.delete, path, body: pathAndInt(path, -1) };
    case 'ephemeral': {
      const own = `/e${random.below(options.keyCount)}`;
      return { kind, op: Op.create, path: own, body: create(own, Buffer.from(mark), EPHEMERAL) };
    }
    case 'sequential': {
      const flags = SEQUENTIAL | (random.chance(0.5) ? EPHEMERAL : 0);
      const body = create(`${SEQUENCE_PARENT}/n-`, Buffer.from(mark), flags);
      return { kind, op: Op.create, path: SEQUENCE_PARENT, body };
    }
    case 'multi':
      return { kind, op: Op.multi, path, body: multi(drawParts(random, options, mark)) };
    case 'closeSession':
      return { kind, op: Op.closeSession, path: '', body: Buffer.alloc(0) };
    case 'exists':
      return { kind, op: Op.exists, path, watch, body: pathAndWatch(path, watch) };
    case 'getChildren': {
      const parent = random.pick(['/', SEQUENCE_PARENT, path]);
      const body = pathAndWatch(parent, watch);
      return { kind, op: Op.getChildren, path: parent, watch, body };
    }
    case 'addWatch':
      return { kind, op: Op.addWatch, path, body: pathAndInt(path, PERSISTENT) };
    case 'syncRead':
      return { kind, op: Op.getData, path, body: Buffer.alloc(0) };
    default: {
      const read = random.chance(0.2) ? `/e${random.below(options.keyCount)}` : path;
      const body = pathAndWatch(read, watch);
      return { kind: 'getData', op: Op.getData, path: read, watch, body };
    }
  }
}

function data(random: Random, { dataSize }: WorkloadOptions, mark: string): Buffer {
  const size = mark.length + random.below(dataSize);
  const bytes = Buffer.alloc(size, '.');
  bytes.write(mark, 'latin1');
  return bytes;
}

function drawParts(
  random: Random,
  options: WorkloadOptions,
  mark: string,
): { readonly op: number; readonly body: Buffer }[] {
  return Array.from({ length: 2 + random.below(2) }, (_, index) => {
    const path = `/k${random.below(options.keyCount)}`;
    const own = data(random, options, `${mark}.${index}`);
    return random.weighted([
      [5, { op: Op.setData, body: setData(path, own) }],
      [2, { op: Op.create, body: create(path, own) }],
      [1, { op: Op.delete, body: pathAndInt(path, -1) }],
      [2, { op: Op.check, body: pathAndInt(path, -1) }],
    ]);
  });
}
