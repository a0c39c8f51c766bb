/*
 * Work on whole subtrees, which the server has no operations for (Java: ZKUtil, kazoo's ensure_path). None of it is atomic.
 */

import { NoAuthError, NodeExistsError, NoNodeError } from './errors.ts';
import type { CreateParts, RequestOptions } from './operations.ts';
import { childOf, parentOf } from './path.ts';
import { retryOnLoss } from './retry.ts';
import type { ZooKeeper } from './zookeeper.ts';

/** Options of ensurePath: how the znodes that are missing are created. */
export type EnsurePathOptions = Pick<CreateParts, 'acl'> & RequestOptions;

/**
 * Creates a znode without data and all those above it, as far as they are missing. What is there need not be below something that this
 * client may write to. Rejects with NoNodeError for `/` where the chroot itself is missing: a client cannot name what is above it.
 */
export async function ensurePath(
  zk: ZooKeeper,
  path: string,
  options: EnsurePathOptions = {},
): Promise<void> {
  if (path === '/') {
    if (!(await isThere(zk, path, options))) throw new NoNodeError(path);
    return;
  }
  try {
    await retryOnLoss(() => zk.create(path, null, options));
  } catch (error) {
    if (error instanceof NodeExistsError) return;
    // A server looks at the access list of the parent before it looks whether the znode is there (Java: PrepRequestProcessor).
    if (error instanceof NoAuthError && (await isThere(zk, path, options))) return;
    if (!(error instanceof NoNodeError)) throw error;
    await ensurePath(zk, parentOf(path), options);
    await ensurePath(zk, path, options);
  }
}

async function isThere(zk: ZooKeeper, path: string, options: RequestOptions): Promise<boolean> {
  return (await retryOnLoss(() => zk.exists(path, options))) !== null;
}

/** How many requests walk() and deleteRecursive() have under way at most. */
const WINDOW = 256;

interface Visit {
  readonly path: string;
  /** Null until it is asked for. */
  children: Promise<readonly string[]> | null;
}

/**
 * The paths at and below `path`, each before those below it, the children of a znode in the order of their names. It reads ahead, and
 * holds only what is still to be visited. A znode that is deleted meanwhile is left out, but for the first: NoNodeError.
 */
export async function* walk(
  zk: ZooKeeper,
  path: string,
  options: RequestOptions = {},
): AsyncGenerator<string, void, undefined> {
  const ahead: Visit[] = [{ path, children: null }];
  for (let visit = ahead.pop(); visit !== undefined; visit = ahead.pop()) {
    const children = await childrenOf(zk, visit, options).catch((error: unknown) => {
      if (error instanceof NoNodeError && visit?.path !== path) return null;
      throw error;
    });
    if (children === null) continue;
    yield visit.path;
    for (const name of [...children].sort().reverse()) {
      ahead.push({ path: childOf(visit.path, name), children: null });
    }
    for (const next of ahead.slice(-WINDOW)) childrenOf(zk, next, options).catch(() => {});
  }
}

/** Asks at most once; who waits for it hears of a failure. */
function childrenOf(
  zk: ZooKeeper,
  visit: Visit,
  options: RequestOptions,
): Promise<readonly string[]> {
  visit.children ??= retryOnLoss(() => zk.getChildren(visit.path, options));
  return visit.children;
}

/** Options of deleteRecursive. */
export interface DeleteRecursiveOptions extends RequestOptions {
  /** Told how many znodes are deleted so far. */
  readonly onProgress?: ((deletedCount: number) => void) | undefined;
}

/**
 * Deletes a znode and everything below it, and gives how many that were. What is gone already does not matter; a znode that is created
 * below meanwhile makes it fail with NotEmptyError.
 */
export async function deleteRecursive(
  zk: ZooKeeper,
  path: string,
  options: DeleteRecursiveOptions = {},
): Promise<number> {
  const { onProgress } = options;
  const paths: string[] = [];
  for await (const each of walk(zk, path, options)) paths.push(each);
  paths.reverse();
  let deletedCount = 0;
  for (let at = 0; at < paths.length; at += WINDOW) {
    const batch = paths.slice(at, at + WINDOW);
    // The server does the deletes of one connection in their order: children before their parents.
    const outcomes = await Promise.all(batch.map((each) => deleteIfThere(zk, each, options)));
    deletedCount += outcomes.filter((wasThere) => wasThere).length;
    onProgress?.(deletedCount);
  }
  return deletedCount;
}

/** True if the znode was there. After a lost connection one that this has deleted itself counts as not there. */
async function deleteIfThere(
  zk: ZooKeeper,
  path: string,
  options: RequestOptions,
): Promise<boolean> {
  try {
    await retryOnLoss(() => zk.delete(path, options));
    return true;
  } catch (error) {
    if (error instanceof NoNodeError) return false;
    throw error;
  }
}
