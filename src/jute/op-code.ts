/*
 * Op codes of requests and transactions (Java: ZooDefs.OpCode), create flags (CreateMode), permissions (ZooDefs.Perms),
 * watch events (Watcher.Event) and the xids that mean something by themselves (ClientCnxn).
 */

/** What a request or a transaction does. */
export const OpCode = {
  notification: 0,
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  createSession: -10,
  closeSession: -11,
  error: -1,
} as const;

/** One of the op codes above. */
export type OpCode = (typeof OpCode)[keyof typeof OpCode];

const opNames = new Map<number, string>(Object.entries(OpCode).map(([name, code]) => [code, name]));

/** The name of an op code for a log line, or `unknown <number>`. */
export function opName(type: number): string {
  return opNames.get(type) ?? `unknown ${type}`;
}

/** Values of `flags` in CreateRequest and CreateTTLRequest. */
export const CreateMode = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
  persistentWithTTL: 5,
  persistentSequentialWithTTL: 6,
} as const;

/** Permission bits of an ACL entry. */
export const Perms = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

/** `type` of a WatcherEvent. */
export const EventType = {
  none: -1,
  nodeCreated: 1,
  nodeDeleted: 2,
  nodeDataChanged: 3,
  nodeChildrenChanged: 4,
  dataWatchRemoved: 5,
  childWatchRemoved: 6,
  persistentWatchRemoved: 7,
} as const;

/** One of the event types above. */
export type EventType = (typeof EventType)[keyof typeof EventType];

/** `state` of a WatcherEvent: the only one a server sends. */
export const KEEPER_STATE_SYNC_CONNECTED = 3;

/** Xids that a client or a server uses for packets outside the sequence of requests. */
export const SpecialXid = { notification: -1, ping: -2, auth: -4, setWatches: -8 } as const;

/** `mode` of an AddWatchRequest (Java: ZooDefs.AddWatchModes). */
export const AddWatchMode = { persistent: 0, persistentRecursive: 1 } as const;

/** `type` of a CheckWatchesRequest or RemoveWatchesRequest (Java: Watcher.WatcherType; 4 and 5 since 3.9, ZOOKEEPER-4472). */
export const WatcherType = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
} as const;
