/*
 * Ledger: the one history that all replicas must have, as it comes to light: a transaction is entered when a replica shows it to clients
 * for the first time, or when a leader is established whose history holds it. Everything that any replica does is compared with it.
 *
 * The promises are those of the TLA+ specification (ZkV3_7_0.tla): Agreement, PrefixConsistency, TotalOrder, LocalPrimaryOrder,
 * GlobalPrimaryOrder, PrimaryIntegrity, Leadership; and that all trees are equal at equal zxids.
 */
import type { DataTree } from '../../src/datatree/data-tree.ts';
import type { SessionId, Zxid } from '../../src/jute/int64.ts';
import { toHex } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import type { Txn, TxnHeader } from '../../src/jute/txn.ts';
import { readTxn, writeTxn } from '../../src/jute/txn.ts';
import { JuteWriter } from '../../src/jute/writer.ts';
import { aclTextOf } from '../datatree/trees.ts';
import { TreeModel } from './tree-model.ts';
import { Violation } from './violation.ts';

/** A transaction as a tree has applied it. */
export interface AppliedTxn {
  readonly zxid: Zxid;
  /** Of header and record. */
  readonly hash: number;
  readonly clientId: SessionId;
  readonly cxid: number;
  readonly time: number;
  readonly type: number;
  readonly txn: Txn;
}

/** What the checkers know of one tree of a replica. */
export interface TreeHistory {
  readonly tree: DataTree;
  /** What was applied since the tree was loaded or received, oldest first. */
  readonly applied: AppliedTxn[];
  /** The zxid that it was loaded or received with, before anything was applied. */
  readonly base: bigint;
  /** Up to here the tree may show what comes later; null before it shows anything, where that is not known. */
  fuzzyThrough: bigint | null;
  /** How often the tree had another digest than the transaction said while it was allowed to. */
  toleratedMismatches: number;
}

/** A transaction that counts. */
export interface Entry extends AppliedTxn {
  /** The tree's digest behind it; null as long as no replica with a digest has shown it. */
  digest: bigint | null;
  /** When it was entered, in ms. */
  readonly enteredAt: number;
}

/** A transaction that some tree has applied, and the zxid that it was behind. */
interface Known {
  readonly one: AppliedTxn;
  readonly before: bigint;
}

/** After how many entries the trees are compared with the naive one, which has to be added up for it. */
const MODEL_EVERY = 16;

const writer = new JuteWriter(1024);

/** A transaction and the hash of it. It is a copy: what the tree is given may be views of buffers that are used again. */
export function applied(header: TxnHeader, txn: Txn): AppliedTxn {
  const { zxid, clientId, cxid, type, time } = header;
  writer.reset();
  writeTxn(writer, txn);
  const record = Buffer.from(writer.view());
  let hash = 0x811c9dc5 | 0;
  for (const word of [zxid, clientId, BigInt(cxid), BigInt(type), BigInt(time)]) {
    hash = Math.imul(hash ^ Number(BigInt.asIntN(32, word)), 0x01000193);
    hash = Math.imul(hash ^ Number(BigInt.asIntN(32, word >> 32n)), 0x01000193);
  }
  for (const byte of record) hash = Math.imul(hash ^ byte, 0x01000193);
  return { zxid, clientId, cxid, time, type, hash, txn: readTxn(type, new JuteReader(record)) };
}

function epochOf(zxid: bigint): bigint {
  return zxid >> 32n;
}

function counterOf(zxid: bigint): bigint {
  return zxid & 0xffffffffn;
}

function hex(zxid: bigint): string {
  return `0x${toHex(zxid)}`;
}

/** Whether a transaction is more than the trace of a request that was refused, or of a session that was closed twice. */
function changesSomething(txn: Txn): boolean {
  if (txn.type === OpCode.multi) return !txn.txns.some((part) => part.type === OpCode.error);
  return txn.type !== OpCode.error && txn.type !== OpCode.closeSession;
}

