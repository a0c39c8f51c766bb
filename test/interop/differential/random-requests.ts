/*
 * Random requests for the tests: every op code of the client protocol with arguments of every sort that a client can send,
 * good and bad. Left out is what makes Apache ZooKeeper 3.8.0 itself misbehave, so that nothing can be compared:
 * - createTTL with the flags of a znode that has no TTL and a negative ttl: the transaction throws in DataTree.processTxn,
 *   and the server ends (EphemeralType.TTL.toEphemeralOwner);
 * - quota limits and stats that are no numbers, or null: StatsTrack throws in DataTree.updateQuotaStat, likewise;
 * - `check` outside of multi, which writes a transaction that corrupts the database (ZOOKEEPER-2623);
 * - createSession as a request, which answers with a second handshake;
 * - a watch on a null path, which WatcherModeManager cannot remove again.
 */

import type { Random } from '../../harness/random.ts';
import * as requests from '../../harness/requests.ts';
import { type Acl, Op, openAcl, type WireString } from '../../harness/requests.ts';
import { badAcls, goodAcls, limits, show, showAcl } from './arguments.ts';
import { PathPool } from './paths.ts';
import type { Request } from './world.ts';

/** What requests may be about. */
export interface RequestOptions {
  /**
   * Without it, nothing is asked that makes Java log a digest which it then finds to be wrong itself: a create of another
   * kind than its op code's, whose digest is made for the kind that the flags name; and a multi that fails to be read (-5)
   * behind a part that was prepared, whose digest then stands behind the error.
   */
  readonly falsifying?: boolean;
  /** Whether znodes below /r have restricted ACLs. */
  readonly restricted?: boolean;
  /** Whether quotas are set. */
  readonly quotas?: boolean;
}

/** Makes random requests. */
export class RequestMaker {
  readonly paths: PathPool;
  readonly #random: Random;
  readonly #mayFalsify: boolean;
  readonly #quotas: boolean;
  #isPipeline = false;
  /** A zxid of the recent past, for setWatches. */
  lastZxid = 0n;

  constructor(random: Random, options: RequestOptions = {}) {
    const { falsifying = true, restricted = true, quotas = true } = options;
    this.#random = random;
    this.#mayFalsify = falsifying;
    this.#quotas = quotas;
    this.paths = new PathPool(random, restricted);
  }

