/*
 * Random transactions from a seed: `wild` ones may fail in any way; the others are what a server would write into its log, given the tree
 * that it has (a NaiveTree).
 */

import type { ACL } from '../../src/jute/data.ts';
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import type {
  CreateContainerTxn,
  CreateTTLTxn,
  CreateTxn,
  Txn,
  TxnHeader,
} from '../../src/jute/txn.ts';
import type { NaiveTree } from './naive-tree.ts';
import { parentPathOf } from './naive-tree.ts';

/** A stream of numbers that looks random (mulberry32). */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}

const NAMES = [
  'a',
  'b',
  'cc',
  'é',
  '名前',
  'node-0000000001',
  'a-name-of-more-than-thirty-two-bytes',
];
const SESSIONS = [0x1000_0000_0000_0001n, 0x1000_0000_0000_0002n, 3n] as SessionId[];
const SIZES = [0, 1, 7, 60, 100, 100, 101, 500, 600, 3000, 20_000];

export class RandomTxns {
  private readonly random: Random;
  private readonly naive: NaiveTree;
  private readonly isWild: boolean;
  private zxid = 0x1_0000_0000n;

  constructor(seed: number, naive: NaiveTree, options: { readonly isWild: boolean }) {
    this.random = new Random(seed);
    this.naive = naive;
    this.isWild = options.isWild;
  }

  /** The next transaction; the caller applies it to the naive tree before it asks again. */
  next(): { readonly header: TxnHeader; readonly txn: Txn } {
    const { random } = this;
    this.zxid += random.chance(3) ? 0x1_0000_0000n : 1n;
    const clientId = random.pick(SESSIONS);
    const txn = this.anyTxn(clientId);
    const time = 1_700_000_000_000 + random.below(1_000_000_000);
    const header = { clientId, cxid: 1, zxid: this.zxid as Zxid, time, type: txn.type };
    return { header, txn };
  }

  private anyTxn(session: SessionId): Txn {
    const { random } = this;
    const kind = random.below(100);
    if (kind < 38) return this.create();
    if (kind < 58) return this.delete();
    if (kind < 78) return this.setData();
    if (kind < 84) return this.setAcl();
    if (kind < 87) return { type: OpCode.createSession, timeOut: 1000 * random.below(60) };
    if (kind < 91) return this.closeSession(session);
    if (kind < 93) return { type: OpCode.error, err: -101 };
    if (kind < 94) return { type: OpCode.check, path: '/a', version: 0 };
    return this.multi();
  }

  /** Sets alone; in a wild one also creates and deletes, deletes first, so that none meets children. */
  private multi(): Txn {
    const { random } = this;
    const txns: Txn[] = [];
    for (let count = random.below(5); count >= 0; count--) txns.push(this.setData());
    if (this.isWild) {
      for (let count = random.below(3); count > 0; count--) this.addCreate(txns);
      for (let count = random.below(3); count > 0; count--) txns.unshift(this.delete());
    }
    if (random.chance(20))
      txns.splice(random.below(txns.length), 1, { type: OpCode.error, err: -103 });
    return { type: OpCode.multi, txns };
  }

  /** Not below what the same multi makes anew: that may be ephemeral by then, and no server gives one of these a child. */
  private addCreate(txns: Txn[]): void {
    const txn = this.create();
    const parent = parentPathOf(txn.path);
    const isParent = (other: Txn): boolean => 'parentCVersion' in other && other.path === parent;
    if (!txns.some(isParent)) txns.push(txn);
  }

  private create(): CreateTxn | CreateContainerTxn | CreateTTLTxn {
    const { random, naive } = this;
    let path = this.newPath();
    if (!this.isWild && naive.get(path) !== undefined) path = `${path}-${this.zxid}`;
    const parent = naive.parentOf(path);
    const cversion = (parent?.cversion ?? 0) + 1;
    const node = {
      path,
      data: this.data(),
      acl: this.acl(),
      parentCVersion: this.isWild ? random.pick([cversion, cversion, -1, cversion - 5]) : cversion,
    };
    const kind = random.below(10);
    if (kind === 0) return { type: OpCode.createContainer, ...node };
    if (kind === 1) return { type: OpCode.createTTL, ...node, ttl: 1n + BigInt(random.below(1e9)) };
    const type = random.pick([OpCode.create, OpCode.create2]);
    return { type, ...node, ephemeral: random.chance(25) };
  }

