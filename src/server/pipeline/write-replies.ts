/*
 * The responses to writes, encoded from what applying the transaction has given
 * (Java: FinalRequestProcessor, the cases of transactions).
 */

import type { DataTree, TxnPartResult, TxnResult } from '../../datatree/data-tree.ts';
import { STAT_SIZE } from '../../jute/data.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { readMultiOps, writeMultiEnd, writeMultiHeader } from '../../jute/multi.ts';
import { OpCode } from '../../jute/op-code.ts';
import { JuteReader } from '../../jute/reader.ts';
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
      out.writeString(result.path);
      return;
    case OpCode.create2:
    case OpCode.createTTL:
    case OpCode.createContainer:
      out.writeString(result.path);
      writeStatOf(out, result, tree);
      return;
    case OpCode.setData:
    case OpCode.setACL:
      writeStatOf(out, result, tree);
      return;
    case OpCode.multi:
      writeMultiResponse(out, request, result.parts ?? []);
      return;
    default:
      // delete and closeSession have no response.
      return;
  }
}

function writeStatOf(out: JuteWriter, result: TxnResult, tree: DataTree): void {
  const at = out.reserve(STAT_SIZE);
  tree.copyStat(result.row, out.buffer, at);
}

function writeMultiResponse(
  out: JuteWriter,
  request: Request,
  parts: readonly TxnPartResult[],
): void {
  const types = request.multiTypes ?? typesOf(request);
  parts.forEach((part, index) => {
    if (part.type === OpCode.error) writeErrorPart(out, part.err);
    else writePart(out, part, types[index] ?? part.type);
  });
  writeMultiEnd(out);
}

/** The op codes that were asked for, where another server has prepared the multi. */
function typesOf(request: Request): readonly number[] {
  return readMultiOps(new JuteReader(request.body)).map((op) => op.type);
}

function writeErrorPart(out: JuteWriter, err: number): void {
  writeMultiHeader(out, { type: OpCode.error, done: false, err });
  out.writeInt(err);
}

/** A container or TTL znode is answered as a create2, which is what a client knows how to read. */
function writePart(out: JuteWriter, part: TxnPartResult, askedType: number): void {
  const type = isCreateWithStat(askedType) ? OpCode.create2 : askedType;
  writeMultiHeader(out, { type, done: false, err: ErrorCode.ok });
  if (type === OpCode.create || type === OpCode.create2) out.writeString(part.path);
  if ((type === OpCode.create2 || type === OpCode.setData) && part.stat !== null) {
    out.writeBytes(part.stat);
  }
}

function isCreateWithStat(type: number): boolean {
  return type === OpCode.create2 || type === OpCode.createContainer || type === OpCode.createTTL;
}
