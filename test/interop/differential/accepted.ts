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
  if (ops.has(Op.multi) && withoutCreate2Stats(expected, seen) === expected) {
    return 'create2 in multi answers with a Stat (3.9, ZOOKEEPER-4026)';
  }
  if (ops.has(Op.multiRead) && / err=-5$/.test(seen) && expected.startsWith(`${seen} [`)) {
    return 'a multiRead that fails has no body (in Java it has the results so far, which no client reads)';
  }
  if (ops.has(Op.sync) && asReplaced(seen) === asReplaced(expected)) {
    return 'strings are UTF-8, outside of the basic plane too, and what is not is replaced';
  }
  if (ops.has(Op.exists) && expected.replace(/ err=0 \{.*$/, ' err=-102') === seen) {
    return 'exists asks for READ (3.8.4, ZOOKEEPER-2590)';
  }
  if (ops.has(Op.checkWatches) && expected.replace(/ err=0$/, ' err=-121') === seen) {
    return "checkWatches asks for the connection's own watch (3.8 answers for any, ZOOKEEPER-4472)";
  }
  return null;
}

/** The line seen, with the result of each create that 3.8 tells without a Stat told in that way. */
function withoutCreate2Stats(expected: string, seen: string): string {
  let line = seen;
  for (const [, path = ''] of expected.matchAll(/\b1\/0 ("(?:[^"\\]|\\.)*")/g)) {
    const at = line.indexOf(`15/0 ${path} {`);
    if (at < 0) continue;
    line = `${line.slice(0, at)}1/0 ${path}${line.slice(line.indexOf('}', at) + 1)}`;
  }
  return line;
}

/**
 * A line with every run of characters that Java does not keep as one U+FFFD. Java writes a character outside of the basic
 * plane as two surrogates of three bytes each, and reads such a surrogate as one character that cannot be.
 */
const asReplaced = (line: string): string =>
  line.replaceAll(/[\ufffd\u{10000}-\u{10ffff}]+/gu, '\ufffd');
