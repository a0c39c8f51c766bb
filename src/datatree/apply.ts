/*
 * Applies transactions: the one switch over the union Txn in this room.
 *
 * Answers to DataTree.processTxn and to what ZKDatabase does with sessions. Nothing that a transaction may contain makes it throw; what cannot be done
 * ends as a code in the result, and in a replay over a fuzzy snapshot that is how it should be.
 */

import { STAT_SIZE } from '../jute/data.ts';
import { ErrorCode } from '../jute/error-code.ts';
import type { SessionId } from '../jute/int64.ts';
import { SESSION_ID_ZERO } from '../jute/int64.ts';
import { OpCode } from '../jute/op-code.ts';
import { PreparedCreates } from '../jute/prepared-creates.ts';
import { PreparedSets } from '../jute/prepared-sets.ts';
import { PreparedCreate, PreparedDelete, PreparedSetData } from '../jute/prepared-txn.ts';
import { RecordedCreate } from '../jute/recorded-create.ts';
import type { RecordedCreates } from '../jute/recorded-creates.ts';
import type { MultiTxn, Txn, TxnDigest, TxnHeader } from '../jute/txn.ts';
import { unreachable } from '../jute/unreachable.ts';
import type { JuteWriter } from '../jute/writer.ts';
import { CONTAINER_EPHEMERAL_OWNER, ttlToEphemeralOwner } from './ephemeral-type.ts';
import { NodeChanges } from './node-changes.ts';
import { RecordedCreatesReplay } from './recorded-creates-replay.ts';
import type { Reservations } from './reservations.ts';
import type { Row } from './rows.ts';
import { NO_ROW } from './rows.ts';
import type { TreeState } from './tree-state.ts';

/** What became of a part of a multi. */
export interface TxnPartResult {
  /** The op code, or OpCode.error in a multi that was refused. */
  readonly type: number;
  readonly err: number;
  readonly path: string | null;
  /** Appends the Stat as it was after this part, 68 bytes; nothing where there is no znode afterwards, or nobody is told. To be called before the next transaction. */
  writeStat(writer: JuteWriter): void;
}

/**
 * A part whose Stat lies with those of the other parts: an array of its own for each would be an allocation outside the heap, and
 * most are never looked at.
 */
class Part implements TxnPartResult {
  readonly err: number;
  private readonly txn: Txn;
  private readonly stats: Uint8Array;
  private readonly statAt: number;

  /** @param statAt where the Stat begins in `stats`, or -1 */
  constructor(txn: Txn, err: number, stats: Uint8Array, statAt: number) {
    this.err = err;
    this.txn = txn;
    this.stats = stats;
    this.statAt = statAt;
  }

  get type(): number {
    return this.txn.type;
  }

  get path(): string | null {
    return pathOf(this.txn);
  }

  writeStat(writer: JuteWriter): void {
    if (this.statAt >= 0) writer.writeBytesOf(this.stats, this.statAt, this.statAt + STAT_SIZE);
  }
}

/** A part that was not carried out. */
class RefusedPart implements TxnPartResult {
  readonly type: number;
  readonly err: number;
  readonly path = null;

  constructor(type: number, err: number) {
    this.type = type;
    this.err = err;
  }

  writeStat(): void {}
}

/** Parts for whose Stats there is room at first. */
const PARTS_EXPECTED = 64;

/** What became of a transaction. The object is used again by the next one. */
export interface TxnResult {
  readonly type: number;
  readonly err: number;
  readonly path: string | null;
  /** The znode created or changed, NO_ROW if none; valid until the next transaction. */
  readonly row: Row;
  /** Of a multi, in order; otherwise null. None of PreparedCreates and PreparedSets, whose parts all have succeeded. */
  readonly parts: readonly TxnPartResult[] | null;
  /** Of PreparedSets: the Stat after each part, 68 bytes, one behind the other; valid until the next transaction. */
  readonly partStats: DataView;
}

class Result implements TxnResult {
  txn: Txn = NO_TXN;
  err = 0;
  row: Row = NO_ROW;
  parts: readonly TxnPartResult[] | null = null;
  partStats = NO_STATS;