/** The committed history. */
export class Ledger {
  readonly entries: Entry[] = [];
  readonly model = new TreeModel();
  private readonly indexes = new Map<bigint, number>();
  /** Requests that were carried out, by session and cxid. */
  private readonly requests = new Map<string, Entry>();
  /** The last request of each session that did something. */
  private readonly lastCxids = new Map<SessionId, number>();
  /** Every transaction that any tree has applied, and the zxid that it was behind. */
  private readonly known = new Map<bigint, Known>();
  /** The last transaction when an epoch began, by the zxid of its beginning. */
  private readonly epochStarts = new Map<bigint, bigint>();
  /** Who has led each epoch. */
  private readonly leaders = new Map<number, number>();
  private readonly now: () => number;
  /** How many machines have a transaction on their disks, voters all of them, and how many have to. */
  quorum: (zxid: bigint) => { readonly count: number; readonly needed: number } = () => ({
    count: 0,
    needed: 0,
  });
  /** Hears of each new entry. */
  onEntry: (entry: Entry) => void = () => undefined;

  constructor(now: () => number) {
    this.now = now;
  }

  get last(): Entry | undefined {
    return this.entries.at(-1);
  }

  get lastZxid(): bigint {
    return this.last?.zxid ?? 0n;
  }

  get epochCount(): number {
    return this.leaders.size;
  }

  entryAt(zxid: bigint): Entry | undefined {
    const index = this.indexes.get(zxid);
    return index === undefined ? undefined : this.entries[index];
  }

  /** What a request has become; undefined where it was not carried out, or not yet. */
  entryOf(session: bigint, cxid: number): Entry | undefined {
    return this.requests.get(`${session}/${cxid}`);
  }

  // ---- what replicas do

  /** A tree has applied a transaction, for clients to see or not. */
  noted({ applied: list, base }: TreeHistory): void {
    const one = list.at(-1);
    if (one !== undefined) this.note(one, list.at(-2)?.zxid ?? base);
  }

  /** A tree was read from disk: what is in it is what was written. */
  recovered({ applied: list, base }: TreeHistory): void {
    for (const [index, one] of list.entries()) this.note(one, list[index - 1]?.zxid ?? base);
  }

  private note(one: AppliedTxn, before: bigint): void {
    const known = this.known.get(one.zxid);
    if (known === undefined) this.known.set(one.zxid, { one, before });
    else this.mustBeKnown(one, before, known);
  }

  /** Whatever counts or does not: there is one transaction with a zxid, and it is behind one other. */
  private mustBeKnown(one: AppliedTxn, before: bigint, known: Known): void {
    if (known.one.hash !== one.hash) {
      throw new Violation('Agreement', `there are two transactions ${hex(one.zxid)}`);
    }
    const [here, there] = [this.txnAt(before), this.txnAt(known.before)];
    // What was before the beginning of an epoch is known once that has a leader.
    if (here === there || counterOf(here) === 0n || counterOf(there) === 0n) return;
    throw new Violation(
      'PrefixConsistency',
      `${hex(one.zxid)} is found behind ${hex(here)} and behind ${hex(there)}`,
    );
  }

  /** A leader is established: all of its history counts from now on. */
  established(sid: number, epoch: number, history: TreeHistory): void {
    const other = this.leaders.get(epoch);
    if (other !== undefined) {
      throw new Violation('Leadership', `${sid} and ${other} both lead epoch ${epoch}`);
    }
    const isOvertaken = [...this.leaders.keys()].some((newer) => newer > epoch);
    this.leaders.set(epoch, sid);
    const { tree, applied: list } = history;
    const last = list.at(-1)?.zxid ?? tree.lastProcessedZxid;
    if (isOvertaken) this.mustBeHeld(epoch, last);
    else for (const one of this.missing(sid, epoch, last)) this.enter(one, null);
    for (const one of list) this.compare(sid, one);
    this.epochStarts.set(BigInt(epoch) << 32n, this.txnAt(last));
  }

