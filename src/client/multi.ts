/*
 * Several operations in one request: Multi changes the tree as a whole or not at all (Java: Transaction), MultiRead reads several
 * znodes at one moment. Both are builders that know the types of their results:
 *
 *     const [path, stat] = await zk.multi().create('/a', 'x').setData('/b', 'y').commit();
 */

import type { Stat } from '../jute/data.ts';
import { OPEN_ACL_UNSAFE } from '../jute/data.ts';
import { ErrorCode } from '../jute/error-code.ts';
import type { MultiGet, MultiResult, MultiWriteOp } from '../jute/multi.ts';
import { readMultiResults, writeMultiOps } from '../jute/multi.ts';
import { OpCode } from '../jute/op-code.ts';
import type { JuteReader } from '../jute/reader.ts';
import { JuteError } from '../jute/reader.ts';
import type { JuteWriter } from '../jute/writer.ts';
import { validateACL, validateInt } from './checks.ts';
import { errorOf, type ZooKeeperError } from './errors.ts';
import type { CreateParts, Data, DataResult, RequestOptions } from './operations.ts';
import { bytesOf, copied, createType, isSequential, present, presentAll } from './operations.ts';
import type { Chroot } from './path.ts';
import { validatePath } from './path.ts';

/** Sends the request of a builder. */
export type SendMulti = <T>(
  type: typeof OpCode.multi | typeof OpCode.multiRead,
  write: (writer: JuteWriter) => void,
  read: (reader: JuteReader) => T,
  options: RequestOptions,
) => Promise<T>;

/** Where a builder sends to. */
export interface MultiTarget {
  readonly chroot: Chroot;
  readonly send: SendMulti;
}

type Decode = (result: MultiResult) => unknown;

/** A znode that a multi has created. */
export interface MultiCreateResult {
  readonly path: string;
  readonly stat: Stat | null;
}

/**
 * A change of several znodes as a whole. Its methods return the same object, so that it can be filled in a loop. They raise TypeError
 * and RangeError as those of ZooKeeper reject, and leave it as it was then.
 */
export class Multi<Results extends readonly unknown[]> {
  readonly #target: MultiTarget;
  readonly #ops: MultiWriteOp[] = [];
  readonly #paths: string[] = [];
  readonly #decoders: Decode[] = [];

  constructor(target: MultiTarget) {
    this.#target = target;
  }

  /** How many parts it has. */
  get count(): number {
    return this.#ops.length;
  }

  /** Creates a znode; gives its path. */
  create(path: string, data: Data = null, parts: CreateParts = {}): Multi<[...Results, string]> {
    return this.#create(path, data, parts, OpCode.create, (result) => this.#pathOf(result));
  }

  /** Creates a znode; gives its path and its Stat, which servers before 3.9 do not tell here (ZOOKEEPER-4026): null. */
  create2(
    path: string,
    data: Data = null,
    parts: CreateParts = {},
  ): Multi<[...Results, MultiCreateResult]> {
    return this.#create(path, data, parts, OpCode.create2, (result) => ({
      path: this.#pathOf(result),
      stat: result.type === OpCode.create2 ? result.stat : null,
    }));
  }

  /** Deletes a znode without children; gives undefined. */
  delete(path: string, version = -1): Multi<[...Results, undefined]> {
    const op = { type: OpCode.delete, path: this.#on(path), version } as const;
    validateInt('version', version);
    return this.#append(path, op, nothing);
  }

  /** Demands that a znode is there, and has the version unless it is -1; gives undefined. */
  check(path: string, version = -1): Multi<[...Results, undefined]> {
    const op = { type: OpCode.check, path: this.#on(path), version } as const;
    validateInt('version', version);
    return this.#append(path, op, nothing);
  }

  /** Replaces the data of a znode; gives its Stat. */
  setData(path: string, data: Data, version = -1): Multi<[...Results, Stat]> {
    const op = {
      type: OpCode.setData,
      path: this.#on(path),
      data: bytesOf(data),
      version,
    } as const;
    validateInt('version', version);
    return this.#append(path, op, (result) => {
      if (result.type !== OpCode.setData) throw unexpected(result);
      return result.stat;
    });
  }

  /**
   * Does all of it, and gives the results of the parts in their order. When a part is refused nothing is done, and the error is the
   * one of that part: its class, its path, and the results of all parts in `results`.
   */
  async commit(options: RequestOptions = {}): Promise<Results> {
    const ops = [...this.#ops];
    // A server answers a multi without parts, but there is nothing to tell it (Java: ZooKeeper.multiInternal).
    const results =
      ops.length === 0
        ? []
        : await this.#target.send(
            OpCode.multi,
            (writer) => writeMultiOps(writer, ops),
            readMultiResults,
            options,
          );
    // The builder's type has grown by one with each part, as the list of results has.
    return this.#read(results) as readonly unknown[] as Results;
  }

  #read(results: readonly MultiResult[]): unknown[] {
    const refused = results.findIndex(isRefused);
    if (refused >= 0) throw this.#refusal(results, refused);
    if (results.length !== this.#decoders.length) {
      throw new JuteError(`${results.length} results of ${this.#decoders.length} parts`);
    }
    return results.map((result, index) => this.#decoders[index]?.(result));
  }

  #refusal(results: readonly MultiResult[], index: number): ZooKeeperError {
    const error = errorOf(codeOf(results[index]), this.#paths[index] ?? null);
    error.results = results;
    return error;
  }

  #create<T>(
    path: string,
    data: Data,
    parts: CreateParts,
    plain: typeof OpCode.create | typeof OpCode.create2,
    decode: (result: MultiResult) => T,
  ): Multi<[...Results, T]> {
    validatePath(path, isSequential(parts.mode ?? 'persistent'));
    const { acl = OPEN_ACL_UNSAFE } = parts;
    validateACL(acl);
    const op: MultiWriteOp = {
      ...createType(parts, plain),
      path: this.#target.chroot.toServer(path),
      data: bytesOf(data),
      acl,
    };
    return this.#append(path, op, decode);
  }

  #append<T>(
    path: string,
    op: MultiWriteOp,
    decode: (result: MultiResult) => T,
  ): Multi<[...Results, T]> {
    this.#ops.push(op);
    this.#paths.push(path);
    this.#decoders.push(decode);
    // The same object, which from now on has one more result.
    return this as unknown as Multi<[...Results, T]>;
  }

  #on(path: string): string {
    validatePath(path);
    return this.#target.chroot.toServer(path);
  }

  #pathOf(result: MultiResult): string {
    if (result.type !== OpCode.create && result.type !== OpCode.create2) throw unexpected(result);
    return this.#target.chroot.toClient(present(result.path));
  }
}

