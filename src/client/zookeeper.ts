/*
 * ZooKeeper: the client (Java: ZooKeeper, ZooKeeperAdmin). All operations as methods that return promises; what several of them ask
 * a server in the same way is in question.ts, how the client connects and ends in session-client.ts.
 *
 *     const zk = await ZooKeeper.connect('one:2181,two:2181,three:2181/my-app');
 *     await zk.create('/config', 'x');
 *     const { data, stat } = await zk.getData('/config');
 *     await zk.close();
 *
 * An operation that the server refuses rejects with the class of its error (NoNodeError, BadVersionError …). One whose
 * connection breaks before the answer rejects with ConnectionLossError: nobody can tell whether it was done. One
 * that waits for a connection goes on waiting until there is one, its timeout or signal ends it, or the session expires.
 */

import type { ACL, Stat } from '../jute/data.ts';
import { readStat } from '../jute/data.ts';
import { ErrorCode } from '../jute/error-code.ts';
import { AddWatchMode, OpCode, WatcherType } from '../jute/op-code.ts';
import type { JuteReader } from '../jute/reader.ts';
import {
  writePathKindRequest,
  writePathVersionRequest,
  writeSetACLRequest,
  writeSetDataRequest,
} from '../jute/requests.ts';
import { readCreate2Response, readGetACLResponse, readWhoAmIResponse } from '../jute/responses.ts';
import type { JuteWriter } from '../jute/writer.ts';
import {
  validateACL,
  validateInt,
  validateLong,
  validateName,
  validateServers,
  validateString,
  validateWatcher,
} from './checks.ts';
import { NoWatcherError } from './errors.ts';
import type { MultiTarget } from './multi.ts';
import { Multi, MultiRead } from './multi.ts';
import type {
  ACLResult,
  ChildrenResult,
  CreateOptions,
  CreateResult,
  Data,
  DataResult,
  Identity,
  ReconfigOptions,
  RequestOptions,
  VersionOptions,
  WatchOptions,
} from './operations.ts';
import {
  bytesOf,
  identityOf,
  present,
  readChildren,
  readData,
  readText,
  readTexts,
} from './operations.ts';
import { Chroot, validatePath } from './path.ts';
import { aboutWatches, creating, naming, nothing, onServer, reading } from './question.ts';
import { SessionClient } from './session-client.ts';
import type { Watcher } from './watch-registry.ts';
import type { WatchStreamOptions } from './watch-stream.ts';
import { WatchStream } from './watch-stream.ts';
import {
  clientSettings,
  DEFAULT_SESSION_TIMEOUT_MS,
  type RemoveWatchesOptions,
  type ZooKeeperOptions,
} from './zookeeper-options.ts';

const CONFIG_NODE = '/zookeeper/config';
/** For what is asked whatever the chroot. */
const WHOLE_TREE = new Chroot();
/** Of a reconfig that may change whatever configuration there is. */
const ANY_CONFIG = -1n;

/** A client of ZooKeeper. */
export class ZooKeeper extends SessionClient {
  readonly #multiTarget: MultiTarget;