  /**
   * A leader hears late that a quorum has its history: some of those have begun a newer epoch since. It can commit nothing any more, but
   * what it has was on a quorum before, and the leaders of newer epochs must have it.
   */
  private mustBeHeld(epoch: number, last: bigint): void {
    const zxid = this.txnAt(last);
    if (zxid === 0n || this.entryAt(zxid) !== undefined) return;
    throw new Violation(
      'PrimaryIntegrity',
      `a newer epoch than ${epoch} was established without ${hex(zxid)}, which that one's quorum has`,
    );
  }

  /** What a leader's history has behind the last entry, which it must hold (PrimaryIntegrity, and what was acknowledged is not lost). */
  private missing(sid: number, epoch: number, last: bigint): AppliedTxn[] {
    const found: AppliedTxn[] = [];
    let zxid = this.txnAt(last);
    while (zxid > this.lastZxid) {
      const known = this.known.get(zxid);
      if (known === undefined) break;
      found.push(known.one);
      zxid = this.txnAt(known.before);
    }
    if (zxid === this.lastZxid) return found.reverse();
    throw new Violation(
      'PrimaryIntegrity',
      `${sid} leads epoch ${epoch} with a history that ends with ${hex(last)} and does not hold ${hex(this.lastZxid)}, which was committed`,
    );
  }

  /** The transaction that a zxid stands for: of one that begins an epoch, the last that its leader had. */
  txnAt(zxid: bigint): bigint {
    return this.epochStarts.get(zxid) ?? zxid;
  }

  private compare(sid: number, one: AppliedTxn): void {
    const entry = this.entryAt(one.zxid);
    if (entry === undefined) {
      throw new Violation(
        'TotalOrder',
        `${sid} has ${hex(one.zxid)}, which nobody else has, before ${hex(this.lastZxid)}`,
      );
    }
    if (entry.hash !== one.hash) {
      throw new Violation('Agreement', `${sid} has another transaction at ${hex(one.zxid)}`);
    }
  }

  /** A replica shows a transaction to its clients. */
  delivered(sid: number, history: TreeHistory): void {
    const { tree, applied: list } = history;
    const one = list.at(-1);
    if (one === undefined) return;
    const before = this.txnAt(list.at(-2)?.zxid ?? history.base);
    if (this.lastZxid >= one.zxid) history.fuzzyThrough ??= this.lastZxid;
    history.fuzzyThrough ??= one.zxid;
    const index = this.indexes.get(one.zxid);
    if (index === undefined) {
      if (one.zxid < this.lastZxid) this.compare(sid, one);
      this.mustFollow(sid, one, before, this.last);
      this.enter(one, tree.treeDigest);
    } else {
      this.compare(sid, one);
      this.mustFollow(sid, one, before, this.entries[index - 1]);
    }
    this.compareDigest(sid, history, one.zxid);
  }

  private mustFollow(
    sid: number,
    one: AppliedTxn,
    before: bigint,
    expected: Entry | undefined,
  ): void {
    if (before === (expected?.zxid ?? 0n)) return;
    throw new Violation(
      'PrefixConsistency',
      `${sid} shows ${hex(one.zxid)} behind ${hex(before)}, ` +
        `others behind ${expected === undefined ? 'nothing' : hex(expected.zxid)}`,
    );
  }

  private compareDigest(sid: number, history: TreeHistory, zxid: bigint): void {
    const { tree } = history;
    const entry = this.entryAt(zxid);
    if (entry === undefined) return;
    if (zxid <= (history.fuzzyThrough ?? 0n)) {
      history.toleratedMismatches = tree.digestMismatchCount;
      return;
    }
    if (tree.digestMismatchCount > history.toleratedMismatches) {
      throw new Violation('StateAgreement', `${sid} itself sees another digest at ${hex(zxid)}`);
    }
    entry.digest ??= tree.treeDigest;
    if (entry === this.last && this.entries.length % MODEL_EVERY === 0) {
      this.compareModel(sid, tree);
    }
    if (entry.digest === tree.treeDigest) return;
    throw new Violation(
      'StateAgreement',
      `the tree of ${sid} at ${hex(zxid)} has digest ${toHex(tree.treeDigest)}, not ${toHex(entry.digest)}`,
    );
  }

