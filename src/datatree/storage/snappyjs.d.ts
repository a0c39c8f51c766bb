/*
 * What snappyjs 0.7, which has no types of its own, gives: raw Snappy blocks, without frames. The frames around them, as
 * ZooKeeper's snapshots have them, are in snappy-frames.ts.
 */
declare module 'snappyjs' {
  /** Packs one block. */
  export function compress(bytes: Buffer): Buffer;
  /** Unpacks one block; raises an error for one that is not Snappy or would be larger than `maxLength` bytes. */
  export function uncompress(bytes: Buffer, maxLength?: number): Buffer;
}
