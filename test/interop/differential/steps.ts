/*
 * Random steps for a differential test: every op code of the client protocol with arguments of every sort that a client
 * can send, good and bad. Left out is what makes Apache ZooKeeper 3.8.0 itself misbehave, so that nothing can be compared:
 * - createTTL with the flags of a znode that has no TTL and a negative ttl: the transaction throws in DataTree.processTxn,
 *   and the server ends (EphemeralType.TTL.toEphemeralOwner);
 * - quota limits and stats that are no numbers, or null: StatsTrack throws in DataTree.updateQuotaStat, likewise;
 * - `check` outside of multi, which writes a transaction that corrupts the database (ZOOKEEPER-2623);
 * - createSession as a request, which answers with a second handshake;
 * - a watch on a null path, which WatcherModeManager cannot remove again.
 */
import { createHash } from 'node:crypto';
import type { Random } from '../../harness/random.ts';
import * as requests from '../../harness/requests.ts';
import { type Acl, Op, openAcl, type WireString } from '../../harness/requests.ts';
import { PathPool } from './paths.ts';
import type { Request, Step } from './world.ts';

const users = ['ann:1', 'bob:2', 'eve:3'];

const digest = (user: string): string =>
  `${user.split(':')[0]}:${createHash('sha1').update(user).digest('base64')}`;

/** The super user of the differential test's servers; its digest goes into zoo.cfg. */
export const superUser = 'super:secret';
/** The value of DigestAuthenticationProvider.superDigest for it. */
export const superDigest = digest(superUser);

const goodAcls: readonly (readonly Acl[])[] = [
  [{ perms: 31, scheme: 'auth', id: '' }],
  [{ perms: 31, scheme: 'digest', id: digest('ann:1') }],
  [
    { perms: 31, scheme: 'digest', id: digest('bob:2') },
    { perms: 1, scheme: 'world', id: 'anyone' },
  ],
  [{ perms: 17, scheme: 'world', id: 'anyone' }],
  [{ perms: 1, scheme: 'world', id: 'anyone' }],
  [{ perms: 0, scheme: 'world', id: 'anyone' }],
  [{ perms: 4, scheme: 'digest', id: digest('ann:1') }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.1' }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.0/8' }],
  [{ perms: 31, scheme: 'ip', id: '10.0.0.0/8' }],
  [
    { perms: 1, scheme: 'ip', id: '10.1.2.3' },
    { perms: 31, scheme: 'auth', id: 'ignored' },
  ],
  [...openAcl, ...openAcl],
  [{ perms: -1, scheme: 'world', id: 'anyone' }],
  [{ perms: 64, scheme: 'world', id: 'anyone' }],
];

const badAcls: readonly (readonly Acl[] | null)[] = [
  null,
  [],
  [{ perms: 31, scheme: 'world', id: 'nobody' }],
  [{ perms: 31, scheme: 'world', id: null }],
  [{ perms: 31, scheme: null, id: 'anyone' }],
  [{ perms: 31, scheme: '', id: '' }],
  [{ perms: 31, scheme: 'nosuch', id: 'x' }],
  [{ perms: 31, scheme: 'digest', id: 'no colon' }],
  [{ perms: 31, scheme: 'digest', id: 'a:b:c' }],
  [{ perms: 31, scheme: 'digest', id: null }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0' }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.1/33' }],
  [{ perms: 31, scheme: 'ip', id: '127.0.0.1/-1' }],
  [{ perms: 31, scheme: 'ip', id: '300.0.0.1' }],
  [{ perms: 31, scheme: 'ip', id: 'localhost' }],
  [{ perms: 31, scheme: 'ip', id: '' }],
  [{ perms: 31, scheme: 'super', id: 'x' }],
  [{ perms: 31, scheme: Buffer.from([0xff]), id: Buffer.from([0xc3, 0x28]) }],
  [...openAcl, { perms: 31, scheme: 'nosuch', id: 'x' }],
];

const limits = [
  'count=5,bytes=-1',
  // As zkCli 3.8 writes it, with an equals sign too many.
  'count=3,bytes=-1=;byteHardLimit=-1;countHardLimit=-1',
  'count=-1,bytes=60',
  'count=3,bytes=-1;byteHardLimit=100;countHardLimit=6',
  'count=2,bytes=20;byteHardLimit=40;countHardLimit=4',
  'count=-1,bytes=-1;byteHardLimit=-1;countHardLimit=-1',
];

const show = (value: WireString): string =>
  typeof value === 'string'
    ? JSON.stringify(value.length > 60 ? `${value.slice(0, 20)}…(${value.length})` : value)
    : value === null
      ? 'null'
      : `0x${Buffer.from(value).toString('hex')}`;

const showAcl = (acl: readonly Acl[] | null): string =>
  acl === null ? 'null' : acl.map((a) => `${a.perms}:${show(a.scheme)}:${show(a.id)}`).join('+');

