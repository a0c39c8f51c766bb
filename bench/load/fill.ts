/*
 * One million znodes of 100 bytes, created by multis of 500 below 1,000 parents, and reads of them, with
 * which a restarted server shows that it has them all. Not a load that goes round: every multi creates
 * other znodes, so its paths and data are patched into the template before it is sent.
 */
import { checkContent, DATA_BYTES, fillContent } from '../content.ts';
import type { Conversation } from '../conversation.ts';
import type { Lane, SteadyLoad } from '../lane.ts';
import { checkLength, checkStat, Op, RequestRing, STAT_BYTES, WrongReply } from '../wire.ts';
import { checkMultiHeader } from './write.ts';

const FILL_PARENT = '/bench/fill';
const CHILDREN_PER_PARENT = 1000;

/** Creates in one multi. */
export const CREATES_PER_MULTI = 500;

/** Path of the znode with this number: "/bench/fill/p0012/n0345". */
function fillPath(znode: number): string {
  const child = String(znode % CHILDREN_PER_PARENT).padStart(4, '0');
  return `${parentPath(Math.floor(znode / CHILDREN_PER_PARENT))}/n${child}`;
}

function parentPath(parent: number): string {
  return `${FILL_PARENT}/p${String(parent).padStart(4, '0')}`;
}

const PATH_BYTES = fillPath(0).length;
const PARENT_DIGITS_AT = FILL_PARENT.length + 2;
const CHILD_DIGITS_AT = PATH_BYTES - 4;
const MULTI_HEADER_BYTES = 9;
/** path(4+n) data(4+100) acl(4 + perms 4 + "world" 9 + "anyone" 10) flags(4) */
const CREATE_BYTES = MULTI_HEADER_BYTES + 4 + PATH_BYTES + 4 + DATA_BYTES + 27 + 4;
const RESULT_BYTES = MULTI_HEADER_BYTES + 4 + PATH_BYTES;

/** Multis of 500 creates. Reply body: 500 times MultiHeader(9) path(4+n), then the closing header. */
export class FillLoad implements SteadyLoad {
  readonly #lanes: number;
  readonly #parents: number;

  constructor(options: { readonly lanes: number; readonly znodes: number }) {
    this.#lanes = options.lanes;
    this.#parents = Math.ceil(options.znodes / CHILDREN_PER_PARENT);
  }

  async setUp(session: Conversation): Promise<void> {
    await session.ensure('/bench');
    await session.create(FILL_PARENT, Buffer.alloc(0));
    const creates: Promise<void>[] = [];
    for (let parent = 0; parent < this.#parents; parent++) {
      creates.push(session.create(parentPath(parent), Buffer.alloc(0)));
    }
    await Promise.all(creates);
  }

  ring(_lane: number, outstanding: number): RequestRing {
    return RequestRing.of(2 * outstanding, (out) => {
      out.begin(0, Op.multi);
      for (let part = 0; part < CREATES_PER_MULTI; part++) {
        out.multiHeader(Op.create, false).string(fillPath(0)).int(DATA_BYTES).zeros(DATA_BYTES);
        out.openAcl().int(0);
      }
      out.multiHeader(-1, true).end();
    });
  }

  prepare(lane: Lane, slot: number): void {
    let znode = this.#firstOf(lane, lane.sent - 1);
    let at = lane.ring.at(slot) + 12;
    for (let part = 0; part < CREATES_PER_MULTI; part++) {
      const path = at + MULTI_HEADER_BYTES + 4;
      const parent = Math.floor(znode / CHILDREN_PER_PARENT);
      putDigits(lane.ring.view, path + PARENT_DIGITS_AT, parent);
      putDigits(lane.ring.view, path + CHILD_DIGITS_AT, znode % CHILDREN_PER_PARENT);
      fillContent(lane.ring.view, path + PATH_BYTES + 4, znode, 0);
      at += CREATE_BYTES;
      znode += 1;
    }
  }

  check(lane: Lane, slot: number, view: DataView, bytes: Buffer, at: number, end: number): void {
    checkLength(at, end, CREATES_PER_MULTI * RESULT_BYTES + MULTI_HEADER_BYTES);
    const requests = lane.ring.bytes;
    // Each path, with its length, stands in the reply as it stood in the request.
    let sent = lane.ring.at(slot) + 12 + MULTI_HEADER_BYTES;
    let place = at;
    for (let part = 0; part < CREATES_PER_MULTI; part++) {
      checkMultiHeader(view, place, Op.create, 0);
      const path = place + MULTI_HEADER_BYTES;
      place += RESULT_BYTES;
      if (bytes.compare(requests, sent, sent + 4 + PATH_BYTES, path, place) !== 0) {
        throw new WrongReply(`create ${part} of a multi answered another path`);
      }
      sent += CREATE_BYTES;
    }
    checkMultiHeader(view, place, -1, 1);
  }

  #firstOf(lane: Lane, turn: number): number {
    return (turn * this.#lanes + lane.index) * CREATES_PER_MULTI;
  }
}

/** getData of znodes that {@link FillLoad} made, spread over all of them. Reply body: data(4+100) stat(68). */
export class FilledGetLoad implements SteadyLoad {
  readonly #znodes: number;

  constructor(znodes: number) {
    this.#znodes = znodes;
  }

  setUp(): Promise<void> {
    return Promise.resolve();
  }

  ring(lane: number, outstanding: number): RequestRing {
    return RequestRing.of(Math.max(2000, 2 * outstanding), (out, slot) => {
      out
        .begin(0, Op.getData)
        .string(fillPath(this.#znode(lane, slot)))
        .bool(false)
        .end();
    });
  }

  prepare(): void {}

  check(lane: Lane, slot: number, view: DataView, _bytes: Buffer, at: number, end: number): void {
    checkLength(at, end, 4 + DATA_BYTES + STAT_BYTES);
    checkContent(view, at + 4, this.#znode(lane.index, slot), 0);
    checkStat(view, at + 4 + DATA_BYTES, DATA_BYTES);
  }

  /** Steps through all znodes with a stride that shares no factor with their number. */
  #znode(lane: number, slot: number): number {
    return ((lane * 2000 + slot) * 7919 + 1) % this.#znodes;
  }
}

/** Writes a number below 10,000 as four digits. */
function putDigits(view: DataView, at: number, number: number): void {
  const thousands = (number / 1000) | 0;
  const hundreds = ((number / 100) | 0) % 10;
  const tens = ((number / 10) | 0) % 10;
  view.setUint32(
    at,
    0x30303030 + thousands * 0x1000000 + hundreds * 0x10000 + tens * 0x100 + (number % 10),
  );
}
