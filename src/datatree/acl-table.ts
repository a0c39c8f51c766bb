/*
 * The access lists in use, each once, under a number; a znode holds the number.
 *
 * Answers to ReferenceCountedACLCache. Numbers are given out as Java does: 1, 2, 3 …, never twice; -1 is OPEN_ACL_UNSAFE. As they can
 * outgrow 32 bits over the years, a znode's row holds a slot, which is used again, and the slot knows the number.
 *
 * Java counts in 64 bits and goes on from the highest number that it has read, be it of a snapshot that then turned out to be damaged.
 * Here a number has 53: one of a snapshot that is larger, or below -1, is known under another, -2, -3 …, and so written again.
 */

import type { ACL } from '../jute/data.ts';
import { OPEN_ACL_UNSAFE, readACLs } from '../jute/data.ts';
import { readInt32, readInt64, readTimeMs } from '../jute/int64.ts';
import { Perms } from '../jute/op-code.ts';
import type { JuteReader } from '../jute/reader.ts';
import { JuteError } from '../jute/reader.ts';

/** The number, and the slot, of OPEN_ACL_UNSAFE, which has no entry and is not counted. */
export const OPEN_ACL_ID = -1;

/** Numbers of a snapshot are known as they are up to here: 2^52, which leaves as many to give out. */
const HIGH_LIMIT = 1 << 20;
const ID_SIZE = 8;

/** Everybody may read. */
export const READ_ACL_UNSAFE: readonly ACL[] = [
  { perms: Perms.read, id: { scheme: 'world', id: 'anyone' } },
];

/** For a number that a snapshot uses and does not explain: nobody may do anything, until the log says who may. */
const UNKNOWN_ACL: readonly ACL[] = [{ perms: 0, id: { scheme: 'world', id: 'anyone' } }];

interface Entry {
  readonly id: number;
  readonly slot: number;
  readonly acls: readonly ACL[];
  /** Where the list is found by its content; null for a number that is not explained. */
  readonly key: string | null;
  references: number;
}

/** Numbers <-> lists, with reference counts. */
export class AclTable {
  private readonly slots: (Entry | undefined)[] = [];
  private readonly freeSlots: number[] = [];
  private readonly byKey = new Map<string, Entry>();
  private readonly byId = new Map<number, Entry>();
  private readonly retired = new Map<number, readonly ACL[]>();
  /** What the numbers of a snapshot are known under that cannot be known as they are. */
  private readonly aliases = new Map<bigint, number>();
  private latest: Entry | null = null;
  private unknownCount = 0;
  /** The highest number given out. */
  lastId = 0;

  /** How many lists there are (Java: aclCacheSize). */
  get size(): number {
    return this.byId.size - this.unknownCount;
  }

  /** The number of a list, which is entered if it is new. No reference is taken: an unused list goes at the next purge. */
  idOf(acls: readonly ACL[]): number {
    return this.intern(acls).id;
  }

  /**
   * The list behind a number. Numbers that went out of use in the last transaction are still known. A number that nobody explained
   * gives a list that lets nobody in, where Java raises an error.
   */
  aclsOf(id: number): readonly ACL[] {
    if (id === OPEN_ACL_ID) return OPEN_ACL_UNSAFE;
    return this.byId.get(id)?.acls ?? this.retired.get(id) ?? UNKNOWN_ACL;
  }

  /** The number in a slot. */
  idOfSlot(slot: number): number {
    return slot === OPEN_ACL_ID ? OPEN_ACL_ID : this.entryAt(slot).id;
  }

  /** Takes a reference to a list and returns its slot (Java: convertAcls). Null is OPEN_ACL_UNSAFE. */
  take(acls: readonly ACL[] | null): number {
    if (acls === null) return OPEN_ACL_ID;
    const entry = this.intern(acls);
    entry.references += 1;
    return entry.slot;
  }

  /** Takes a reference to the number that stands in a snapshot, 8 bytes at `offset`, and returns its slot (Java: addUsage). */
  takeStored(bytes: Uint8Array, offset: number): number {
    const id = this.storedId(bytes, offset);
    if (id === OPEN_ACL_ID) return OPEN_ACL_ID;
    let entry = this.byId.get(id);
    if (entry === undefined) {
      entry = this.enter(id, UNKNOWN_ACL, null);
      this.unknownCount += 1;
    }
    entry.references += 1;
    return entry.slot;
  }

  /** Gives a reference back (Java: removeUsage). */
  release(slot: number): void {
    if (slot === OPEN_ACL_ID) return;
    const entry = this.entryAt(slot);
    entry.references -= 1;
    if (entry.references > 0) return;
    this.retired.set(entry.id, entry.acls);
    this.remove(entry);
  }