  get type(): number {
    return this.txn.type;
  }

  get path(): string | null {
    return this.txn.type === OpCode.multi ? null : pathOf(this.txn);
  }
}

const NO_STATS = new DataView(new ArrayBuffer(0));
const NO_PARTS: readonly TxnPartResult[] = [];
const NO_TXN: Txn = { type: OpCode.error, err: 0 };

/** Applies transactions to one tree. */
export class TxnApplier {
  private readonly state: TreeState;
  readonly nodes: NodeChanges;
  private readonly creates: RecordedCreatesReplay;
  private readonly result = new Result();
  /** The Stats of the parts of a multi, one behind the other. */
  private stats = new Uint8Array(PARTS_EXPECTED * STAT_SIZE);
  /** The same as words, and as a view. */
  private statWords = new Int32Array(this.stats.buffer);
  private statsView = new DataView(this.stats.buffer);
  private statsEnd = 0;

  constructor(state: TreeState, reservations: Reservations) {
    this.state = state;
    this.nodes = new NodeChanges(state, reservations);
    this.creates = new RecordedCreatesReplay(state, reservations, this.nodes);
  }

  /** Applies a transaction; see DataTree.apply. */
  apply(header: TxnHeader, txn: Txn, digest: TxnDigest | undefined): TxnResult {
    const { state, result, nodes } = this;
    state.aclTable.forgetRetired();
    const zxidLow = nodes.begin(header);
    result.txn = txn;
    result.parts = null;
    if (txn.type === OpCode.multi) {
      result.parts = this.applyMulti(header.clientId, txn);
      result.err = firstErr(result.parts);
      nodes.row = NO_ROW;
    } else {
      result.err = this.applyOne(header.clientId, txn);
    }
    result.row = nodes.row;
    this.end(header, zxidLow, digest);
    return result;
  }

  /** Applies what is no transaction of the history; see DataTree.applyAside. */
  applyAside(header: TxnHeader, txn: Exclude<Txn, MultiTxn>): void {
    this.state.aclTable.forgetRetired();
    this.nodes.begin(header);
    this.applyOne(header.clientId, txn);
  }

  /** Applies a multi that is replayed. */
  replayCreates(header: TxnHeader, creates: RecordedCreates, digest: TxnDigest | undefined): void {
    this.state.aclTable.forgetRetired();
    const zxidLow = this.nodes.begin(header);
    this.creates.run(creates);
    this.end(header, zxidLow, digest);
  }

  private end(header: TxnHeader, zxidLow: number, digest: TxnDigest | undefined): void {
    const { state } = this;
    if (header.zxid > state.lastProcessedZxid) state.lastProcessedZxid = header.zxid;
    state.digest.afterTxn(header.zxid, zxidLow);
    if (digest !== undefined) state.digest.compare(header.zxid, digest);
  }

  private applyOne(clientId: SessionId, txn: Exclude<Txn, MultiTxn>): number {
    const { state, nodes } = this;
    if (txn instanceof PreparedCreate) return nodes.createPrepared(txn);
    if (txn instanceof PreparedSetData) return nodes.setPrepared(txn);
    if (txn instanceof PreparedDelete) return nodes.deletePrepared(txn);
    switch (txn.type) {
      case OpCode.create:
      case OpCode.create2: {
        const owner = txn.ephemeral ? clientId : SESSION_ID_ZERO;
        const isRecorded = txn instanceof RecordedCreate;
        const err = isRecorded
          ? nodes.createRecorded(txn, owner)
          : nodes.create(txn.path, txn, owner);
        // Of all creates only this one is repeated, as in Java.
        if (err === ErrorCode.nodeExists && txn.type === OpCode.create) {
          nodes.repeatCreate(txn.path, txn.parentCVersion);
        }
        return err;
      }
      case OpCode.createContainer:
        return nodes.create(txn.path, txn, CONTAINER_EPHEMERAL_OWNER);
      case OpCode.createTTL: {
        const owner = ttlToEphemeralOwner(txn.ttl);
        return owner === null ? ErrorCode.badArguments : nodes.create(txn.path, txn, owner);
      }
      case OpCode.delete:
      case OpCode.deleteContainer:
        return nodes.delete(txn.path);
      case OpCode.setData:
      case OpCode.reconfig:
        return nodes.setData(txn.path, txn.data, txn.version);
      case OpCode.setACL:
        return nodes.setAcl(txn.path, txn.acl, txn.version);
      case OpCode.createSession:
        state.sessions.set(clientId, txn.timeOut);
        return ErrorCode.ok;
      case OpCode.closeSession:
        nodes.closeSession(clientId, txn.paths2Delete);
        state.sessions.delete(clientId);
        return ErrorCode.ok;
      case OpCode.error:
        return txn.err;
      case OpCode.check:
        return ErrorCode.ok;
      default:
        return unreachable(txn);
    }
  }

