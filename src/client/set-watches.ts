/*
 * The requests that set all watches again on a new connection (Java: ClientCnxn.SendThread.primeConnection). A client may have
 * more watches than fit into one frame of the server's jute.maxbuffer, so they are split (ZOOKEEPER-706).
 */

import type { Zxid } from '../jute/int64.ts';
import { OpCode } from '../jute/op-code.ts';
import type { SetWatches } from '../jute/requests.ts';
import type { WatchedPaths, WatchKind } from './watch-registry.ts';

/** Bytes of paths in one request; far below the 1 MB of jute.maxbuffer that servers have when nobody changes it. */
export const SET_WATCHES_SIZE_LIMIT = 128 * 1024;

/** One request. */
export interface SetWatchesRequest {
  /** The older one where no watch needs the other, which servers before 3.6 do not have. */
  readonly type: typeof OpCode.setWatches | typeof OpCode.setWatches2;
  readonly record: SetWatches;
}

const kinds = ['data', 'exist', 'children', 'persistent', 'persistentRecursive'] as const;

type Batch = Record<WatchKind, string[]>;

const emptyBatch = (): Batch => ({
  data: [],
  exist: [],
  children: [],
  persistent: [],
  persistentRecursive: [],
});

/**
 * The requests for all `paths`, none when there are no watches. Each stays below `sizeLimit` bytes of paths unless a single
 * path is longer.
 *
 * @param relativeZxid the last transaction that the client knows of: the server tells of what was later
 */
export function setWatchesRequests(
  paths: WatchedPaths,
  relativeZxid: Zxid,
  sizeLimit = SET_WATCHES_SIZE_LIMIT,
): readonly SetWatchesRequest[] {
  const requests: SetWatchesRequest[] = [];
  let batch = emptyBatch();
  let sizeBytes = 0;
  for (const kind of kinds) {
    for (const path of paths[kind]) {
      const pathSize = 4 + Buffer.byteLength(path);
      if (sizeBytes > 0 && sizeBytes + pathSize > sizeLimit) {
        requests.push(requestOf(batch, relativeZxid));
        batch = emptyBatch();
        sizeBytes = 0;
      }
      batch[kind].push(path);
      sizeBytes += pathSize;
    }
  }
  if (sizeBytes > 0) requests.push(requestOf(batch, relativeZxid));
  return requests;
}

function requestOf(batch: Batch, relativeZxid: Zxid): SetWatchesRequest {
  const hasPersistent = batch.persistent.length + batch.persistentRecursive.length > 0;
  return {
    type: hasPersistent ? OpCode.setWatches2 : OpCode.setWatches,
    record: {
      relativeZxid,
      dataWatches: batch.data,
      existWatches: batch.exist,
      childWatches: batch.children,
      persistentWatches: batch.persistent,
      persistentRecursiveWatches: batch.persistentRecursive,
    },
  };
}
