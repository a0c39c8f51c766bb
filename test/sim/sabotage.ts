/*
 * Sabotage: deliberate bugs, each made by a wrapper around one of the ports that a server is given, so that the product knows nothing
 * of them. A simulator that does not find them would find no others either.
 */
import type { DataTreeOptions } from '../../src/datatree/data-tree.ts';
import type { Disk } from '../../src/datatree/storage/disk.ts';
import { ObservedTree } from './observed-tree.ts';

/** What a wrapper may want to know of the server. */
interface Sabotaged {
  readonly sid: number;
}

/** The places where something can be made wrong. */
export interface Sabotage {
  disk(server: Sabotaged, disk: Disk): Disk;
  tree(server: Sabotaged, options: DataTreeOptions): ObservedTree;
  /** What a server sends to another one through a port, one call for what one turn has written. */
  outgoing(server: Sabotaged, port: number): (bytes: Buffer) => Buffer;
  toClient(server: Sabotaged): (bytes: Buffer) => Buffer;
  fromClient(server: Sabotaged, bytes: Buffer): Buffer;
}

function unchanged<T>(value: T): T {
  return value;
}

/** Nothing is made wrong. */
export const HONEST: Sabotage = {
  disk: (_server, disk) => disk,
  tree: (_server, options) => new ObservedTree(options),
  outgoing: () => unchanged,
  toClient: () => unchanged,
  fromClient: (_server, bytes) => bytes,
};
