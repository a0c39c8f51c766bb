/*
 * `zk-server/jute`: the whole wire and log format of ZooKeeper as values, for clients and tools.
 *
 * What the package exports (package.json). The rooms of this project import the single files instead.
 */

export * from './data.ts';
export * from './error-code.ts';
export * from './int64.ts';
export * from './multi.ts';
export * from './op-code.ts';
export * from './proto.ts';
export * from './reader.ts';
export * from './requests.ts';
export * from './responses.ts';
export * from './txn.ts';
export * from './writer.ts';
