/*
 * `zk-server/client`: a client for Apache ZooKeeper and for this server. What the package exports (package.json).
 */

export type { ACL, Id, Stat } from '../jute/data.ts';
export { OPEN_ACL_UNSAFE } from '../jute/data.ts';
export { ErrorCode, errorName } from '../jute/error-code.ts';
export type { SessionId, Zxid } from '../jute/int64.ts';
export { toHex, toSessionId, toZxid } from '../jute/int64.ts';
export type { MultiResult } from '../jute/multi.ts';
export { AddWatchMode, CreateMode, EventType, Perms, WatcherType } from '../jute/op-code.ts';
export * from './acl.ts';
export type { ServerAddress } from './connection-string.ts';
export * from './errors.ts';
export { type KeyStore, KeyStoreError, keyStoreTls } from './key-stores.ts';
export type { Multi, MultiCreateResult, MultiRead, ReadOutcome } from './multi.ts';
export type {
  ACLResult,
  ChildrenResult,
  CreateModeName,
  CreateOptions,
  CreateParts,
  CreateResult,
  Data,
  DataResult,
  Identity,
  ReconfigOptions,
  RequestOptions,
  VersionOptions,
  WatchOptions,
} from './operations.ts';
export { MAX_TTL_MS } from './operations.ts';
export { childOf, nameOf, parentOf, validatePath } from './path.ts';
export { Barrier, type BarrierOptions, DoubleBarrier } from './recipes/barrier.ts';
export { Counter, type CounterOptions } from './recipes/counter.ts';
export { LeaderElection, type LeaderElectionOptions } from './recipes/leader-election.ts';
export { type AcquireOptions, type HeldLock, Lock, type LockOptions } from './recipes/lock.ts';
export { type PutOptions, Queue, type QueueItem } from './recipes/queue.ts';
export { ReadWriteLock } from './recipes/read-write-lock.ts';
export { type CachedNode, TreeCache, type TreeCacheEvents } from './recipes/tree-cache.ts';
export { retryOnLoss } from './retry.ts';
export type { SaslCredentials } from './sasl-digest-md5.ts';
export type { SessionCredentials, SessionState } from './session-effects.ts';
export {
  type DeleteRecursiveOptions,
  deleteRecursive,
  type EnsurePathOptions,
  ensurePath,
  walk,
} from './tree.ts';
export type { WatchedEvent, Watcher, WatchSelection } from './watch-registry.ts';
export type { WatchStream, WatchStreamOptions } from './watch-stream.ts';
export { ZooKeeper } from './zookeeper.ts';
export type {
  CloseOptions,
  RemoveWatchesOptions,
  ZooKeeperEvents,
  ZooKeeperOptions,
} from './zookeeper-options.ts';