/** One result of a MultiRead: what was read, or why not. */
export type ReadOutcome<T> =
  | { readonly value: T; readonly error: null }
  | { readonly value: null; readonly error: ZooKeeperError };

/** Several znodes read at one moment, in one request. A part that cannot be read does not keep the others from it. */
export class MultiRead<Results extends readonly unknown[]> {
  readonly #target: MultiTarget;
  readonly #ops: MultiGet[] = [];
  readonly #decoders: Decode[] = [];

  constructor(target: MultiTarget) {
    this.#target = target;
  }

  /** Reads the data of a znode. */
  getData(path: string): MultiRead<[...Results, ReadOutcome<DataResult>]> {
    return this.#append(path, OpCode.getData, (result) => {
      if (result.type !== OpCode.getData) throw unexpected(result);
      return { data: copied(result.data), stat: result.stat };
    });
  }

  /** Reads the names of the children of a znode. */
  getChildren(path: string): MultiRead<[...Results, ReadOutcome<readonly string[]>]> {
    return this.#append(path, OpCode.getChildren, (result) => {
      if (result.type !== OpCode.getChildren) throw unexpected(result);
      return presentAll(result.children);
    });
  }

  /** Reads all of it, and gives what came of each part, in their order. */
  async commit(options: RequestOptions = {}): Promise<Results> {
    const ops = [...this.#ops];
    const results =
      ops.length === 0
        ? []
        : await this.#target.send(
            OpCode.multiRead,
            (writer) => writeMultiOps(writer, ops),
            (reader) =>
              readMultiResults(reader).map((result, index) => this.#decoders[index]?.(result)),
            options,
          );
    // As in Multi.commit.
    return results as readonly unknown[] as Results;
  }

  #append<T>(
    path: string,
    type: MultiGet['type'],
    decode: (result: MultiResult) => T,
  ): MultiRead<[...Results, ReadOutcome<T>]> {
    validatePath(path);
    this.#ops.push({ type, path: this.#target.chroot.toServer(path), watch: false });
    this.#decoders.push((result) =>
      result.type === OpCode.error
        ? { value: null, error: errorOf(result.err, path) }
        : { value: decode(result), error: null },
    );
    // As in Multi.
    return this as unknown as MultiRead<[...Results, ReadOutcome<T>]>;
  }
}

const nothing = (): undefined => undefined;

function isRefused(result: MultiResult): boolean {
  return codeOf(result) !== ErrorCode.ok;
}

function codeOf(result: MultiResult | undefined): number {
  return result?.type === OpCode.error ? result.err : ErrorCode.ok;
}

function unexpected(result: MultiResult): JuteError {
  return new JuteError(`a result of type ${result.type} where another belongs`);
}
