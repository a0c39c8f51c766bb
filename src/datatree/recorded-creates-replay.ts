/*
 * Replays multis of creates from a log, without an object, a string or a view for any of their parts (Java: DataTree.processTxn).
 *
 * It does for each part what NodeChanges.createRecorded() does. What can be done for all of them together is: hashes are computed and
 * their places in the index touched first, so that the processor waits for many of them at once and not for each; siblings share the look-up
 * of their parent, and of creates below one parent that follow each other the last one has all that the parent gets.
 */

import { OPEN_ACL_UNSAFE } from '../jute/data.ts';
import { SESSION_ID_ZERO } from '../jute/int64.ts';
import type { RecordedCreates } from '../jute/recorded-creates.ts';
import { crcUpdate } from './digest.ts';
import type { NodeChanges } from './node-changes.ts';
import { lastSlash } from './path-bytes.ts';
import type { Reservations } from './reservations.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';
import { Siblings } from './siblings.ts';
import type { TreeState } from './tree-state.ts';
import { MAX_PATH_SIZE } from './znode-layout.ts';

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Replays one multi after the other. */
export class RecordedCreatesReplay {
  private readonly state: TreeState;
  private readonly reservations: Reservations;
  private readonly nodes: NodeChanges;
  private readonly siblings = new Siblings();
  private hashes = new Int32Array(0);
  /** The create at hand. */
  private readonly place = { bytes: NO_BYTES, start: 0, end: 0, lastSlash: 0, hash: 0 };
  private readonly content = {
    dataBytes: NO_BYTES,
    dataStart: 0,
    dataEnd: 0,
    acl: OPEN_ACL_UNSAFE,
    owner: SESSION_ID_ZERO,
  };
  /** The parent that has not been told of its creates yet, and what the last of them says. */
  private counted: Row = NO_ROW;
  private cversion = 0;

  constructor(state: TreeState, reservations: Reservations, nodes: NodeChanges) {
    this.state = state;
    this.reservations = reservations;
    this.nodes = nodes;
  }

  /** Carries out all parts, each as far as it can be, in the transaction that `nodes` has begun. */
  run(creates: RecordedCreates): void {
    // Since the last multi znodes may have gone.
    this.siblings.clear();
    this.takeHashes(creates);
    for (let index = 0; index < creates.count; index++) this.create(creates, index);
    this.settle();
  }

  private takeHashes(creates: RecordedCreates): void {
    const { znodes } = this.state;
    const { bytes, count } = creates;
    if (count > this.hashes.length) this.hashes = new Int32Array(2 * count);
    for (let index = 0; index < count; index++) {
      this.hashes[index] = znodes.hashOf(bytes, creates.pathStart(index), creates.pathEnd(index));
    }
    znodes.expect(this.hashes, count);
  }

  private create(creates: RecordedCreates, index: number): void {
    const { state, nodes, place, content, siblings } = this;
    const { bytes } = creates;
    const start = creates.pathStart(index);
    const end = creates.pathEnd(index);
    if (end - start > MAX_PATH_SIZE) return;
    if (!siblings.has(creates.view, start, end) && !this.takeSiblings(bytes, start, end)) return;
    const { parent } = siblings;
    const hash = this.hashes[index] as number;
    const existing = state.znodes.findHashed(hash, bytes, start, end);
    if (existing !== NO_ROW) {
      nodes.replaceAcl(existing, state.aclTable.take(OPEN_ACL_UNSAFE));
    } else {
      place.bytes = bytes;
      place.start = start;
      place.end = end;
      place.lastSlash = start + siblings.size - 1;
      place.hash = hash;
      content.dataBytes = bytes;
      content.dataStart = creates.dataStart(index);
      content.dataEnd = creates.dataEnd(index);
      const crc = crcUpdate(siblings.crc, bytes, start + siblings.size, end);
      const row = this.reservations.create(parent, place, content, nodes, crc);
      state.approximateDataSize += end - start + Math.max(0, content.dataEnd - content.dataStart);
      if (nodes.notes.isPathNeeded(row)) {
        nodes.notes.created(creates.pathOf(index), row, parent);
      }
    }
    this.count(parent, creates.parentCVersion(index));
  }

  /** Begins with the children of another znode; false where there is none, or where the path cannot be. */
  private takeSiblings(bytes: Uint8Array, start: number, end: number): boolean {
    const { state } = this;
    const slash = lastSlash(bytes, start, end);
    if (slash < start || slash === end - 1) return false;
    const parent = state.znodes.findParent(bytes, start, slash);
    if (parent === NO_ROW) return false;
    this.siblings.set(parent, state.isExcluded(bytes, start, end), bytes, start, slash + 1);
    return true;
  }

  /** Numbers that have gone round, and -1, have a meaning of their own. */
  private count(parent: Row, cversion: number): void {
    const goesOn = parent === this.counted && this.cversion >= 0 && cversion > this.cversion;
    if (!goesOn) this.settle();
    this.counted = parent;
    this.cversion = cversion;
  }

  private settle(): void {
    if (this.counted !== NO_ROW) this.nodes.countCreate(this.counted, this.cversion);
    this.counted = NO_ROW;
  }
}