  /**
   * Not among requests that are sent at once either: a multi that Java fails to read half-way (-5) leaves what its first parts
   * would have changed among its outstanding changes, until it is done, and what comes behind is prepared against that.
   */
  get #falsifying(): boolean {
    return this.#mayFalsify && !this.#isPipeline;
  }

  /**
   * Several requests to be sent at once. Auth is not among them: Java answers it ahead of what is still in its pipeline.
   * Neither is setACL: what comes behind it is checked against the old ACL until it is applied (the ChangeRecord keeps that).
   */
  pipeline(slot: number): Request[] {
    const count = 2 + this.#random.below(10);
    this.#isPipeline = true;
    this.paths.withoutQuotas = true;
    const made = Array.from({ length: count }, () => this.request(slot));
    this.paths.withoutQuotas = false;
    this.#isPipeline = false;
    return made;
  }

  /** A request of one of the op codes, now and then with its body cut short. */
  request(slot: number): Request {
    const made = this.#random.weighted<() => Request>([
      [22, () => this.#create()],
      [11, () => this.#delete()],
      [12, () => this.#setData()],
      [8, () => this.#multi()],
      [3, () => this.#multiRead()],
      [this.#isPipeline ? 0 : 5, () => this.#setACL()],
      [30, () => this.#read(slot)],
      [9, () => this.#watch(slot)],
      [2, () => this.#setWatches(slot)],
      [this.#isPipeline || !this.#quotas ? 0 : 3, () => this.#quota()],
      [4, () => this.#rare()],
    ])();
    // A reconfig that is cut short gets no zxid in Java, since it is read before it is given one.
    if (made.op === Op.reconfig || !this.#random.chance(0.004) || made.body.length === 0)
      return made;
    const cut = this.#random.below(made.body.length);
    return {
      ...made,
      body: made.body.subarray(0, cut),
      label: `${made.label} cut to ${cut} bytes`,
    };
  }

  #data(): Buffer | null {
    const random = this.#random;
    if (random.chance(0.05)) return null;
    return random.bytes(random.chance(0.02) ? random.below(5_000) : random.below(24));
  }

  #version(): number {
    const random = this.#random;
    if (random.chance(0.6)) return -1;
    return random.chance(0.95) ? random.below(4) : random.pick([-2, 2_147_483_647, -2_147_483_648]);
  }

  #acl(path: WireString): readonly Acl[] | null {
    const random = this.#random;
    if (random.chance(0.03)) {
      const acl = random.pick(badAcls);
      return this.#falsifying || acl?.every(({ id }) => id !== null) ? acl : [];
    }
    if (typeof path === 'string' && this.paths.isRestricted(path) && random.chance(0.5)) {
      return random.pick(goodAcls);
    }
    return openAcl;
  }

  #create(): Request {
    const random = this.#random;
    const path = this.paths.any();
    const data = this.#data();
    const acl = this.#acl(path);
    const flags = random.weighted([
      [12, 0],
      [5, 1],
      [3, 2],
      [3, 3],
      [1, 4],
      [1, 5],
      [1, 6],
      [1, random.pick([7, 8, -1, 255, 2_147_483_647])],
    ]);
    const op = random.weighted([
      [5, Op.create],
      [5, Op.create2],
      [2, Op.createContainer],
      [2, Op.createTTL],
    ]);
    if (op === Op.createTTL) return this.#createTTL(path, data, acl);
    const odd = random.chance(0.2);
    const plain = flags >= 4 && flags <= 6 && !this.#falsifying ? 0 : flags;
    const kind = op === Op.createContainer && !(odd && this.#falsifying) ? 4 : plain;
    const name = op === Op.create ? 'create' : op === Op.create2 ? 'create2' : 'createContainer';
    return {
      op,
      body: requests.create(path, data, kind, acl),
      label: `${name} ${show(path)} ${data?.length ?? 'null'} bytes flags=${kind} acl=${showAcl(acl)}`,
    };
  }

  #createTTL(path: WireString, data: Buffer | null, acl: readonly Acl[] | null): Request {
    const random = this.#random;
    const flags = random.pick([5, 5, 5, 6, 6, 0, 1, 4, 9]);
    const hasTTL = flags === 5 || flags === 6;
    const ttl = hasTTL
      ? random.pick([3_600_000n, 1n, 0n, -1n, 0xffffffffffn, 0x10000000000n, -(1n << 63n)])
      : random.pick([0n, 1n, 3_600_000n]);
    return {
      op: Op.createTTL,
      body: requests.createTTL(path, data, flags, ttl, acl),
      label: `createTTL ${show(path)} flags=${flags} ttl=${ttl} acl=${showAcl(acl)}`,
    };
  }

  #delete(): Request {
    const path = this.paths.any();
    const version = this.#version();
    return {
      op: Op.delete,
      body: requests.pathAndInt(path, version),
      label: `delete ${show(path)} version=${version}`,
    };
  }

  #setData(): Request {
    const path = this.paths.any();
    const data = this.#data();
    const version = this.#version();
    return {
      op: Op.setData,
      body: requests.setData(path, data, version),
      label: `setData ${show(path)} ${data?.length ?? 'null'} bytes version=${version}`,
    };
  }

  #setACL(): Request {
    const path = this.#random.chance(0.5) ? this.#restrictedPath() : this.paths.any();
    const acl = this.#acl(path);
    const version = this.#version();
    return {
      op: Op.setACL,
      body: requests.setACL(path, acl, version),
      label: `setACL ${show(path)} ${showAcl(acl)} version=${version}`,
    };
  }

  #restrictedPath(): string {
    return this.#random.pick(['/r', '/r/a', '/r/b', '/r/a/a', '/r/a/b', '/r/b/a']);
  }

  #multi(): Request {
    const random = this.#random;
    const count = random.below(6);
    this.paths.withoutNull = true;
    const ops = Array.from({ length: count }, () => this.#multiOp());
    // A read among writes is refused as a whole ("Mixing different kind of ops").
    if (random.chance(0.02)) ops.push(this.#readOp());
    if (random.chance(0.02)) ops.push({ op: 99, body: Buffer.alloc(0), label: 'op 99' });
    this.paths.withoutNull = false;
    return {
      op: Op.multi,
      body: requests.multi(ops),
      label: `multi [${ops.map((op) => op.label).join('; ')}]`,
    };
  }

  #multiOp(): Request {
    const random = this.#random;
    return random.weighted<() => Request>([
      [6, () => this.#create()],
      [4, () => this.#delete()],
      [4, () => this.#setData()],
      [
        3,
        () => {
          const path = this.paths.any();
          const version = this.#version();
          return {
            op: Op.check,
            body: requests.pathAndInt(path, version),
            label: `check ${show(path)} version=${version}`,
          };
        },
      ],
    ])();
  }

  #readOp(): Request {
    const path = this.paths.any();
    const op = this.#random.pick([Op.getData, Op.getChildren]);
    return {
      op,
      body: requests.pathAndWatch(path, false),
      label: `${op === Op.getData ? 'getData' : 'getChildren'} ${show(path)}`,
    };
  }

  #multiRead(): Request {
    const random = this.#random;
    const ops = Array.from({ length: random.below(6) }, () => this.#readOp());
    if (random.chance(0.02)) ops.push(this.#delete());
    return {
      op: Op.multiRead,
      body: requests.multi(ops),
      label: `multiRead [${ops.map((op) => op.label).join('; ')}]`,
    };
  }

  #read(slot: number): Request {
    const random = this.#random;
    const path = this.paths.any();
    const [op, name] = random.weighted<readonly [number, string]>([
      [5, [Op.exists, 'exists']],
      [5, [Op.getData, 'getData']],
      [3, [Op.getChildren, 'getChildren']],
      [5, [Op.getChildren2, 'getChildren2']],
      [4, [Op.getACL, 'getACL']],
      [2, [Op.getAllChildrenNumber, 'getAllChildrenNumber']],
    ]);
    if (op === Op.getACL || op === Op.getAllChildrenNumber) {
      return { op, body: requests.pathOnly(path), label: `${name} ${show(path)}` };
    }
    const watch = random.chance(0.5) && this.paths.watchKind(slot, path) === 'standard';
    if (watch && typeof path === 'string') this.paths.noteWatch(path);
    return {
      op,
      body: requests.pathAndWatch(path, watch),
      label: `${name} ${show(path)}${watch ? ' and watch' : ''}`,
    };
  }

  /** addWatch, removeWatches or checkWatches, of the kind that the session may have on the path. */
  #watch(slot: number): Request {
    const random = this.#random;
    const path = random.chance(0.5) ? this.paths.watched() : this.paths.good();
    const kind = this.paths.watchKind(slot, path);
    if (random.chance(0.5)) {
      this.paths.noteWatch(path);
      const mode = random.chance(0.03) ? random.pick([2, -1, 99]) : kind === 'recursive' ? 1 : 0;
      if (kind === 'persistent' || kind === 'recursive' || mode > 1 || mode < 0) {
        return {
          op: Op.addWatch,
          body: requests.pathAndInt(path, mode),
          label: `addWatch ${show(path)} mode=${mode}`,
        };
      }
    }
    const op = random.pick([Op.removeWatches, Op.removeWatches, Op.checkWatches]);
    // Children (1) and Data (2) take a persistent watch away by halves in 3.8, and not at all from 3.9 on
    // (ZOOKEEPER-4472); Any (3) means the same in both.
    const type =
      kind === 'standard' && random.chance(0.6)
        ? random.pick([1, 2])
        : random.pick([3, 3, 3, 3, 3, 3, 3, 3, 0, 9]);
    return {
      op,
      body: requests.pathAndInt(path, type),
      label: `${op === Op.checkWatches ? 'checkWatches' : 'removeWatches'} ${show(path)} type=${type}`,
    };
  }

  #setWatches(slot: number): Request {
    const random = this.#random;
    const some = (kinds: readonly string[]): string[] =>
      Array.from({ length: random.below(4) }, () => this.paths.good()).filter((path) =>
        kinds.includes(this.paths.watchKind(slot, path)),
      );
    const back = BigInt(random.below(60));
    const zxid = this.lastZxid > back ? this.lastZxid - back : 0n;
    const standard = [some(['standard']), some(['standard']), some(['standard'])];
    const more = random.chance(0.5);
    const lists = more ? [...standard, some(['persistent']), some(['recursive'])] : standard;
    const broken = random.chance(0.02) ? [null, ...lists.slice(1)] : lists;
    return {
      op: more ? Op.setWatches2 : Op.setWatches,
      xid: -8,
      body: requests.setWatches(zxid, broken),
      label: `${more ? 'setWatches2' : 'setWatches'} since ${zxid} ${JSON.stringify(broken)}`,
    };
  }

  /** Creates, changes or takes away a quota, as zkCli's setquota does. */
  #quota(): Request {
    const random = this.#random;
    const of = random.pick(['/q', '/q', '/q/a', '/q/a/a', '/q/b']);
    const folder = `/zookeeper/quota${of}`;
    const limit = Buffer.from(random.pick(limits));
    const node = random.pick(['zookeeper_limits', 'zookeeper_stats']);
    return random.weighted<() => Request>([
      [2, () => this.#plainCreate(folder, Buffer.alloc(0))],
      [4, () => this.#plainCreate(`${folder}/zookeeper_limits`, limit)],
      [4, () => this.#plainCreate(`${folder}/zookeeper_stats`, Buffer.from('count=-1,bytes=-1'))],
      [
        2,
        () => ({
          op: Op.setData,
          body: requests.setData(`${folder}/zookeeper_limits`, limit),
          label: `setData ${folder}/zookeeper_limits ${limit}`,
        }),
      ],
      [
        2,
        () => ({
          op: Op.delete,
          body: requests.pathAndInt(random.chance(0.3) ? folder : `${folder}/${node}`, -1),
          label: `delete ${folder} or its ${node}`,
        }),
      ],
      [
        4,
        () => ({
          op: Op.getData,
          body: requests.pathAndWatch(`${folder}/${node}`),
          label: `getData ${folder}/${node}`,
        }),
      ],
    ])();
  }

  #plainCreate(path: string, data: Buffer): Request {
    return { op: Op.create, body: requests.create(path, data), label: `create ${path} ${data}` };
  }

  /** Op codes without much to vary. */
  #rare(): Request {
    const random = this.#random;
    const path = this.paths.any();
    const none = Buffer.alloc(0);
    return random.weighted<() => Request>([
      [3, () => ({ op: Op.sync, body: requests.pathOnly(path), label: `sync ${show(path)}` })],
      [3, () => ({ op: Op.ping, xid: -2, body: none, label: 'ping' })],
      [3, () => ({ op: Op.whoAmI, body: none, label: 'whoAmI' })],
      [
        3,
        () => {
          const prefix = random.pick([path, '/', '', ' / ', null, '/a']);
          return {
            op: Op.getEphemerals,
            body: requests.pathOnly(prefix),
            label: `getEphemerals ${show(prefix)}`,
          };
        },
      ],
      [
        1,
        () => ({
          op: Op.reconfig,
          body: requests.reconfig('server.2=a:1:2;3', null),
          label: 'reconfig',
        }),
      ],
      // A client cannot ask for it: Java takes the whole request, header and all, for the path.
      [
        1,
        () => ({
          op: Op.deleteContainer,
          body: requests.pathOnly(path),
          label: `deleteContainer ${show(path)}`,
        }),
      ],
    ])();
  }
}