  /**
   * Makes a client that begins to connect at once. Raises TypeError for a connection string that is none, that or RangeError for
   * options that make no sense.
   *
   * @param connectionString `host:port,host:port/chroot`; the port is 2181 where it is left out
   */
  constructor(connectionString: string, options: ZooKeeperOptions = {}) {
    super(clientSettings(connectionString, options));
    this.#multiTarget = {
      chroot: this.root,
      send: (type, write, read, requestOptions) =>
        this.ask({ type, path: null, write, read, options: requestOptions }),
    };
    for (const { scheme, auth } of options.auth ?? []) {
      // Whoever gives wrong credentials hears of it by the event authFailed.
      this.addAuth(scheme, auth).catch(() => {});
    }
  }

  /** A client that is connected. Rejects, and leaves nothing behind, if that does not come about within its session timeout. */
  static async connect(
    connectionString: string,
    options: ZooKeeperOptions & RequestOptions = {},
  ): Promise<ZooKeeper> {
    const zk = new ZooKeeper(connectionString, options);
    const timeoutMs = options.timeoutMs ?? options.sessionTimeoutMs ?? DEFAULT_SESSION_TIMEOUT_MS;
    try {
      await zk.connected({ signal: options.signal, timeoutMs });
      return zk;
    } catch (error) {
      zk.abandon();
      throw error;
    }
  }

  // --- Operations. Each rejects with TypeError or RangeError for arguments that no server could take, before anything is sent.

  /** Creates a znode and gives its path, which for a sequential one ends with its number. */
  async create(path: string, data: Data = null, options: CreateOptions = {}): Promise<string> {
    const read = (reader: JuteReader): string => this.root.toClient(readText(reader));
    return await this.ask(creating(this.root, path, data, options, OpCode.create, read));
  }

  /** Creates a znode and gives its path and its Stat. Servers have it from 3.5 on. */
  async create2(
    path: string,
    data: Data = null,
    options: CreateOptions = {},
  ): Promise<CreateResult> {
    const read = (reader: JuteReader): CreateResult => {
      const response = readCreate2Response(reader);
      return { path: this.root.toClient(present(response.path)), stat: response.stat };
    };
    return await this.ask(creating(this.root, path, data, options, OpCode.create2, read));
  }

  /** Deletes a znode that has no children. */
  async delete(path: string, options: VersionOptions = {}): Promise<void> {
    const serverPath = onServer(this.root, path);
    const { version = -1 } = options;
    validateInt('version', version);
    const write = (writer: JuteWriter): void =>
      writePathVersionRequest(writer, { path: serverPath, version });
    await this.ask({ type: OpCode.delete, path, write, read: nothing, options });
  }

  /** The Stat of a znode, or null where there is none; the watch hears of its creation as well. */
  async exists(path: string, options: WatchOptions = {}): Promise<Stat | null> {
    const question = reading(this.root, OpCode.exists, 'exists', path, readStat, options);
    return await this.ask(question, ErrorCode.noNode);
  }

  /** The data of a znode and its Stat. */
  async getData(path: string, options: WatchOptions = {}): Promise<DataResult> {
    return await this.ask(reading(this.root, OpCode.getData, 'data', path, readData, options));
  }

  /** Replaces the data of a znode and gives its new Stat. */
  async setData(path: string, data: Data, options: VersionOptions = {}): Promise<Stat> {
    const serverPath = onServer(this.root, path);
    const bytes = bytesOf(data);
    const { version = -1 } = options;
    validateInt('version', version);
    const write = (writer: JuteWriter): void =>
      writeSetDataRequest(writer, { path: serverPath, data: bytes, version });
    return await this.ask({ type: OpCode.setData, path, write, read: readStat, options });
  }

  /** The names of the children of a znode, in no order. */
  async getChildren(path: string, options: WatchOptions = {}): Promise<readonly string[]> {
    return await this.ask(
      reading(this.root, OpCode.getChildren, 'children', path, readTexts, options),
    );
  }

  /** The names of the children of a znode, and its Stat. */
  async getChildren2(path: string, options: WatchOptions = {}): Promise<ChildrenResult> {
    return await this.ask(
      reading(this.root, OpCode.getChildren2, 'children', path, readChildren, options),
    );
  }

  /** How many znodes there are below a znode, at any depth. Servers have it from 3.6 on. */
  async getAllChildrenNumber(path: string, options: RequestOptions = {}): Promise<number> {
    const read = (reader: JuteReader): number => reader.readInt();
    return await this.ask(naming(this.root, OpCode.getAllChildrenNumber, path, read, options));
  }

  /**
   * The paths of this session's ephemeral znodes that begin with a text: `/a` is the beginning of `/a/b` and of `/ab`, as it is for the
   * servers (Java: FinalRequestProcessor). Servers have it from 3.6 on.
   */
  async getEphemerals(prefix = '/', options: RequestOptions = {}): Promise<readonly string[]> {
    const read = (reader: JuteReader): readonly string[] =>
      readTexts(reader)
        .filter((path) => this.root.contains(path))
        .map((path) => this.root.toClient(path));
    return await this.ask(naming(this.root, OpCode.getEphemerals, prefix, read, options));
  }

  /** The access list of a znode, and its Stat. */
  async getACL(path: string, options: RequestOptions = {}): Promise<ACLResult> {
    const read = (reader: JuteReader): ACLResult => {
      const { acl, stat } = readGetACLResponse(reader);
      return { acl: present(acl), stat };
    };
    return await this.ask(naming(this.root, OpCode.getACL, path, read, options));
  }

  /** Replaces the access list of a znode and gives its new Stat. The version is the one of the list (aversion). */
  async setACL(path: string, acl: readonly ACL[], options: VersionOptions = {}): Promise<Stat> {
    const serverPath = onServer(this.root, path);
    const { version = -1 } = options;
    validateACL(acl);
    validateInt('version', version);
    const write = (writer: JuteWriter): void =>
      writeSetACLRequest(writer, { path: serverPath, acl, version });
    return await this.ask({ type: OpCode.setACL, path, write, read: readStat, options });
  }

  /** Resolves when the server has everything that the leader had committed when it was asked. */
  async sync(path = '/', options: RequestOptions = {}): Promise<void> {
    await this.ask(naming(this.root, OpCode.sync, path, nothing, options));
  }

  /** Begins a change of several znodes as a whole. */
  multi(): Multi<[]> {
    return new Multi(this.#multiTarget);
  }

  /** Begins to read several znodes at one moment. Servers have it from 3.6 on. */
  multiRead(): MultiRead<[]> {
    return new MultiRead(this.#multiTarget);
  }

  /**
   * Adds credentials to this and all later connections of the session, and resolves when the server has taken them.
   * Wrong ones are the end of the session for this client: AuthFailedError, for everything.
   *
   * @param auth for the scheme digest `user:password`
   */
  addAuth(scheme: string, auth: Uint8Array | string, options: RequestOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      validateString('scheme', scheme);
      const bytes = bytesOf(auth) ?? Buffer.alloc(0);
      const request = this.request(
        { type: OpCode.auth, path: null, write: () => {}, read: nothing, options },
        () => resolve(),
        reject,
      );
      if (request !== null) this.host.addAuth(scheme, bytes, request);
    });
  }

  /** Who this client is to the server. Servers have it from 3.7 on. */
  async whoAmI(options: RequestOptions = {}): Promise<readonly Identity[]> {
    const read = (reader: JuteReader): readonly Identity[] =>
      readWhoAmIResponse(reader).map(identityOf);
    return await this.ask({ type: OpCode.whoAmI, path: null, write: () => {}, read, options });
  }

  /** The servers of the ensemble, as /zookeeper/config has them, whatever the chroot. */
  async getConfig(options: WatchOptions = {}): Promise<DataResult> {
    const question = reading(WHOLE_TREE, OpCode.getData, 'data', CONFIG_NODE, readData, options);
    return await this.ask(question);
  }

  /** Changes the servers of the ensemble and gives the new configuration. */
  async reconfig(options: ReconfigOptions): Promise<DataResult> {
    validateServers('joining', options.joining);
    validateServers('leaving', options.leaving, true);
    validateServers('members', options.members);
    const fromConfig = options.fromConfig ?? ANY_CONFIG;
    validateLong('fromConfig', fromConfig);
    const list = (values: readonly (string | number)[] | undefined): string | null =>
      values === undefined ? null : values.join(',');
    const write = (writer: JuteWriter): void => {
      writer.writeString(list(options.joining));
      writer.writeString(list(options.leaving));
      writer.writeString(list(options.members));
      writer.writeLong(fromConfig);
    };
    return await this.ask({ type: OpCode.reconfig, path: null, write, read: readData, options });
  }

  // --- Watches.

  /**
   * Leaves a watch that stays: on a znode and its list of children, or on everything at and below a path
   * (`persistentRecursive`, which hears of each znode by itself). Servers have it from 3.6 on.
   *
   * What happens while there is no connection is not told; after it the watcher gets an event of type `none`.
   */
  async addWatch(
    path: string,
    mode: keyof typeof AddWatchMode,
    watcher: Watcher,
    options: RequestOptions = {},
  ): Promise<void> {
    const serverPath = onServer(this.root, path);
    validateName('mode', mode, AddWatchMode);
    validateWatcher(watcher);
    const write = (writer: JuteWriter): void =>
      writePathKindRequest(writer, { path: serverPath, kind: AddWatchMode[mode] });
    const registration = { kind: mode, path: serverPath, watcher };
    await this.ask({
      type: OpCode.addWatch,
      path,
      write,
      read: nothing,
      options,
      registration,
    });
  }

  /**
   * Removes watches of this client on a path. Each watcher that goes gets a last event (`dataWatchRemoved` …). Those whose own request
   * is not answered yet, or is made while the removal is under way, stay.
   * Rejects with NoWatcherError where there is none.
   */
  async removeWatches(path: string, options: RemoveWatchesOptions = {}): Promise<void> {
    const serverPath = onServer(this.root, path);
    const { kind = 'any', watcher = null, isLocal = false } = options;
    validateName('kind', kind, WatcherType);
    if (watcher !== null) validateWatcher(watcher);
    const { session } = this.host;
    const { watches } = session;
    if (!watches.has(serverPath, kind, watcher)) throw new NoWatcherError(path);
    const removal = session.isSettingWatch(serverPath)
      ? null
      : watches.serverRemoval(serverPath, kind, watcher);
    const remove = (): void => this.host.deliver(watches.remove(serverPath, kind, watcher));
    if (removal === null) {
      remove();
      return;
    }
    try {
      // As soon as the answer is read: the next one may leave a watch on the path that the server has set behind the removal.
      await this.ask(aboutWatches(this.root, OpCode.removeWatches, path, removal, remove, options));
    } catch (error) {
      if (!isLocal) throw error;
      remove();
    }
  }

  /** Whether the server has a watch of this client on a path. */
  async checkWatches(
    path: string,
    kind: keyof typeof WatcherType = 'any',
    options: RequestOptions = {},
  ): Promise<boolean> {
    validateName('kind', kind, WatcherType);
    try {
      await this.ask(aboutWatches(this.root, OpCode.checkWatches, path, kind, nothing, options));
      return true;
    } catch (error) {
      if (error instanceof NoWatcherError) return false;
      throw error;
    }
  }

  /**
   * The events of a path, one after the other: `for await (const event of zk.watch('/a', { mode: 'persistentRecursive' }))`.
   * The watch is removed when the loop is left. Expiry of the session ends it with SessionExpiredError, close() without an error.
   */
  watch(path: string, options: WatchStreamOptions): WatchStream {
    validatePath(path);
    const { mode } = options;
    if (mode !== 'data' && mode !== 'children') validateName('mode', mode, AddWatchMode);
    const stream = new WatchStream(this, path, options);
    if (this.host.session.isAlive) this.follow(stream);
    else stream.end(this.overError());
    return stream;
  }
}
