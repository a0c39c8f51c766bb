/*
 * ReceivedProposals: the transactions that a learner was sent, how far they are logged, acknowledged and committed (Java:
 * packetsNotLogged and packetsCommitted in Learner.syncWithLeader; FollowerZooKeeperServer.pendingTxns, SendAckRequestProcessor;
 * ZkV3_7_0.tla: FollowerProcessPROPOSALInSync, FollowerProcessCOMMITInSync, FollowerProcessPROPOSAL, FollowerProcessCOMMIT).
 *
 *   what comes        is held │ goes to the log   ……………………………………………………………… ─>
 *   what is on disk           │ waits              │ is acknowledged ……………… ─>
 *   what is committed         │ waits                   │ is applied ………… ─>
 *                         NEWLEADER   its ACK is sent    UPTODATE
 *
 * The leader waits for the ACK of NEWLEADER and takes any other before it for a fault (ZOOKEEPER-4685). Until UPTODATE the leader itself
 * may not last, so nothing is applied (ZOOKEEPER-4394). When each of these is there is the Learner's to know.
 */

import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import { Fifo } from '../../jute/fifo.ts';
import type { Zxid } from '../../jute/int64.ts';
import { readInt64, toHex, ZXID_ZERO } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';

/** A transaction's header, and where it has its zxid. */
const HEADER_SIZE = 32;
const ZXID_OFFSET = 12;

/** Who keeps the history. */
export interface ProposalReceiver {
  /** Appends a proposal to the log. `durable` tells when it is on disk. @param record header, transaction, digest; its own copy */
  append(zxid: Zxid, record: Buffer): void;
  /** Applies everything up to `zxid`. */
  commitThrough(zxid: Zxid): void;
}

/** The transactions of one term. */
export class ReceivedProposals {
  private readonly receiver: ProposalReceiver;
  private readonly acknowledge: (zxid: Zxid) => void;
  /** Those that came before NEWLEADER; null once that is there. */
  private unlogged: LoggedTxn[] | null = [];
  /** What is in the log or on its way there and not committed. */
  private readonly uncommitted = new Fifo<Zxid>();
  private lastReceived: Zxid = ZXID_ZERO;
  private lastCommitReceived: Zxid = ZXID_ZERO;
  /** What came before UPTODATE and is committed: applied when it comes. */
  private commitWaiting: Zxid | null = null;
  private isApplying = false;
  /** What is to be acknowledged when it is on disk. */
  private readonly unacked = new Fifo<Zxid>();
  private durableThrough: Zxid = ZXID_ZERO;
  private isAcknowledging = false;

  /** @param acknowledge says that a proposal is on disk */
  constructor(receiver: ProposalReceiver, acknowledge: (zxid: Zxid) => void) {
    this.receiver = receiver;
    this.acknowledge = acknowledge;
  }

  /** Whether the ACK of NEWLEADER was sent. */
  get isNewLeaderAcked(): boolean {
    return this.isAcknowledging;
  }

  // ---- how far the learner is

  /** DIFF, TRUNC or SNAP has come: the history has everything up to `zxid`, or is about to. */
  begin(zxid: Zxid): void {
    this.lastReceived = zxid;
  }

  /** NEWLEADER has come: everything that was held goes to the log, and what follows at once. */
  logAll(): void {
    const unlogged = this.unlogged ?? [];
    this.unlogged = null;
    for (const { zxid, record } of unlogged) this.receiver.append(zxid, record);
    // What the leader says is committed waits for nobody.
    for (const zxid of this.uncommitted) this.unacked.push(zxid);
  }

  /** The ACK of NEWLEADER was sent: what is on disk may be acknowledged, now and from now on. */
  newLeaderAcked(): void {
    this.isAcknowledging = true;
    this.acknowledgeDurable();
  }

  /** UPTODATE has come, and this server serves: what is committed is applied, now and from now on. */
  startApplying(): void {
    this.isApplying = true;
    if (this.commitWaiting !== null) this.receiver.commitThrough(this.commitWaiting);
    this.commitWaiting = null;
  }

  // ---- transactions

  /** A transaction has come. @param data header, transaction, digest; copied. Raises JuteError where it is of another zxid */
  received(zxid: Zxid, data: Buffer): void {
    if (data.length < HEADER_SIZE) throw new JuteError('a proposal without a header');
    // What is sent behind a tree may be in it already, and Java's leader sends some transactions twice.
    if (zxid <= this.lastReceived) return;
    const record = Buffer.from(data);
    if (readInt64(record, ZXID_OFFSET) !== zxid) throw new JuteError('a proposal with two zxids');
    this.lastReceived = zxid;
    this.uncommitted.push(zxid);
    if (this.unlogged !== null) this.unlogged.push({ zxid, record });
    else {
      this.unacked.push(zxid);
      this.receiver.append(zxid, record);
    }
  }

  /** A transaction is committed. In order: a leader that commits what this server was not sent cannot be followed (JuteError). */
  committed(zxid: Zxid): void {
    if (zxid <= this.lastCommitReceived) return;
    const next = this.uncommitted.first;
    if (next !== zxid) {
      if (zxid <= this.lastReceived && (next === undefined || zxid < next)) return;
      throw new JuteError(
        `the leader commits 0x${toHex(zxid)}, but next is ${next === undefined ? 'nothing' : `0x${toHex(next)}`}`,
      );
    }
    this.uncommitted.shift();
    this.lastCommitReceived = zxid;
    if (this.isApplying) this.receiver.commitThrough(zxid);
    else this.commitWaiting = zxid;
  }

  /** The log has everything up to `zxid` on disk. */
  durable(zxid: Zxid): void {
    this.durableThrough = zxid;
    this.acknowledgeDurable();
  }

  /** Each by itself, also what is committed meanwhile: a leader of Java's closes the link where one is missing (SyncLimitCheck). */
  private acknowledgeDurable(): void {
    if (!this.isAcknowledging) return;
    const { unacked } = this;
    for (let zxid = unacked.first; zxid !== undefined; zxid = unacked.first) {
      if (zxid > this.durableThrough) return;
      unacked.shift();
      this.acknowledge(zxid);
    }
  }
}