/** Makes the steps of one run. */
export class StepMaker {
  readonly paths: PathPool;
  readonly #random: Random;
  readonly #slotCount: number;
  readonly #mayFalsify: boolean;
  readonly #quotas: boolean;
  #isPipeline = false;
  /** A zxid of the recent past, for setWatches. */
  lastZxid = 0n;

  /**
   * Without `falsifying`, nothing is asked that makes Java log a digest which it then finds to be wrong itself: a create of
   * another kind than its op code's, whose digest is made for the kind that the flags name; and a multi that fails to be read
   * (-5) behind a part that was prepared, whose digest then stands behind the error.
   */
  constructor(
    random: Random,
    slotCount: number,
    { falsifying = true, restricted = true, quotas = true } = {},
  ) {
    this.#random = random;
    this.#slotCount = slotCount;
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

  /** The next step. */
  next(): Step {
    const random = this.#random;
    const slot = random.below(this.#slotCount);
    return random.weighted<() => Step>([
      [880, () => ({ kind: 'requests', slot, requests: [this.request(slot)] })],
      [80, () => this.#pipeline(slot)],
      [8, () => ({ kind: 'close', slot, timeoutMs: 40_000 })],
      [12, () => ({ kind: 'reattach', slot, cut: random.chance(0.5) })],
      [12, () => this.#knock()],
      [8, () => ({ kind: 'requests', slot, requests: [this.#auth()] })],
      [3, () => ({ kind: 'requests', slot, requests: [this.#unknown()] })],
    ])();
  }

  /**
   * Several requests sent at once. Auth is not among them: Java answers it ahead of what is still in its pipeline. Neither is
   * setACL: what comes behind it is checked against the old ACL until it is applied (the ChangeRecord keeps that one).
   */
  #pipeline(slot: number): Step {
    const count = 2 + this.#random.below(10);
    this.#isPipeline = true;
    this.paths.withoutQuotas = true;
    const requests = Array.from({ length: count }, () => this.request(slot));
    this.paths.withoutQuotas = false;
    this.#isPipeline = false;
    return { kind: 'requests', slot, requests };
  }

  #knock(): Step {
    const random = this.#random;
    const readOnly = random.pick(['absent', 'no', 'no', 'yes']);
    const request = {
      protocolVersion: random.pick([0, 0, 1, -1]),
      lastZxidSeen: random.pick([0n, 0n, 0n, -1n, 1n << 40n]),
      timeoutMs: random.pick([-1, 0, 1, 4_000, 9_999, 40_000, 2_147_483_647, -2_147_483_648]),
      password: random.pick([
        Buffer.alloc(16),
        Buffer.alloc(16),
        Buffer.alloc(0),
        Buffer.alloc(17, 1),
        null,
        random.bytes(16),
      ]),
      readOnly: readOnly === 'absent' ? undefined : readOnly === 'yes',
      sessionId: random.pick([0n, 0n, 0n, 1n, -1n, 1n << 63n, 0x100000000000000n]),
    };
    const slot = random.chance(0.2) ? random.below(this.#slotCount) : null;
    const trailing = random.chance(0.1) ? random.bytes(1 + random.below(20)) : null;
    const shown = Object.entries(request).map(([key, value]) =>
      value instanceof Uint8Array ? `${key}=${value.length} bytes` : `${key}=${String(value)}`,
    );
    const label = `connect ${shown.join(' ')}${trailing === null ? '' : ' and more'}`;
    return { kind: 'knock', label, request, slot, trailing };
  }

  #unknown(): Request {
    const op = this.#random.pick([-1, 0, -12, 10, 23, 99, 108, 2_147_483_647, -2_147_483_648]);
    return { op, body: this.#random.bytes(this.#random.below(30)), label: `unknown op ${op}` };
  }

  #auth(): Request {
    const random = this.#random;
    const user = random.pick(users);
    const [scheme, credentials] = random.weighted<readonly [WireString, Buffer | null]>([
      [20, ['digest', Buffer.from(user)]],
      [4, ['digest', Buffer.from(superUser)]],
      [1, ['digest', Buffer.from('super:wrong')]],
      [1, ['digest', Buffer.from('no colon')]],
      [1, ['digest', Buffer.alloc(0)]],
      [1, ['digest', null]],
      [1, ['ip', Buffer.from('10.0.0.1')]],
      [1, ['world', Buffer.from('anyone')]],
      [1, ['nosuch', Buffer.from('x')]],
      [1, ['', Buffer.alloc(0)]],
    ]);
    return {
      op: Op.auth,
      xid: -4,
      body: requests.auth(scheme, credentials),
      label: `auth ${show(scheme)} ${credentials?.toString() ?? 'null'}`,
    };
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
