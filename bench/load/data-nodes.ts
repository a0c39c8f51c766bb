/*
 * The 1,000 znodes of 100 bytes that the get, exists, set and multi loads go over, and what the
 * generator knows of their versions. Each znode is written by one lane alone, so that lane knows the very
 * version that each of its own replies must show, and every other lane knows one that may not be undercut:
 * the newest that was acknowledged to the writer before the read was sent. With several servers it does not: a
 * server of an ensemble may be behind the one that the writer is connected to.
 */
import { DATA_BYTES, DATA_PARENT, dataPath, fillContent, NODE_COUNT } from '../content.ts';
import type { Conversation } from '../conversation.ts';
import type { Lane } from '../lane.ts';
import { viewOf, WrongReply } from '../wire.ts';

/** How many creates are sent at a time while setting up. */
const CREATES_AT_ONCE = 200;

/** Slots of the ring of every load over these znodes, at least; enough for a good mixture of znodes. */
const RING_SLOTS = 2000;

/** How many slots a ring needs for `outstanding` requests: a multiple of `unit`. */
export function ringSlots(outstanding: number, unit = 1): number {
  return Math.ceil(Math.max(RING_SLOTS, 2 * outstanding) / unit) * unit;
}

/** Creates a parent and below it 1,000 znodes with their content at version 0. */
export async function createDataNodes(session: Conversation): Promise<void> {
  await session.ensure('/bench');
  await session.create(DATA_PARENT, Buffer.alloc(0));
  for (let from = 0; from < NODE_COUNT; from += CREATES_AT_ONCE) {
    const creates: Promise<void>[] = [];
    for (let node = from; node < Math.min(from + CREATES_AT_ONCE, NODE_COUNT); node++) {
      const data = Buffer.alloc(DATA_BYTES);
      fillContent(viewOf(data), 0, node, 0);
      creates.push(session.create(dataPath(node), data));
    }
    await Promise.all(creates);
  }
}

/** A pseudo-random znode for a slot of a lane; the same in every run, so that rounds can be compared. */
export function readNode(lane: number, slot: number): number {
  let hash = Math.imul(lane + 1, 0x1e3779b1) ^ Math.imul(slot + 1, 0x05ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) % NODE_COUNT;
}

/** The versions of the 1,000 znodes as the generator has written them and as they were acknowledged. */
export class Versions {
  readonly #lanes: number;
  readonly #servers: number;
  readonly #written = new Int32Array(NODE_COUNT);
  readonly #acknowledged = new Int32Array(NODE_COUNT);

  /** `lanes` is how many connections share the znodes as writers, `servers` over how many servers they are spread. */
  constructor(lanes: number, servers = 1) {
    this.#lanes = lanes;
    this.#servers = servers;
  }

  /** The znode that the `turn`-th write of a lane goes to. */
  ownNode(lane: number, turn: number): number {
    const own = Math.floor((NODE_COUNT - 1 - lane) / this.#lanes) + 1;
    return lane + (turn % own) * this.#lanes;
  }

  /** The version that the next write to `node` makes. */
  next(node: number): number {
    const version = (this.#written[node] ?? 0) + 1;
    this.#written[node] = version;
    return version;
  }

  /**
   * The reply to a write has come and shows `version`: its writer's requests are answered in order, so
   * it must follow upon the version that was acknowledged before.
   */
  acknowledge(node: number, version: number): void {
    const due = (this.#acknowledged[node] ?? 0) + 1;
    if (version !== due) {
      throw new WrongReply(`set of znode ${node} made version ${version} instead of ${due}`);
    }
    this.#acknowledged[node] = version;
  }

  /** What a read by `lane` that is sent now must show at least; for the znode's writer it is exact. */
  leastFor(lane: Lane, node: number): number {
    if (this.isOwner(lane, node)) return this.#written[node] ?? 0;
    return this.#servers === 1 ? (this.#acknowledged[node] ?? 0) : 0;
  }

  /** A read showed `version`, and `least` was due. */
  checkRead(lane: Lane, node: number, version: number, least: number): void {
    if (version < least || (version > least && this.isOwner(lane, node))) {
      throw new WrongReply(`get of znode ${node} shows version ${version}, ${least} is due`);
    }
  }

  /** Whether `lane` is the one that writes to `node`. */
  isOwner(lane: Lane, node: number): boolean {
    return node % this.#lanes === lane.index;
  }
}
