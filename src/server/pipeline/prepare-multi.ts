/*
 * Preparing a multi (Java: PrepRequestProcessor.pRequest2Txn, the case multi).
 *
 * All or nothing: the first part that is refused takes back what the parts before it would have changed. Its result is its
 * code, that of the parts before is 0 and of those behind RuntimeInconsistency (DataTree.processTxn makes the first so).
 */

import { ErrorCode } from '../../jute/error-code.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { PreparedCreates } from '../../jute/prepared-creates.ts';
import { CreateParts } from '../../jute/prepared-creates.ts';
import type { PreparedSets } from '../../jute/prepared-sets.ts';
import { SetParts } from '../../jute/prepared-sets.ts';
import type { JuteReader } from '../../jute/reader.ts';
import { JuteError } from '../../jute/reader.ts';
import type { MultiTxn, Txn } from '../../jute/txn.ts';
import { unreachable } from '../../jute/unreachable.ts';
import type { Asker } from './asker.ts';
import { MultiPart } from './multi-part.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Moment } from './pending-node.ts';
import type { PrepareCreate } from './prepare-create.ts';
import type { PrepareDelete } from './prepare-delete.ts';
import type { PrepareSet } from './prepare-set.ts';
import type { Request } from './request.ts';

/** So many parts are read before the first of them is prepared: the tree is told their paths together (DataTree.expect). */
const PARTS_AHEAD = 64;

/** Prepares multis. */
export class PrepareMulti {
  private readonly pending: PendingChanges;
  private readonly creates: PrepareCreate;
  private readonly deletes: PrepareDelete;
  private readonly sets: PrepareSet;
  private readonly ahead = Array.from({ length: PARTS_AHEAD }, () => new MultiPart());
  private readonly hashes = new Int32Array(PARTS_AHEAD);
  /** So many of them hold bytes of the multi at hand. */
  private aheadUsed = 0;
  /** The parts of the multi at hand, as long as all are plain creates or all are sets; then `txns` is null. */
  private readonly createParts = new CreateParts();
  private readonly setParts = new SetParts();
  private txns: Txn[] | null = null;

  constructor(ports: {
    readonly pending: PendingChanges;
    readonly creates: PrepareCreate;
    readonly deletes: PrepareDelete;
    readonly sets: PrepareSet;
  }) {
    this.pending = ports.pending;
    this.creates = ports.creates;
    this.deletes = ports.deletes;
    this.sets = ports.sets;
  }

  /** Raises JuteError where a part cannot be read, or fails as a whole; nothing of the multi is pending then. */
  prepare(request: Request, reader: JuteReader, asker: Asker, moment: Moment): MultiTxn {
    const { pending } = this;
    const digestBefore = pending.treeDigest;
    const refuse = (): void => pending.rollbackMulti(digestBefore);
    pending.startMulti();
    this.createParts.clear();
    this.setParts.clear();
    this.txns = null;
    try {
      request.multiTypes = this.prepareParts(reader, { asker, moment, refuse });
    } catch (error) {
      refuse();
      throw error;
    } finally {
      pending.finishMulti();
      this.releaseAhead();
    }
    const { txns } = this;
    this.txns = null;
    return txns === null ? this.flatTxn(request.body.bytes) : { type: OpCode.multi, txns };
  }

  /** The multi of the parts so far, all of one kind. */
  private flatTxn(bytes: Buffer): PreparedCreates | PreparedSets {
    const { createParts, setParts } = this;
    return setParts.count > 0 ? setParts.toTxn(bytes) : createParts.toTxn(bytes);
  }

  /** Returns the op codes that were asked for, or null where those in the log are the same. */
  private prepareParts(
    reader: JuteReader,
    context: { readonly asker: Asker; readonly moment: Moment; readonly refuse: () => void },
  ): readonly number[] | null {
    const { asker, moment, refuse } = context;
    let types: number[] | null = null;
    let hasFailed = false;
    for (let count = PARTS_AHEAD; count === PARTS_AHEAD; ) {
      count = this.readAhead(reader);
      for (let index = 0; index < count; index++) {
        const asked = this.ahead[index] as MultiPart;
        const part = hasFailed
          ? ErrorCode.runtimeInconsistency
          : this.preparePart(asked, asker, moment);
        if (part === null) continue;
        this.txns ??= this.flatTxn(reader.bytes).txns;
        const { txns } = this;
        if (typeof part === 'number') {
          if (!hasFailed) refuse();
          hasFailed = true;
          txns.push({ type: OpCode.error, err: part });
        } else {
          if (part.type !== asked.type) types ??= txns.map((txn) => txn.type);
          txns.push(part);
        }
        types?.push(asked.type);
      }
    }
    return types;
  }

  /** Reads the next parts and returns how many there are: fewer than PARTS_AHEAD at the end of the multi. */
  private readAhead(reader: JuteReader): number {
    const { pending, hashes } = this;
    let count = 0;
    for (; count < PARTS_AHEAD; count++) {
      const type = reader.readInt();
      const done = reader.readBoolean();
      reader.readInt();
      if (done) break;
      this.aheadUsed = Math.max(this.aheadUsed, count + 1);
      const path = (this.ahead[count] as MultiPart).read(type, reader);
      hashes[count] = pending.hash(path);
    }
    pending.expect(hashes, count);
    return count;
  }

  /** The next multi may have fewer parts, and its successor too: until then they would hold the bytes of this one. */
  private releaseAhead(): void {
    for (let index = 0; index < this.aheadUsed; index++) (this.ahead[index] as MultiPart).release();
    this.aheadUsed = 0;
  }

  /** Null where the part is among createParts or setParts. */
  private preparePart(asked: MultiPart, asker: Asker, moment: Moment): Txn | ErrorCode | null {
    const part = this.dispatch(asked, asker, moment);
    // What Java fails over in a part, an absent name in an ACL for one, it fails over as a whole.
    if (part === ErrorCode.marshallingError) throw new JuteError('a part that Java fails over');
    return part;
  }

  private dispatch(asked: MultiPart, asker: Asker, moment: Moment): Txn | ErrorCode | null {
    const { type, createOp, pathVersionOp, setDataOp } = asked;
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
        if (createOp.lacksItsTTL) return ErrorCode.marshallingError;
        // A create2 in the log of a multi is something that servers before 3.9 drop (ZOOKEEPER-4026).
        return this.txns === null && this.setParts.count === 0
          ? this.creates.preparePart(createOp, OpCode.create, asker, moment, this.createParts)
          : this.creates.prepare(createOp, OpCode.create, asker, moment);
      case OpCode.createContainer:
      case OpCode.createTTL:
        return this.creates.prepare(createOp, type, asker, moment);
      case OpCode.delete:
        return this.deletes.prepare(pathVersionOp, asker, moment);
      case OpCode.check:
        return this.sets.prepareCheck(pathVersionOp, asker, moment);
      case OpCode.setData:
        return this.txns === null && this.createParts.count === 0
          ? this.sets.preparePart(setDataOp, asker, moment, this.setParts)
          : this.sets.prepareData(setDataOp, asker, moment);
      default:
        return unreachable(type);
    }
  }
}