  /** A multi with an error among its parts changes nothing; the parts behind the error become runtimeInconsistency. */
  private applyMulti(clientId: SessionId, multi: MultiTxn): readonly TxnPartResult[] {
    if (multi instanceof PreparedCreates) {
      this.nodes.createAllPrepared(multi);
      return NO_PARTS;
    }
    this.statsEnd = 0;
    if (multi instanceof PreparedSets) {
      this.applySets(multi);
      return NO_PARTS;
    }
    const parts: TxnPartResult[] = [];
    const isRefused = multi.txns.some((txn) => txn.type === OpCode.error);
    let isBehindError = false;
    for (const txn of multi.txns) {
      if (isRefused) {
        const code = isBehindError ? ErrorCode.runtimeInconsistency : ErrorCode.ok;
        const err = txn.type === OpCode.error ? txn.err : code;
        if (txn.type === OpCode.error) isBehindError = true;
        parts.push(new RefusedPart(OpCode.error, err));
      } else {
        parts.push(this.applyPart(clientId, txn));
      }
    }
    return parts;
  }

  /** A later part may set the same znode again: each Stat is kept as it is between the two. */
  private applySets(multi: PreparedSets): void {
    this.makeRoomForStats(multi.count * STAT_SIZE);
    for (let index = 0; index < multi.count; index++) {
      this.nodes.setPreparedPart(multi, index);
      this.keepStat(this.nodes.row);
    }
    this.result.partStats = this.statsView;
  }

  private applyPart(clientId: SessionId, txn: Txn): TxnPartResult {
    if (txn.type === OpCode.multi) {
      return new RefusedPart(txn.type, ErrorCode.unimplemented);
    }
    const { nodes } = this;
    nodes.row = NO_ROW;
    const err = this.applyOne(clientId, txn);
    const hasStat = nodes.row !== NO_ROW && err === ErrorCode.ok && isStatWanted(txn);
    const statAt = hasStat ? this.keepStat(nodes.row) : -1;
    return new Part(txn, err, this.stats, statAt);
  }

  /** Copies the Stat of a row to the others; returns where it is. Parts from before a growth keep the old array. */
  private keepStat(row: Row): number {
    const at = this.statsEnd;
    this.makeRoomForStats(at + STAT_SIZE);
    this.statsEnd = at + STAT_SIZE;
    this.state.copyStatWords(row, this.statWords, at >> 2);
    return at;
  }

  private makeRoomForStats(size: number): void {
    if (size <= this.stats.length) return;
    this.stats = new Uint8Array(Math.max(size, this.stats.length * 2));
    this.statWords = new Int32Array(this.stats.buffer);
    this.statsView = new DataView(this.stats.buffer);
  }
}

/** Most creates are answered with the path alone, and their Stats are not worth a copy. */
function isStatWanted(txn: Txn): boolean {
  return !(txn instanceof PreparedCreate) || txn.isAnsweredWithStat;
}

function firstErr(parts: readonly TxnPartResult[]): number {
  for (const { err } of parts) if (err !== ErrorCode.ok) return err;
  return ErrorCode.ok;
}

function pathOf(txn: Txn): string | null {
  return 'path' in txn ? txn.path : null;
}