  /** Forgets the lists that went out of use in the transaction before. */
  forgetRetired(): void {
    if (this.retired.size > 0) this.retired.clear();
  }

  /** Removes lists without a reference. */
  purgeUnused(): void {
    for (const entry of [...this.byId.values()]) {
      if (entry.references <= 0) this.remove(entry);
    }
  }

  /** Removes everything, for what is read next to say which numbers are in use: it must not go on from those of a damaged snapshot. */
  clear(): void {
    this.slots.length = 0;
    this.freeSlots.length = 0;
    this.byKey.clear();
    this.byId.clear();
    this.retired.clear();
    this.aliases.clear();
    this.latest = null;
    this.unknownCount = 0;
    this.lastId = 0;
  }

  /** The numbers and their lists, `size` of them. One that is there during the whole walk is met once; others may be. */
  *lists(): Generator<readonly [id: number, acls: readonly ACL[]]> {
    for (const entry of this.byId.values()) {
      if (entry.key !== null) yield [entry.id, entry.acls];
    }
  }

  /** Reads the section of a snapshot into this table, which is empty: count (int), then what readList reads. Raises JuteError. */
  read(reader: JuteReader): void {
    for (let count = reader.readInt(); count > 0; count--) this.readList(reader);
  }

  /** Reads one list of a snapshot: number (long), vector<ACL>. Raises JuteError for a list that is null. */
  readList(reader: JuteReader): void {
    const id = this.storedId(reader.bytes, reader.skip(ID_SIZE));
    const acls = readACLs(reader);
    if (acls === null) throw new JuteError('an access list that is null');
    const before = this.byId.get(id);
    if (before !== undefined) this.remove(before);
    if (id !== OPEN_ACL_ID) this.enter(id, acls, keyOf(acls));
  }

  /** The number that something stored is known under. */
  private storedId(bytes: Uint8Array, offset: number): number {
    const high = readInt32(bytes, offset);
    if (high >= 0 && high < HIGH_LIMIT) return readTimeMs(bytes, offset);
    const stored = readInt64(bytes, offset);
    if (stored === BigInt(OPEN_ACL_ID)) return OPEN_ACL_ID;
    const alias = this.aliases.get(stored) ?? OPEN_ACL_ID - 1 - this.aliases.size;
    this.aliases.set(stored, alias);
    return alias;
  }

  private intern(acls: readonly ACL[]): Entry {
    if (this.latest !== null && isSameList(this.latest.acls, acls)) return this.latest;
    const key = keyOf(acls);
    const entry = this.byKey.get(key) ?? this.enter(this.lastId + 1, copyOf(acls), key);
    this.latest = entry;
    return entry;
  }

  private enter(id: number, acls: readonly ACL[], key: string | null): Entry {
    const slot = this.freeSlots.pop() ?? this.slots.length;
    const entry: Entry = { id, slot, acls, key, references: 0 };
    this.slots[slot] = entry;
    this.byId.set(id, entry);
    if (key !== null) this.byKey.set(key, entry);
    if (id > this.lastId) this.lastId = id;
    return entry;
  }

  private remove(entry: Entry): void {
    if (entry.key === null) this.unknownCount -= 1;
    else if (this.byKey.get(entry.key) === entry) this.byKey.delete(entry.key);
    if (this.latest === entry) this.latest = null;
    this.byId.delete(entry.id);
    this.slots[entry.slot] = undefined;
    this.freeSlots.push(entry.slot);
  }

  private entryAt(slot: number): Entry {
    const entry = this.slots[slot];
    if (entry === undefined) throw new Error(`no access list in slot ${slot}`);
    return entry;
  }
}

/** A list of its own: what comes with a transaction may be changed or freed afterwards. */
function copyOf(acls: readonly ACL[]): readonly ACL[] {
  if (acls === OPEN_ACL_UNSAFE) return acls;
  return acls.map((acl) => ({ perms: acl.perms, id: { scheme: acl.id.scheme, id: acl.id.id } }));
}

function isSameList(one: readonly ACL[], other: readonly ACL[]): boolean {
  if (one === other) return true;
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) {
    const [a, b] = [one[index], other[index]];
    if (a === undefined || b === undefined) return false;
    if (a.perms !== b.perms || a.id.scheme !== b.id.scheme || a.id.id !== b.id.id) return false;
  }
  return true;
}

/** Lengths stand before the texts, so that no two lists share a key. */
function keyOf(acls: readonly ACL[]): string {
  let key = '';
  for (const { perms, id } of acls) key += `${perms} ${sized(id.scheme)}${sized(id.id)}`;
  return key;
}

function sized(text: string | null): string {
  return text === null ? '-' : `${text.length}:${text}`;
}
