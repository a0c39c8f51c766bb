/*
 * The records of multi and multiRead, which jute has no description for (Java: MultiOperationRecord, MultiResponse, Op).
 *
 * Both are a sequence of MultiHeader and record, closed by a MultiHeader with type -1 and done = true.
 */

import type { Stat } from './data.ts';
import { readStat, writeStat } from './data.ts';
import { CreateMode, OpCode } from './op-code.ts';
import type { JuteReader } from './reader.ts';
import { JuteError } from './reader.ts';
import type {
  CreateRequest,
  CreateTTLRequest,
  PathVersionRequest,
  PathWatchRequest,
  SetDataRequest,
} from './requests.ts';
import {
  readCreateRequest,
  readCreateTTLRequest,
  readPathVersionRequest,
  readPathWatchRequest,
  readSetDataRequest,
  writeCreateRequest,
  writeCreateTTLRequest,
  writePathVersionRequest,
  writePathWatchRequest,
  writeSetDataRequest,
} from './requests.ts';
import {
  readCreate2Response,
  readGetDataResponse,
  writeCreate2Response,
  writeGetDataResponse,
} from './responses.ts';
import { unreachable } from './unreachable.ts';
import type { JuteWriter } from './writer.ts';

/*
 * MultiHeader, 9 bytes
 *   type  int, op code; -1 at the end and for an error
 *   done  boolean
 *   err   int; -1 in requests
 */

/** Writes a MultiHeader. */
export function writeMultiHeader(
  writer: JuteWriter,
  header: { readonly type: number; readonly done: boolean; readonly err: number },
): void {
  writer.writeInt(header.type);
  writer.writeBoolean(header.done);
  writer.writeInt(header.err);
}

/** Writes the MultiHeader that closes a sequence. */
export function writeMultiEnd(writer: JuteWriter): void {
  writeMultiHeader(writer, { type: -1, done: true, err: -1 });
}

/** Part of a multi that creates a znode. */
export interface MultiCreate extends CreateRequest {
  readonly type:
    | typeof OpCode.create
    | typeof OpCode.create2
    | typeof OpCode.createContainer
    | typeof OpCode.createTTL;
  /** ms; -1 where the kind has none. */
  readonly ttl: bigint;
}

/** Part of a multi that deletes, or checks a version. */
export interface MultiPathVersion extends PathVersionRequest {
  readonly type: typeof OpCode.delete | typeof OpCode.check;
}

/** Part of a multi that sets data. */
export interface MultiSetData extends SetDataRequest {
  readonly type: typeof OpCode.setData;
}

/** Part of a multiRead. The watch flag is not looked at. */
export interface MultiGet extends PathWatchRequest {
  readonly type: typeof OpCode.getData | typeof OpCode.getChildren;
}

/** A part of a multi. */
export type MultiWriteOp = MultiCreate | MultiPathVersion | MultiSetData;

/** A part of a multi or multiRead request. */
export type MultiOp = MultiWriteOp | MultiGet;

/**
 * Reads the operations of a multi or a multiRead request.
 * Raises JuteError for a type that cannot be part of one, and where reading and writing parts are mixed (Java: Op.OpKind).
 */
export function readMultiOps(reader: JuteReader): MultiOp[] {
  const ops: MultiOp[] = [];
  for (;;) {
    const type = reader.readInt();
    const done = reader.readBoolean();
    reader.readInt();
    if (done) return ops;
    const op = readMultiOp(type, reader);
    const first = ops[0];
    if (first !== undefined && isMultiGet(first) !== isMultiGet(op)) {
      throw new JuteError('reading and writing operations in one multi');
    }
    ops.push(op);
  }
}

/** True for a part that belongs into a multiRead. */
export function isMultiGet(op: MultiOp): op is MultiGet {
  return op.type === OpCode.getData || op.type === OpCode.getChildren;
}

function readMultiOp(type: number, reader: JuteReader): MultiOp {
  switch (type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
      return multiCreate(type, readCreateRequest(reader));
    case OpCode.createTTL:
      return multiCreateTTL(readCreateTTLRequest(reader));
    case OpCode.delete:
    case OpCode.check:
      return { type, ...readPathVersionRequest(reader) };
    case OpCode.setData:
      return { type, ...readSetDataRequest(reader) };
    case OpCode.getData:
    case OpCode.getChildren:
      return { type, ...readPathWatchRequest(reader) };
    default:
      throw new JuteError(`op code ${type} in a multi`);
  }
}

