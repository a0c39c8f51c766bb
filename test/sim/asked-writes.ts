/*
 * AskedWrites: what the session of a simulated client has asked to write, to be compared with what a leader makes of it: the error that
 * Java would have found, in the same part of a multi (expected-writes.ts).
 */
import { OpCode } from '../../src/jute/op-code.ts';
import type { Txn } from '../../src/jute/txn.ts';
import { expectedOf } from './expected-writes.ts';
import type { Ledger } from './ledger.ts';
import { Violation } from './violation.ts';
import type { Wish } from './workload.ts';

/** Unknown, expired, moved. */
const SESSION_ERRORS: readonly number[] = [-12, -112, -118];
const QUOTA_EXCEEDED = -125;

/** The writes of one session, by cxid. */
export class AskedWrites {
  private readonly host: string;
  private readonly ids: readonly string[];
  private readonly ledger: Ledger;
  private readonly wishes = new Map<number, Wish>();

  /** @param ids who asks, as access lists name it */
  constructor(host: string, ids: readonly string[], ledger: Ledger) {
    this.host = host;
    this.ids = ids;
    this.ledger = ledger;
  }

  /** Something is asked for. */
  asked(cxid: number, wish: Wish): void {
    if (wish.writes !== undefined) this.wishes.set(cxid, wish);
  }

  /** The session is over. */
  forget(): void {
    this.wishes.clear();
  }

  /** A write of the session counts, with this outcome. A Violation where Java would have found another one. */
  mustComeTo(cxid: number, txn: Txn): void {
    const wish = this.wishes.get(cxid);
    if (wish?.writes === undefined) return;
    const parts = txn.type === OpCode.multi ? txn.txns : [txn];
    const errors = parts.map((part) => (part.type === OpCode.error ? part.err : 0));
    const index = errors.findIndex((error) => error !== 0);
    const found = { error: errors[index] ?? 0, index };
    // What its session has come to is not looked at here.
    if (SESSION_ERRORS.includes(found.error)) return;
    const { model } = this.ledger;
    // A quota is compared with what is applied, which is some time ago.
    if (found.error === QUOTA_EXCEEDED && model.hasHardQuota(wish.path)) return;
    const expected = expectedOf(model.naive, wish.writes, this.ids);
    if (found.error === expected.error && found.index === expected.index) return;
    throw new Violation(
      'Outcome',
      `${this.host}'s request ${cxid}, ${wish.kind} ${wish.path}, comes to ${found.error} (part ${found.index}), not ${expected.error} (part ${expected.index})`,
    );
  }
}
