/*
 * Loads that only read znodes which nobody writes: get, exists, and getChildren of a parent of 1,000.
 *
 * Their requests are built before the clock starts (RequestRing), and every reply is checked; a wrong one ends the benchmark.
 * Not for reads among writes, which are in write.ts.
 */
import { checkContent, DATA_BYTES, dataPath } from '../content.ts';
import type { Conversation } from '../conversation.ts';
import type { Lane, SteadyLoad } from '../lane.ts';
import { checkLength, checkStat, Op, RequestRing, STAT_BYTES, WrongReply } from '../wire.ts';
import { createDataNodes, readNode, ringSlots } from './data-nodes.ts';

/** getData of pseudo-randomly chosen znodes. Reply body: data(4+100) stat(68). */
export class GetLoad implements SteadyLoad {
  setUp(session: Conversation): Promise<void> {
    return createDataNodes(session);
  }

  ring(lane: number, outstanding: number): RequestRing {
    return RequestRing.of(ringSlots(outstanding), (out, slot) => {
      out
        .begin(0, Op.getData)
        .string(dataPath(readNode(lane, slot)))
        .bool(false)
        .end();
    });
  }

  prepare(): void {}

  check(lane: Lane, slot: number, view: DataView, _bytes: Buffer, at: number, end: number): void {
    checkLength(at, end, 4 + DATA_BYTES + STAT_BYTES);
    checkLength(0, view.getInt32(at), DATA_BYTES);
    checkContent(view, at + 4, readNode(lane.index, slot), 0);
    checkUnwritten(checkStat(view, at + 4 + DATA_BYTES, DATA_BYTES));
  }
}

/** exists of pseudo-randomly chosen znodes that are there. Reply body: stat(68). */
export class ExistsLoad implements SteadyLoad {
  setUp(session: Conversation): Promise<void> {
    return createDataNodes(session);
  }

  ring(lane: number, outstanding: number): RequestRing {
    return RequestRing.of(ringSlots(outstanding), (out, slot) => {
      out
        .begin(0, Op.exists)
        .string(dataPath(readNode(lane, slot)))
        .bool(false)
        .end();
    });
  }

  prepare(): void {}

  check(_lane: Lane, _slot: number, view: DataView, _bytes: Buffer, at: number, end: number): void {
    checkLength(at, end, STAT_BYTES);
    checkUnwritten(checkStat(view, at, DATA_BYTES));
  }
}

const CHILDREN_PARENT = '/bench/children';
const CHILD_COUNT = 1000;
const CHILD_NAME_BYTES = 10;

/** getChildren of one parent with 1,000 children with names of 10 bytes. Reply body: count(4), then names(4+10). */
export class ChildrenLoad implements SteadyLoad {
  /** A body whose every name was looked at; the order is the server's own, so equal bytes are as good. */
  #checked = Buffer.alloc(0);

  async setUp(session: Conversation): Promise<void> {
    await session.ensure('/bench');
    await session.create(CHILDREN_PARENT, Buffer.alloc(0));
    const creates: Promise<void>[] = [];
    for (let child = 0; child < CHILD_COUNT; child++) {
      creates.push(session.create(`${CHILDREN_PARENT}/${childName(child)}`, Buffer.alloc(0)));
    }
    await Promise.all(creates);
  }

  ring(_lane: number, outstanding: number): RequestRing {
    return RequestRing.of(ringSlots(outstanding), (out) => {
      out.begin(0, Op.getChildren).string(CHILDREN_PARENT).bool(false).end();
    });
  }

  prepare(): void {}

  check(_lane: Lane, _slot: number, view: DataView, bytes: Buffer, at: number, end: number): void {
    if (this.#checked.compare(bytes, at, end) === 0) return;
    checkLength(at, end, 4 + CHILD_COUNT * (4 + CHILD_NAME_BYTES));
    checkLength(0, view.getInt32(at), CHILD_COUNT);
    const names = new Set<string>();
    for (let place = at + 4; place < end; place += 4 + CHILD_NAME_BYTES) {
      checkLength(0, view.getInt32(place), CHILD_NAME_BYTES);
      names.add(bytes.toString('utf8', place + 4, place + 4 + CHILD_NAME_BYTES));
    }
    for (let child = 0; child < CHILD_COUNT; child++) {
      if (!names.has(childName(child))) throw new WrongReply(`${childName(child)} is missing`);
    }
    this.#checked = Buffer.from(bytes.subarray(at, end));
  }
}

function childName(child: number): string {
  return `child${String(child).padStart(CHILD_NAME_BYTES - 5, '0')}`;
}

function checkUnwritten(version: number): void {
  if (version !== 0) throw new WrongReply(`version ${version} of a znode that nobody wrote`);
}