/**
 * Inside a multi the flags decide what is created, not the op code (Java: Op.Create.getOpcode). A TTL mode without a TTL
 * keeps its op code: Java takes it for a createTTL and fails over it, but only if no part before it is refused.
 */
function multiCreate(
  type: typeof OpCode.create | typeof OpCode.create2 | typeof OpCode.createContainer,
  request: CreateRequest,
): MultiCreate {
  const plain = type === OpCode.create2 ? OpCode.create2 : OpCode.create;
  const kind = request.flags === CreateMode.container ? OpCode.createContainer : plain;
  const { path, data, acl, flags } = request;
  return { type: kind, path, data, acl, flags, ttl: -1n };
}

function multiCreateTTL(request: CreateTTLRequest): MultiCreate {
  if (isTTLMode(request.flags)) return { type: OpCode.createTTL, ...request };
  return multiCreate(OpCode.create, request);
}

/** True for the two create modes that carry a TTL. */
export function isTTLMode(flags: number): boolean {
  return flags === CreateMode.persistentWithTTL || flags === CreateMode.persistentSequentialWithTTL;
}

/** Writes the operations of a multi or a multiRead request. */
export function writeMultiOps(writer: JuteWriter, ops: readonly MultiOp[]): void {
  for (const op of ops) {
    writeMultiHeader(writer, { type: op.type, done: false, err: -1 });
    switch (op.type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
        writeCreateRequest(writer, op);
        break;
      case OpCode.createTTL:
        writeCreateTTLRequest(writer, { ...op });
        break;
      case OpCode.delete:
      case OpCode.check:
        writePathVersionRequest(writer, op);
        break;
      case OpCode.setData:
        writeSetDataRequest(writer, op);
        break;
      case OpCode.getData:
      case OpCode.getChildren:
        writePathWatchRequest(writer, op);
        break;
      default:
        unreachable(op);
    }
  }
  writeMultiEnd(writer);
}

/** One result of a multi or multiRead. In a multi that failed every result is an error (Java: OpResult). */
export type MultiResult =
  | { readonly type: typeof OpCode.create; readonly path: string | null }
  | { readonly type: typeof OpCode.create2; readonly path: string | null; readonly stat: Stat }
  | { readonly type: typeof OpCode.delete | typeof OpCode.check }
  | { readonly type: typeof OpCode.setData; readonly stat: Stat }
  | {
      readonly type: typeof OpCode.getChildren;
      readonly children: readonly (string | null)[] | null;
    }
  | { readonly type: typeof OpCode.getData; readonly data: Uint8Array | null; readonly stat: Stat }
  | { readonly type: typeof OpCode.error; readonly err: number };

/** Reads the response to a multi or multiRead. */
export function readMultiResults(reader: JuteReader): MultiResult[] {
  const results: MultiResult[] = [];
  for (;;) {
    const type = reader.readInt();
    const done = reader.readBoolean();
    reader.readInt();
    if (done) return results;
    results.push(readMultiResult(type, reader));
  }
}

function readMultiResult(type: number, reader: JuteReader): MultiResult {
  switch (type) {
    case OpCode.create:
      return { type, path: reader.readString() };
    case OpCode.create2:
      return { type, ...readCreate2Response(reader) };
    case OpCode.delete:
    case OpCode.check:
      return { type };
    case OpCode.setData:
      return { type, stat: readStat(reader) };
    case OpCode.getChildren:
      return { type, children: reader.readStrings() };
    case OpCode.getData:
      return { type, ...readGetDataResponse(reader) };
    case OpCode.error:
      return { type, err: reader.readInt() };
    default:
      throw new JuteError(`op code ${type} in the response to a multi`);
  }
}

/** Writes one result of a multi or multiRead, with its header. */
export function writeMultiResult(writer: JuteWriter, result: MultiResult): void {
  const err = result.type === OpCode.error ? result.err : 0;
  writeMultiHeader(writer, { type: result.type, done: false, err });
  switch (result.type) {
    case OpCode.create:
      writer.writeString(result.path);
      return;
    case OpCode.create2:
      writeCreate2Response(writer, result);
      return;
    case OpCode.delete:
    case OpCode.check:
      return;
    case OpCode.setData:
      writeStat(writer, result.stat);
      return;
    case OpCode.getChildren:
      writer.writeStrings(result.children);
      return;
    case OpCode.getData:
      writeGetDataResponse(writer, result);
      return;
    case OpCode.error:
      writer.writeInt(result.err);
      return;
    default:
      unreachable(result);
  }
}
