/*
 * What every recipe that queues up needs: a sequential znode of one's own whose creation is certain, waiting for a znode to go,
 * and hearing that it is lost (Curator: ProtectedMode, LockInternals).
 */

import { randomUUID } from 'node:crypto';
import {
  ClientClosedError,
  NoNodeError,
  SessionExpiredError,
  type ZooKeeperError,
} from '../errors.ts';
import type { CreateParts, CreateResult, Data, RequestOptions } from '../operations.ts';
import { NO_TIME_LIMIT } from '../operations.ts';
import { childOf } from '../path.ts';
import { Losses, retryOnLoss } from '../retry.ts';
import { ensurePath } from '../tree.ts';
import type { ZooKeeper } from '../zookeeper.ts';

/** What the znode of createOwn is to be. */
export interface OwnNodeParts extends Pick<CreateParts, 'acl'> {
  readonly parent: string;
  /** What stands in front of the number. */
  readonly prefix: string;
  readonly data: Data;
}

/**
 * Creates an ephemeral sequential znode, exactly one. When the connection breaks before the answer nobody can tell whether
 * it was created: so its name begins with an id by which it is found again (`_c_<uuid>-`, as Curator's).
 * The parent is created where it is missing.
 */
export async function createOwn(
  zk: ZooKeeper,
  parts: OwnNodeParts,
  options: RequestOptions = {},
): Promise<CreateResult> {
  const id = `_c_${randomUUID()}-`;
  try {
    return await createWithId(zk, id, parts, options);
  } catch (error) {
    // Given up after it was sent, it may be there, and would stand in everybody's way as long as the session lives.
    if (!(error instanceof SessionExpiredError)) removeLater(zk, parts.parent, id);
    throw error;
  }
}

async function createWithId(
  zk: ZooKeeper,
  id: string,
  parts: OwnNodeParts,
  options: RequestOptions,
): Promise<CreateResult> {
  const { parent, prefix, data, acl } = parts;
  const path = childOf(parent, `${id}${prefix}`);
  const losses = new Losses();
  for (;;) {
    try {
      return await zk.create2(path, data, { mode: 'ephemeralSequential', acl, ...options });
    } catch (error) {
      if (error instanceof NoNodeError) {
        await ensurePath(zk, parent, { acl, ...options });
      } else {
        losses.take(error);
        const found = await findOwn(zk, parent, id, options);
        if (found !== null) return found;
      }
    }
  }
}

async function findOwn(
  zk: ZooKeeper,
  parent: string,
  id: string,
  options: RequestOptions,
): Promise<CreateResult | null> {
  try {
    // Another server may not have heard yet of what the one before has passed on.
    await retryOnLoss(() => zk.sync(parent, options));
    const children = await retryOnLoss(() => zk.getChildren(parent, options));
    const name = children.find((child) => child.startsWith(id));
    if (name === undefined) return null;
    const path = childOf(parent, name);
    const stat = await retryOnLoss(() => zk.exists(path, options));
    return stat === null ? null : { path, stat };
  } catch (error) {
    if (error instanceof NoNodeError) return null;
    throw error;
  }
}

/** Without a limit of time: nobody waits for it, and a znode that is left is in everybody's way as long as the session lives. */
function removeLater(zk: ZooKeeper, parent: string, id: string): void {
  findOwn(zk, parent, id, NO_TIME_LIMIT)
    .then((found) => (found === null ? undefined : deleteOwn(zk, found.path, NO_TIME_LIMIT)))
    // Mostly the session is over, and with it the znode; a client that is allowed too few requests (maxRequests) may keep it.
    .catch(() => {});
}

/**
 * Deletes a znode of this session for somebody who has given up, and so waits neither for the answer nor for a connection. On a
 * connection that lasts, what this client asks for afterwards is answered by a server that has deleted it.
 */
export function deleteOwnLater(zk: ZooKeeper, path: string): void {
  // As above.
  deleteOwn(zk, path, NO_TIME_LIMIT).catch(() => {});
}

/** Deletes a znode of this session. It is no error that it, or the session, is gone already. */
export async function deleteOwn(
  zk: ZooKeeper,
  path: string,
  options: RequestOptions = {},
): Promise<void> {
  try {
    await retryOnLoss(() => zk.delete(path, options));
  } catch (error) {
    if (!(error instanceof NoNodeError || error instanceof SessionExpiredError)) throw error;
  }
}

/** The number that the server has appended to the name of a sequential znode, as text of equal length: it sorts as the number does. */
export function sequenceOf(name: string): string {
  return name.slice(-SEQUENCE_SIZE);
}

const SEQUENCE_SIZE = 10;

/** Names of sequential znodes in the order of their creation, whatever stands in front of the number. */
export function inSequence(names: readonly string[]): readonly string[] {
  return [...names].sort((one, other) => (sequenceOf(one) < sequenceOf(other) ? -1 : 1));
}

/** Resolves when there is no znode at `path`. Rejects with the signal's reason, or when the session is over. */
export async function untilGone(zk: ZooKeeper, path: string, signal?: AbortSignal): Promise<void> {
  const stream = zk.watch(path, { mode: 'data', signal });
  try {
    await stream.ready;
    while ((await retryOnLoss(() => zk.exists(path, { signal }))) !== null) {
      const { done } = await stream.next();
      signal?.throwIfAborted();
      if (done) throw new ClientClosedError();
    }
  } finally {
    await stream.return();
  }
}

/** A signal that is aborted when a znode of this session may not be there any more: it was deleted, or the session is over. */
export class OwnNodeWatch {
  readonly #controller = new AbortController();
  readonly #zk: ZooKeeper;
  readonly #path: string;
  readonly #stop = new AbortController();

  constructor(zk: ZooKeeper, path: string) {
    this.#zk = zk;
    this.#path = path;
    untilGone(zk, path, this.#stop.signal).then(
      () => this.#lose(new NoNodeError(path)),
      (error: ZooKeeperError) => this.#lose(error),
    );
  }

  /** Aborted with the error that tells why. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  #lose(error: Error): void {
    if (!this.#stop.signal.aborted) this.#controller.abort(error);
  }

  /** Deletes the znode; the signal is not aborted by it. */
  async release(): Promise<void> {
    this.#stop.abort();
    await deleteOwn(this.#zk, this.#path);
  }
}