  private newPath(): string {
    const { random } = this;
    const parents = [...this.naive.nodes.keys()].filter(
      (path) =>
        !path.startsWith(this.isWild ? '/zookeeper/quota' : '/zookeeper') &&
        path.split('/').length < 5,
    );
    const parent = random.pick(parents);
    const isOwned = (this.naive.nodes.get(parent)?.owner ?? 0n) > 0n;
    const name = random.pick(NAMES);
    return isOwned ? `/${name}` : `${parent}/${name}`;
  }

  private delete(): Txn {
    const { random, naive } = this;
    const leaves = [...naive.nodes]
      .filter(([path, node]) => node.children.size === 0 && !path.startsWith('/zookeeper'))
      .map(([path]) => path)
      .filter((path) => path !== '');
    const path = random.pick(leaves);
    if (path === undefined || (this.isWild && random.chance(20))) {
      return this.isWild ? { type: OpCode.delete, path: '/nothing/here' } : this.create();
    }
    if (this.isWild && random.chance(10))
      return { type: OpCode.delete, path: `${parentPathOf(path)}/none` };
    return { type: random.pick([OpCode.delete, OpCode.deleteContainer]), path };
  }

  private setData(): Txn {
    const path = this.existingPath();
    const version = ((this.naive.get(path)?.version ?? 0) + 1) | 0;
    const type = this.random.chance(5) ? OpCode.reconfig : OpCode.setData;
    return { type, path, data: this.data(), version };
  }

  private setAcl(): Txn {
    const path = this.existingPath();
    return { type: OpCode.setACL, path, acl: this.acl(), version: this.random.below(1000) };
  }

  private existingPath(): string {
    if (this.isWild && this.random.chance(10)) return '/nothing';
    const paths = [...this.naive.nodes.keys()].filter((path) => !path.endsWith('zookeeper_stats'));
    return this.random.pick(paths) || '/';
  }

  private closeSession(session: SessionId): Txn {
    const owned = [...(this.naive.ephemerals.get(session) ?? [])];
    // Without the names, a replay over a fuzzy snapshot may miss the parents' pzxid: why ZOOKEEPER-3145 added them.
    const kind = this.isWild ? this.random.below(4) : 1;
    if (kind === 0) return { type: OpCode.closeSession, paths2Delete: null };
    if (kind === 2) return { type: OpCode.closeSession, paths2Delete: owned.slice(1) };
    if (kind === 3) return { type: OpCode.closeSession, paths2Delete: [...owned, '/none'] };
    return { type: OpCode.closeSession, paths2Delete: owned };
  }

  private data(): Buffer | null {
    const { random } = this;
    if (random.chance(10)) return null;
    const size = random.pick(SIZES) + random.below(9);
    return Buffer.alloc(size, `${random.below(1e6)}`);
  }

  private acl(): readonly ACL[] | null {
    const { random } = this;
    if (random.chance(20)) return null;
    if (random.chance(60)) return [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
    const id = { scheme: 'digest', id: `user${random.below(30)}:hash` };
    return [{ perms: 1 + random.below(31), id }];
  }
}

/** The two transactions that give `root` a quota, as setquota of the command line makes them. */
export function quotaTxns(root: string, naive: NaiveTree): Txn[] {
  const txns: Txn[] = [];
  let path = '/zookeeper/quota';
  const create = (of: string, text: string): void => {
    const cversion = naive.parentOf(of)?.cversion ?? 0;
    const data = Buffer.from(text);
    const parentCVersion = cversion + 1;
    txns.push({ type: OpCode.create, path: of, data, acl: null, ephemeral: false, parentCVersion });
  };
  for (const name of root.slice(1).split('/')) {
    path += `/${name}`;
    if (naive.get(path) === undefined) create(path, '');
  }
  create(`${path}/zookeeper_limits`, 'count=1000,bytes=-1');
  create(`${path}/zookeeper_stats`, 'count=0,bytes=0');
  const stats = txns.at(-1);
  if (stats?.type === OpCode.create) txns[txns.length - 1] = { ...stats, parentCVersion: -1 };
  return txns;
}
