/*
 * Sabotage: the places where a deliberate bug (bugs.ts) can be put between a server and its ports. The product knows nothing of it.
 */
import type { DataTreeOptions } from '../../src/datatree/data-tree.ts';
import type { Disk } from '../../src/datatree/storage/disk.ts';
import type { EnsembleConfig } from '../../src/server/config/config.ts';
import type { Random } from '../harness/random.ts';
import { ObservedTree } from './observed-tree.ts';

/** Changes what goes by, or takes it away. */
export type Tamper = (bytes: Buffer) => Buffer;

/** A link between two servers, and the port of the one that was dialled. */
export interface ServerLink {
  readonly from: string;
  readonly to: string;
  readonly port: number;
}

/** A bug: the places where it is. */
export interface Sabotage {
  /** Who belongs to the ensemble, as a server believes. */
  ensemble(ensemble: EnsembleConfig): EnsembleConfig;
  disk(disk: Disk): Disk;
  tree(options: DataTreeOptions): ObservedTree;
  /** What a server sends to another one over a new link: one call for what one turn has written. */
  toServer(link: ServerLink): Tamper;
  /** What a server sends to a client, and hears from it, over a new connection. */
  toClient(): Tamper;
  fromClient(): Tamper;
}

/** Makes a bug; `random` decides when it shows, where it does not always. */
export type MakeSabotage = (random: Random) => Sabotage;

function unchanged<T>(value: T): T {
  return value;
}

/** Nothing is wrong. */
export const HONEST: Sabotage = {
  ensemble: unchanged,
  disk: unchanged,
  tree: (options) => new ObservedTree(options),
  toServer: () => unchanged,
  toClient: () => unchanged,
  fromClient: () => unchanged,
};
