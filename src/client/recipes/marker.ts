/*
 * Marker: tells whether a change was made when its connection broke before the answer. The change goes into one multi with a note
 * in a znode of one's own: either both are done or neither, so reading the note again answers the question.
 */

import { randomUUID } from 'node:crypto';
import { NodeExistsError, NoNodeError } from '../errors.ts';
import type { Multi } from '../multi.ts';
import { childOf } from '../path.ts';
import { Losses, retryOnLoss } from '../retry.ts';
import { ensurePath } from '../tree.ts';
import type { ZooKeeper } from '../zookeeper.ts';
import { deleteOwn } from './own-node.ts';

/** An ephemeral znode with the number of the last change in it. One change at a time. */
export class Marker {
  readonly #zk: ZooKeeper;
  readonly #parent: string;
  readonly #path: string;
  #isThere = false;
  #number = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param parent where the znode is to be; created where it is missing */
  constructor(zk: ZooKeeper, parent: string) {
    this.#zk = zk;
    this.#parent = parent;
    this.#path = childOf(parent, `_m_${randomUUID()}`);
  }

  /**
   * Does the parts that `fill` puts into a multi, exactly once, and gives true; false if the server had done them when the connection
   * was lost, whose results nobody has. Rejects with the error of the part that is refused.
   */
  commit(fill: (multi: Multi<[]>) => void): Promise<boolean> {
    const done = this.#last.then(() => this.#commit(fill));
    this.#last = done.catch(() => {});
    return done;
  }

  async #commit(fill: (multi: Multi<[]>) => void): Promise<boolean> {
    if (!this.#isThere) await this.#create();
    this.#number += 1;
    const losses = new Losses();
    for (;;) {
      const multi = this.#zk.multi();
      fill(multi);
      try {
        await multi.setData(this.#path, String(this.#number)).commit();
        return true;
      } catch (error) {
        losses.take(error);
        if (await this.#isNoted()) return false;
      }
    }
  }

  async #isNoted(): Promise<boolean> {
    // Another server may not have heard yet of what the one before has passed on.
    await retryOnLoss(() => this.#zk.sync(this.#path));
    const { data } = await retryOnLoss(() => this.#zk.getData(this.#path));
    return data?.toString() === String(this.#number);
  }

  async #create(): Promise<void> {
    for (;;) {
      try {
        await retryOnLoss(() => this.#zk.create(this.#path, '0', { mode: 'ephemeral' }));
        break;
      } catch (error) {
        // Its name is nobody else's, so it is there since the try before.
        if (error instanceof NodeExistsError) break;
        if (!(error instanceof NoNodeError)) throw error;
        await ensurePath(this.#zk, this.#parent);
      }
    }
    this.#isThere = true;
  }

  /** Deletes the znode; it would go with the session. */
  async close(): Promise<void> {
    await this.#last;
    if (this.#isThere) await deleteOwn(this.#zk, this.#path);
    this.#isThere = false;
  }
}
