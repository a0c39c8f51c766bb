/*
 * What clients may ask for, by op code: which requests are writes, and which handler answers each of the others (Java: the switches of
 * ZooKeeperServer and FinalRequestProcessor). Nothing is carried out here; auth and sasl never come this far.
 */

import type { Id } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { JuteReader } from '../../jute/reader.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { Connection } from '../client/connection.ts';
import type { Reads } from './reads.ts';
import type { WatchRequests } from './watch-requests.ts';

/**
 * A handler of reads.ts or watch-requests.ts: `reader` stands behind the header, the response goes to `out`; gives the code of the
 * error, 0 for none.
 */
export type ReadHandler = (
  connection: Connection,
  reader: JuteReader,
  out: JuteWriter,
  authIds: readonly Id[],
) => ErrorCode;

/** Whether a client's request of this type is a write. A bare check is none, nor are those of servers. */
export function isClientWrite(type: number): boolean {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
    case OpCode.delete:
    case OpCode.setData:
    case OpCode.setACL:
    case OpCode.multi:
    case OpCode.reconfig:
    case OpCode.deleteContainer:
    case OpCode.closeSession:
      return true;
    default:
      return false;
  }
}

/** The handler of each op code that is no write. */
export function readHandlers(
  reads: Reads,
  watches: WatchRequests,
): ReadonlyMap<number, ReadHandler> {
  return new Map<number, ReadHandler>([
    [OpCode.ping, () => ErrorCode.ok],
    [OpCode.getData, reads.getData.bind(reads)],
    [OpCode.exists, reads.exists.bind(reads)],
    [OpCode.getChildren, reads.getChildren.bind(reads)],
    [OpCode.getChildren2, reads.getChildren2.bind(reads)],
    [OpCode.getACL, reads.getACL.bind(reads)],
    [OpCode.sync, reads.sync.bind(reads)],
    [OpCode.multiRead, reads.multiRead.bind(reads)],
    [OpCode.getAllChildrenNumber, reads.getAllChildrenNumber.bind(reads)],
    [OpCode.getEphemerals, reads.getEphemerals.bind(reads)],
    [OpCode.whoAmI, reads.whoAmI.bind(reads)],
    [OpCode.addWatch, watches.addWatch.bind(watches)],
    [OpCode.checkWatches, watches.checkWatches.bind(watches)],
    [OpCode.removeWatches, watches.removeWatches.bind(watches)],
    [OpCode.setWatches, watches.setWatches.bind(watches)],
    [OpCode.setWatches2, watches.setWatches2.bind(watches)],
  ]);
}
