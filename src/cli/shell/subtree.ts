/*
 * Walks a subtree in the order of zkCli (Java: ZKUtil.visitSubTreeDFS): a znode, all of its children by name, then what is below
 * each of these. It asks ahead, so that a slow line costs little, and gives each path as soon as it is known.
 */
import {
  childOf,
  NoAuthError,
  NoNodeError,
  retryOnLoss,
  type Watcher,
  type ZooKeeper,
} from '../../client/index.ts';

/** How many requests are under way at most. */
const WINDOW = 256;

/** How a subtree is walked. */
export interface VisitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Left on each znode that is visited. */
  readonly watch?: Watcher | undefined;
  /** Told of a znode whose children may not be listed, and goes on; without it that is the end. */
  readonly denied?: ((path: string) => void) | undefined;
  /** Leaves out what is deeper than this below the first, which has 0. */
  readonly maxDepth?: number | undefined;
}

/** A znode on the way. */
export interface Visited {
  readonly path: string;
  readonly depth: number;
}

interface Place extends Visited {
  children: Promise<readonly string[]> | null;
}

/** The znodes at and below a path. Raises NoNodeError where there is none; what is deleted meanwhile is left out. */
export async function* visitSubtree(
  zk: ZooKeeper,
  path: string,
  options: VisitOptions = {},
): AsyncGenerator<Visited, void, undefined> {
  const { signal, watch, denied, maxDepth = Number.POSITIVE_INFINITY } = options;
  const request = { signal, watch };
  const ask = (place: Place): Promise<readonly string[]> => {
    const answer = retryOnLoss(() => zk.getChildren(place.path, request));
    // Whoever comes to it hears of a failure; the walk may have ended before.
    answer.catch(() => {});
    return answer;
  };
  await retryOnLoss(() => zk.getData(path, request));
  yield { path, depth: 0 };
  const ahead: Place[] = maxDepth > 0 ? [{ path, depth: 0, children: null }] : [];
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    const { path: parent } = place;
    const names = await (place.children ?? ask(place)).catch((error: unknown) => {
      if (error instanceof NoNodeError) return [];
      if (error instanceof NoAuthError && denied !== undefined) {
        denied(parent);
        return [];
      }
      throw error;
    });
    const depth = place.depth + 1;
    const paths: string[] = [];
    for (const name of [...names].sort()) {
      const child = childOf(place.path, name);
      paths.push(child);
      yield { path: child, depth };
    }
    if (depth >= maxDepth) continue;
    for (const child of paths.reverse()) ahead.push({ path: child, depth, children: null });
    for (const next of ahead.slice(-WINDOW)) next.children ??= ask(next);
  }
}
