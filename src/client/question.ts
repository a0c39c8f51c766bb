/*
 * Questions: what is asked of a server and how the answer is read, for what several operations of ZooKeeper ask in the same way. Here
 * arguments are checked, paths get the chroot, and nothing is sent: that does SessionClient.ask.
 */

import { OPEN_ACL_UNSAFE } from '../jute/data.ts';
import { OpCode, WatcherType } from '../jute/op-code.ts';
import type { JuteReader } from '../jute/reader.ts';
import {
  writeCreateRequest,
  writeCreateTTLRequest,
  writePathKindRequest,
  writePathWatchRequest,
} from '../jute/requests.ts';
import type { JuteWriter } from '../jute/writer.ts';
import { validateACL, validateWatcher } from './checks.ts';
import type { CreateOptions, Data, RequestOptions, WatchOptions } from './operations.ts';
import { bytesOf, createType, isSequential } from './operations.ts';
import type { Chroot } from './path.ts';
import { validatePath } from './path.ts';
import type { WatchRegistration } from './watch-registry.ts';

/** A request, and how its answer is read. */
export interface Question<T> {
  readonly type: number;
  /** As the caller named it. */
  readonly path: string | null;
  readonly write: (writer: JuteWriter) => void;
  readonly read: (reader: JuteReader) => T;
  readonly options: RequestOptions;
  readonly registration?: WatchRegistration | null;
}

/** Reads an answer in which nothing is. */
export const nothing = (): void => {};

/** A path as the server names it. Raises TypeError for one that is none. */
export function onServer(root: Chroot, path: string): string {
  validatePath(path);
  return root.toServer(path);
}

/** Asks for a new znode. Raises TypeError and RangeError for arguments that no server could take. */
export function creating<T>(
  root: Chroot,
  path: string,
  data: Data,
  options: CreateOptions,
  plain: typeof OpCode.create | typeof OpCode.create2,
  read: (reader: JuteReader) => T,
): Question<T> {
  validatePath(path, isSequential(options.mode ?? 'persistent'));
  const { type, flags, ttl } = createType(options, plain);
  const { acl = OPEN_ACL_UNSAFE } = options;
  validateACL(acl);
  const request = { path: root.toServer(path), data: bytesOf(data), acl, flags };
  const write = (writer: JuteWriter): void => {
    if (type === OpCode.createTTL) writeCreateTTLRequest(writer, { ...request, ttl });
    else writeCreateRequest(writer, request);
  };
  return { type, path, write, read, options };
}

/** Asks with nothing but a path. */
export function naming<T>(
  root: Chroot,
  type: number,
  path: string,
  read: (reader: JuteReader) => T,
  options: RequestOptions,
): Question<T> {
  const serverPath = onServer(root, path);
  return { type, path, write: (writer) => writer.writeString(serverPath), read, options };
}

/** Asks for what stands at a path, and leaves a one-shot watch where `options` have one. */
export function reading<T>(
  root: Chroot,
  type: number,
  kind: 'exists' | 'data' | 'children',
  path: string,
  read: (reader: JuteReader) => T,
  options: WatchOptions,
): Question<T> {
  const serverPath = onServer(root, path);
  const { watch } = options;
  if (watch !== undefined) validateWatcher(watch);
  return {
    type,
    path,
    write: (writer) =>
      writePathWatchRequest(writer, { path: serverPath, watch: watch !== undefined }),
    read,
    options,
    registration: watch === undefined ? null : { kind, path: serverPath, watcher: watch },
  };
}

/** Asks about watches of this connection, or for their removal. */
export function aboutWatches(
  root: Chroot,
  type: typeof OpCode.removeWatches | typeof OpCode.checkWatches,
  path: string,
  kind: keyof typeof WatcherType,
  read: () => void,
  options: RequestOptions,
): Question<void> {
  const serverPath = onServer(root, path);
  const write = (writer: JuteWriter): void =>
    writePathKindRequest(writer, { path: serverPath, kind: WatcherType[kind] });
  return { type, path, write, read, options };
}
