/*
 * The responses to writes, encoded from what applying the transaction has given
 * (Java: FinalRequestProcessor, the cases of transactions).
 */

import type { DataTree, TxnPartResult, TxnResult } from '../../datatree/data-tree.ts';
import { viewOfRange } from '../../jute/byte-range.ts';
import { STAT_SIZE } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { readMultiOps, writeMultiEnd, writeMultiHeader } from '../../jute/multi.ts';
import { OpCode } from '../../jute/op-code.ts';
import { PreparedCreates } from '../../jute/prepared-creates.ts';
import { PreparedSets } from '../../jute/prepared-sets.ts';
import { PreparedTxn } from '../../jute/prepared-txn.ts';
import { JuteReader } from '../../jute/reader.ts';
import type { Txn } from '../../jute/txn.ts';
import type { JuteWriter } from '../../jute/writer.ts';
import type { Request } from './request.ts';

/** Appends the response to `request`; `result` is what apply() has just returned and was no error. */
export function writeResponse(
  out: JuteWriter,
  request: Request,
  result: TxnResult,
  tree: DataTree,
): void {
  switch (request.type) {
    case OpCode.create:
      writePath(out, request.txn, result);
      return;
    case OpCode.create2:
    case OpCode.createTTL:
    case OpCode.createContainer:
      writePath(out, request.txn, result);
      writeStatOf(out, result, tree);
      return;
    case OpCode.setData:
    case OpCode.setACL:
      writeStatOf(out, result, tree);
      return;
    case OpCode.multi:
      writeMultiResponse(out, request, result);
      return;
    default:
      // delete and closeSession have no response.
      return;
  }
}

function writeStatOf(out: JuteWriter, result: TxnResult, tree: DataTree): void {
  const at = out.reserve(STAT_SIZE);
  tree.copyStat(result.row, out.bufferView, at);
}

/** The path of a create, without making a string of it where it still has the bytes. */
function writePath(
  out: JuteWriter,
  txn: Txn | null | undefined,
  result: { readonly path: string | null },
): void {
  if (txn instanceof PreparedTxn) txn.writePath(out);
  else out.writeString(result.path);
}

function writeMultiResponse(out: JuteWriter, request: Request, result: TxnResult): void {
  const { txn } = request;
  if (txn instanceof PreparedCreates || txn instanceof PreparedSets) {
    txn.writeResults(out, result.partStats);
    writeMultiEnd(out);
    return;
  }
  const parts = result.parts ?? [];
  const types = txn === null ? typesOf(request) : request.multiTypes;
  const txns = txn?.type === OpCode.multi ? txn.txns : [];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index] as TxnPartResult;
    if (part.type === OpCode.error) writeErrorPart(out, part.err);
    else writePart(out, part, txns[index], types?.[index] ?? part.type);
  }
  writeMultiEnd(out);
}

/** The op codes that were asked for, where another server has prepared the multi. */
function typesOf(request: Request): readonly number[] {
  return readMultiOps(new JuteReader(viewOfRange(request.body))).map((op) => op.type);
}

function writeErrorPart(out: JuteWriter, err: number): void {
  writeMultiHeader(out, { type: OpCode.error, done: false, err });
  out.writeInt(err);
}

/** A container or TTL znode is answered as a create2, which is what a client knows how to read. */
function writePart(
  out: JuteWriter,
  part: TxnPartResult,
  txn: Txn | undefined,
  askedType: number,
): void {
  const type = isCreateWithStat(askedType) ? OpCode.create2 : askedType;
  writeMultiHeader(out, { type, done: false, err: ErrorCode.ok });
  if (type === OpCode.create || type === OpCode.create2) writePath(out, txn, part);
  if (type === OpCode.create2 || type === OpCode.setData) part.writeStat(out);
}

function isCreateWithStat(type: number): boolean {
  return type === OpCode.create2 || type === OpCode.createContainer || type === OpCode.createTTL;
}
