/*
 * Differences between Apache ZooKeeper 3.8.0, which Debian has, and this server that are meant: where a later release of
 * ZooKeeper changed what clients see, this server does as the later one; and it does not let a stranger disturb a session.
 * Each is as narrow as it can be, and counted.
 */
import { Op } from '../../harness/requests.ts';
import type { Step } from './world.ts';

/** Why two lines may differ, or null if they may not. `index` is the place of the lines among those of the step. */
export function acceptedDifference(
  step: Step | null,
  _index: number,
  expected: string,
  seen: string,
): string | null {
  if (step?.kind === 'knock' && expected === 'closed' && seen.startsWith('reply xid=-2')) {
    return 'a wrong password does not close the connection of the session that it is wrong for';
  }
  if (step?.kind !== 'requests') return null;
  const ops = new Set(step.requests.map((request) => request.op));
  if (ops.has(Op.multi) && withoutCreate2Stats(seen) === expected) {
    return 'create2 in multi answers with a Stat (3.9, ZOOKEEPER-4026)';
  }
  if (ops.has(Op.exists) && expected.replace(/ err=0 \{.*$/, ' err=-102') === seen) {
    return 'exists asks for READ (3.8.4, ZOOKEEPER-2590)';
  }
  if (ops.has(Op.checkWatches) && expected.replace(/ err=0$/, ' err=-121') === seen) {
    return "checkWatches asks for the connection's own watch (3.8 answers for any, ZOOKEEPER-4472)";
  }
  return null;
}

/** A multi's line with each create2 result told as 3.8 does: as a create, without its Stat. */
const withoutCreate2Stats = (line: string): string =>
  line.replaceAll(/\b15\/0 ("(?:[^"\\]|\\.)*") \{[^}]*\}/g, '1/0 $1');
