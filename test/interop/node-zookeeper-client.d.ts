/*
 * The part of node-zookeeper-client (npm) that the test uses; the package brings no types of its own.
 */
declare module 'node-zookeeper-client' {
  import type { EventEmitter } from 'node:events';

  interface Failure extends Error {
    getCode(): number;
  }
  interface Stat {
    readonly version: number;
    readonly cversion: number;
    readonly aversion: number;
    readonly dataLength: number;
    readonly numChildren: number;
  }
  interface Event {
    getType(): number;
    getName(): string;
    getPath(): string;
  }
  type Watcher = (event: Event) => void;
  type Done<T extends unknown[]> = (error: Failure | null, ...results: T) => void;

  class Id {
    constructor(scheme: string, id: string);
  }
  class ACL {
    constructor(permission: number, id: Id);
    static readonly OPEN_ACL_UNSAFE: readonly ACL[];
    readonly permission: number;
    readonly id: { readonly scheme: string; readonly id: string };
  }

  interface Transaction {
    create(path: string, data?: Buffer): this;
    setData(path: string, data: Buffer, version?: number): this;
    check(path: string, version?: number): this;
    remove(path: string, version?: number): this;
    commit(
      done: Done<
        [readonly { readonly type: number; readonly path?: string; readonly err?: number }[]]
      >,
    ): void;
  }

  interface Client extends EventEmitter {
    connect(): void;
    close(): void;
    getSessionId(): Buffer;
    getSessionTimeout(): number;
    addAuthInfo(scheme: string, auth: Buffer): void;
    create(
      path: string,
      data: Buffer,
      acl: readonly ACL[],
      mode: number,
      done: Done<[string]>,
    ): void;
    mkdirp(path: string, done: Done<[string]>): void;
    exists(path: string, watcher: Watcher, done: Done<[Stat | null]>): void;
    getData(path: string, watcher: Watcher, done: Done<[Buffer, Stat]>): void;
    setData(path: string, data: Buffer, version: number, done: Done<[Stat]>): void;
    getChildren(path: string, watcher: Watcher, done: Done<[string[], Stat]>): void;
    getACL(path: string, done: Done<[readonly ACL[], Stat]>): void;
    setACL(path: string, acl: readonly ACL[], version: number, done: Done<[Stat]>): void;
    remove(path: string, version: number, done: Done<[undefined]>): void;
    transaction(): Transaction;
  }

  function createClient(hosts: string, options?: { readonly sessionTimeout?: number }): Client;
  const Permission: { readonly ALL: number; readonly READ: number };
  const CreateMode: {
    readonly PERSISTENT: number;
    readonly EPHEMERAL: number;
    readonly PERSISTENT_SEQUENTIAL: number;
    readonly EPHEMERAL_SEQUENTIAL: number;
  };
}
