/*
 * Loads that write: set, nine gets to one set, create and delete, and multis of ten sets. Every write is
 * unconditional, and its reply must show the very version that it made.
 */
import { checkContent, DATA_BYTES, dataPath, fillContent } from '../content.ts';
import type { Conversation } from '../conversation.ts';
import type { Lane, SteadyLoad } from '../lane.ts';
import {
  checkLength,
  checkStat,
  getLong,
  Op,
  type RequestEncoder,
  RequestRing,
  STAT_BYTES,
  WrongReply,
} from '../wire.ts';
import { createDataNodes, readNode, ringSlots, Versions } from './data-nodes.ts';

/** Where the data of a set request starts: length(4) xid(4) op(4) path(4+n) data length(4). */
const SET_DATA_AT = 12 + 4 + dataPath(0).length + 4;

function encodeSet(out: RequestEncoder, node: number): void {
  // path, data, version -1: whatever the version is
  out.string(dataPath(node)).int(DATA_BYTES).zeros(DATA_BYTES).int(-1);
}

/** A set's mzxid is its own zxid, so it can never be ahead of the header's. */
function checkSetStat(lane: Lane, view: DataView, at: number): number {
  const mzxid = getLong(view, at + 8);
  if (mzxid > lane.zxid || mzxid <= 0) throw new WrongReply(`mzxid ${mzxid} beyond ${lane.zxid}`);
  return checkStat(view, at, DATA_BYTES);
}

/** setData over the lane's own znodes in turn. Reply body: stat(68). */
export class SetLoad implements SteadyLoad {
  readonly #versions: Versions;

  constructor(lanes: number) {
    this.#versions = new Versions(lanes);
  }

  setUp(session: Conversation): Promise<void> {
    return createDataNodes(session);
  }