  /** The naive tree of the model has the same digest, and the same access lists, which are not in it. */
  private compareModel(sid: number, tree: DataTree): void {
    const { naive } = this.model;
    if (tree.treeDigest !== 0n && tree.treeDigest !== naive.treeDigest) {
      throw new Violation(
        'StateAgreement',
        `the tree of ${sid} at ${hex(this.lastZxid)} has digest ${toHex(tree.treeDigest)}, the model ${toHex(naive.treeDigest)}`,
      );
    }
    for (const [path, node] of naive.nodes) {
      const row = tree.findPath(path);
      const acl = row < 0 ? 'nothing' : aclTextOf(tree, row);
      if (acl === node.acl) continue;
      throw new Violation(
        'StateAgreement',
        `the tree of ${sid} at ${hex(this.lastZxid)} has ${acl} for ${path}, the model ${node.acl}`,
      );
    }
  }

  // ---- entering

  private enter(one: AppliedTxn, digest: bigint | null): void {
    this.mustContinue(one);
    const entry: Entry = { ...one, digest, enteredAt: this.now() };
    this.indexes.set(one.zxid, this.entries.length);
    this.entries.push(entry);
    this.countRequest(entry);
    const { clientId, txn } = one;
    if (this.model.closedSessions.has(clientId) && clientId !== 0n && changesSomething(txn)) {
      throw new Violation(
        'Ephemerals',
        `session ${hex(clientId)} was closed, and does something at ${hex(one.zxid)}`,
      );
    }
    this.mustBeDurable(one.zxid);
    this.onEntry(entry);
    this.model.apply(one, txn);
  }

  private mustBeDurable(zxid: Zxid): void {
    const { count, needed } = this.quorum(zxid);
    if (count >= needed) return;
    throw new Violation(
      'Durability',
      `${hex(zxid)} counts, but is on ${count} disks of the ${needed} that it takes`,
    );
  }

  /** Within an epoch the counter goes up by one; epochs go up. */
  private mustContinue({ zxid }: AppliedTxn): void {
    const last = this.lastZxid;
    if (epochOf(zxid) < epochOf(last)) {
      throw new Violation('GlobalPrimaryOrder', `${hex(zxid)} comes behind ${hex(last)}`);
    }
    const expected = epochOf(zxid) === epochOf(last) ? counterOf(last) + 1n : 1n;
    if (counterOf(zxid) !== expected) {
      throw new Violation('LocalPrimaryOrder', `${hex(zxid)} comes behind ${hex(last)}`);
    }
  }

  /** A session's requests are carried out in the order in which it asked, also where it has moved meanwhile. */
  private mustBeNext({ clientId, cxid, zxid }: Entry): void {
    const last = this.lastCxids.get(clientId) ?? 0;
    this.lastCxids.set(clientId, cxid);
    if (cxid > last) return;
    throw new Violation(
      'SessionOrder',
      `request ${cxid} of session ${hex(clientId)} is carried out at ${hex(zxid)} behind request ${last}`,
    );
  }

  private countRequest(entry: Entry): void {
    const { clientId, cxid, txn, zxid } = entry;
    if (cxid === 0 || txn.type === OpCode.createSession) return;
    if (changesSomething(txn)) this.mustBeNext(entry);
    const key = `${clientId}/${cxid}`;
    const before = this.requests.get(key);
    if (before !== undefined) {
      throw new Violation(
        'ExactlyOnce',
        `request ${cxid} of session ${hex(clientId)} was carried out at ${hex(before.zxid)} and at ${hex(zxid)}`,
      );
    }
    this.requests.set(key, entry);
  }
}
