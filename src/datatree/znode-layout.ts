/*
 * How a znode is laid out in its row and its chunk, and what is given for a new one.
 *
 * Answers to DataNode, of which Java makes an object for each znode. Here all that is of fixed size stands in a row (rows.ts). A znode's
 * chunk (slab.ts) holds, one after the other: the links of its owner's chain (8 bytes, where it has an owner: owners.ts), its name, its
 * data. Field.nameAndFlags of the row tells the parts of a chunk apart:
 *
 *   name length in bytes << 5 | isReserved << 4 | isExcluded << 3 | owner kind << 1 | has null data
 */

import { OPEN_ACL_ID } from './acl-table.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';

/** Field.nameAndFlags, as above: how many bits stand below the length of the name, and which they are. */
export const FLAG_BITS = 5;
export const NULL_DATA = 1;
export const OWNER_SHIFT = 1;
export const OWNER_MASK = 3;
/** Below /zookeeper/, where no digests are kept. */
export const EXCLUDED = 8;
/** Only going to be: nobody finds it, and it is nobody's child. */
export const RESERVED = 16;

/** Size of the links of an owner's chain, in bytes. */
const OWNER_LINKS_SIZE = 8;

/** The longest path that can be stored, in bytes; a server's jute.maxbuffer is far below. */
export const MAX_PATH_SIZE = (1 << (31 - FLAG_BITS)) - 1;

const NO_BYTES = new Uint8Array(0);

/** Whose chain a znode is in. */
export const OwnerKind = { none: 0, session: 1, container: 2, ttl: 3 } as const;

/** One of the kinds above. */
export type OwnerKind = (typeof OwnerKind)[keyof typeof OwnerKind];

/** Size of the links in front of the name, in bytes. */
export function linksSizeOf(nameAndFlags: number): number {
  return (nameAndFlags & (OWNER_MASK << OWNER_SHIFT)) === 0 ? 0 : OWNER_LINKS_SIZE;
}

/** What is given for a new znode. The path is `bytes[start, end)` and its last component `bytes[nameStart, end)`. */
export interface NewZnode {
  parent: Row;
  hash: number;
  bytes: Uint8Array;
  nameStart: number;
  end: number;
  ownerKind: OwnerKind;
  /** Below /zookeeper/, where no digests are kept. */
  isExcluded: boolean;
  /** The source of the data is `data[dataStart, dataEnd)`; null for null. */
  data: Uint8Array | null;
  dataStart: number;
  dataEnd: number;
  /** A slot of the AclTable. */
  acl: number;
  /** How the Stat begins: STAT_WORDS_IN_ROW words in wire order. */
  stat: Int32Array;
  /** The running CRC of the path. As the data is copied it is taken in too. */
  crc: number;
}

/** One to be filled in, and again for the next znode. @param stat where the Stat is given, which may change with each */
export function blankZnode(stat: Int32Array): NewZnode {
  return {
    parent: NO_ROW,
    hash: 0,
    bytes: NO_BYTES,
    nameStart: 0,
    end: 0,
    ownerKind: OwnerKind.none,
    isExcluded: false,
    data: null,
    dataStart: 0,
    dataEnd: 0,
    acl: OPEN_ACL_ID,
    stat,
    crc: 0,
  };
}

/** Bytes of data that a new znode gets; 0 for null. */
export function dataSizeOf(given: NewZnode): number {
  return given.data === null ? 0 : given.dataEnd - given.dataStart;
}