  ring(lane: number, outstanding: number): RequestRing {
    return RequestRing.of(ringSlots(outstanding), (out, slot) => {
      encodeSet(out.begin(0, Op.setData), this.#versions.ownNode(lane, slot));
      out.end();
    });
  }

  prepare(lane: Lane, slot: number): void {
    const node = this.#versions.ownNode(lane.index, slot);
    const at = lane.ring.at(slot) + SET_DATA_AT;
    fillContent(lane.ring.view, at, node, this.#versions.next(node));
  }

  check(lane: Lane, slot: number, view: DataView, _bytes: Buffer, at: number, end: number): void {
    checkLength(at, end, STAT_BYTES);
    const version = checkSetStat(lane, view, at);
    this.#versions.acknowledge(this.#versions.ownNode(lane.index, slot), version);
  }
}

/** Nine getData of any znode, then one setData of an own one, and again. */
export class MixedLoad implements SteadyLoad {
  readonly #versions: Versions;

  constructor(options: { readonly lanes: number; readonly servers: number }) {
    this.#versions = new Versions(options.lanes, options.servers);
  }

  setUp(session: Conversation): Promise<void> {
    return createDataNodes(session);
  }

  ring(lane: number, outstanding: number): RequestRing {
    return RequestRing.of(ringSlots(outstanding, 10), (out, slot) => {
      const node = this.#node(lane, slot);
      if (isSet(slot)) encodeSet(out.begin(0, Op.setData), node);
      else out.begin(0, Op.getData).string(dataPath(node)).bool(false);
      out.end();
    });
  }

  prepare(lane: Lane, slot: number): void {
    const node = this.#node(lane.index, slot);
    if (!isSet(slot)) {
      lane.expected[slot] = this.#versions.leastFor(lane, node);
      return;
    }
    const at = lane.ring.at(slot) + SET_DATA_AT;
    fillContent(lane.ring.view, at, node, this.#versions.next(node));
  }

  check(lane: Lane, slot: number, view: DataView, _bytes: Buffer, at: number, end: number): void {
    const node = this.#node(lane.index, slot);
    if (isSet(slot)) {
      checkLength(at, end, STAT_BYTES);
      this.#versions.acknowledge(node, checkSetStat(lane, view, at));
      return;
    }
    checkLength(at, end, 4 + DATA_BYTES + STAT_BYTES);
    checkLength(0, view.getInt32(at), DATA_BYTES);
    const version = checkStat(view, at + 4 + DATA_BYTES, DATA_BYTES);
    this.#versions.checkRead(lane, node, version, lane.expected[slot] ?? 0);
    checkContent(view, at + 4, node, version);
  }

  #node(lane: number, slot: number): number {
    return isSet(slot) ? this.#versions.ownNode(lane, Math.floor(slot / 10)) : readNode(lane, slot);
  }
}

function isSet(slot: number): boolean {
  return slot % 10 === 9;
}

const CHURN_PARENT = '/bench/churn';

/** A create of a znode of 100 bytes, at once followed by its delete. Reply bodies: path(4+n), then nothing. */
export class CreateDeleteLoad implements SteadyLoad {
  async setUp(session: Conversation): Promise<void> {
    await session.ensure('/bench');
    await session.create(CHURN_PARENT, Buffer.alloc(0));
  }

  ring(lane: number, outstanding: number): RequestRing {
    return RequestRing.of(ringSlots(outstanding, 2), (out, slot) => {
      const path = churnPath(lane, slot);
      if (isDelete(slot)) out.begin(0, Op.delete).string(path).int(-1);
      else out.begin(0, Op.create).string(path).int(DATA_BYTES).zeros(DATA_BYTES).openAcl().int(0);
      out.end();
    });
  }

  prepare(): void {}

  check(lane: Lane, slot: number, _view: DataView, bytes: Buffer, at: number, end: number): void {
    if (isDelete(slot)) {
      checkLength(at, end, 0);
      return;
    }
    // The path, with its length, stands in the reply as it stood in the request.
    const request = lane.ring.at(slot) + 12;
    if (bytes.compare(lane.ring.bytes, request, request + CHURN_PATH_FIELD, at, end) !== 0) {
      throw new WrongReply(`create of ${churnPath(lane.index, slot)} answered another path`);
    }
  }
}

function isDelete(slot: number): boolean {
  return slot % 2 === 1;
}

function churnPath(lane: number, slot: number): string {
  const znode = String(slot >> 1).padStart(5, '0');
  return `${CHURN_PARENT}/c${String(lane).padStart(3, '0')}-${znode}`;
}

const CHURN_PATH_FIELD = 4 + churnPath(0, 0).length;

const SETS_PER_MULTI = 10;
/** A MultiHeader: type(4) done(1) err(4). */
const MULTI_HEADER_BYTES = 9;
const SET_BODY_BYTES = 4 + dataPath(0).length + 4 + DATA_BYTES + 4;
const MULTI_RESULT_BYTES = MULTI_HEADER_BYTES + STAT_BYTES;

/** A multi of ten sets over the lane's own znodes. Reply body: ten times MultiHeader(9) stat(68), then the closing header. */
export class MultiLoad implements SteadyLoad {
  readonly #versions: Versions;

  constructor(lanes: number) {
    this.#versions = new Versions(lanes);
  }

  setUp(session: Conversation): Promise<void> {
    return createDataNodes(session);
  }

  ring(lane: number, outstanding: number): RequestRing {
    return RequestRing.of(Math.ceil(ringSlots(outstanding) / SETS_PER_MULTI), (out, slot) => {
      out.begin(0, Op.multi);
      for (let part = 0; part < SETS_PER_MULTI; part++) {
        encodeSet(out.multiHeader(Op.setData, false), this.#node(lane, slot, part));
      }
      out.multiHeader(-1, true).end();
    });
  }

  prepare(lane: Lane, slot: number): void {
    let at = lane.ring.at(slot) + 12 + MULTI_HEADER_BYTES + SET_BODY_BYTES - 4 - DATA_BYTES;
    for (let part = 0; part < SETS_PER_MULTI; part++) {
      const node = this.#node(lane.index, slot, part);
      fillContent(lane.ring.view, at, node, this.#versions.next(node));
      at += MULTI_HEADER_BYTES + SET_BODY_BYTES;
    }
  }

  check(lane: Lane, slot: number, view: DataView, _bytes: Buffer, at: number, end: number): void {
    checkLength(at, end, SETS_PER_MULTI * MULTI_RESULT_BYTES + MULTI_HEADER_BYTES);
    let place = at;
    for (let part = 0; part < SETS_PER_MULTI; part++) {
      checkMultiHeader(view, place, Op.setData, 0);
      const version = checkSetStat(lane, view, place + MULTI_HEADER_BYTES);
      this.#versions.acknowledge(this.#node(lane.index, slot, part), version);
      place += MULTI_RESULT_BYTES;
    }
    checkMultiHeader(view, place, -1, 1);
  }

  #node(lane: number, slot: number, part: number): number {
    return this.#versions.ownNode(lane, slot * SETS_PER_MULTI + part);
  }
}

/** Throws unless a MultiHeader has this type and `done` (0 or 1); the error code goes with it: 0, or -1 at the end. */
export function checkMultiHeader(view: DataView, at: number, type: number, done: number): void {
  const error = done === 1 ? -1 : 0;
  if (view.getInt32(at) !== type || view.getInt8(at + 4) !== done) {
    throw new WrongReply(`a multi result of type ${view.getInt32(at)} instead of ${type}`);
  }
  if (view.getInt32(at + 5) !== error) {
    throw new WrongReply(`a multi result with error ${view.getInt32(at + 5)}`);
  }
}
