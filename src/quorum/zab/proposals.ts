/*
 * Proposals: what a leader has proposed in its epoch and how far it is committed (Java: Leader.outstandingProposals, Leader.propose,
 * Leader.tryToCommit). Within an epoch a proposal is known by its counter, the low half of its zxid.
 */

import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import type { Zxid } from '../../jute/int64.ts';
import { counterOf } from '../../jute/zxid.ts';
import type { Clock } from '../ports.ts';
import type { QuorumMetrics } from '../quorum-metrics.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import type { ServerId } from '../server-id.ts';
import { Acks } from './acks.ts';
import { ProposalSizes } from './proposal-sizes.ts';

/** Of every so many proposals it is recorded how long each server takes (Java: leader.ackLoggingFrequency). */
const ACK_LATENCY_SAMPLE = 1000;

/** A proposal that is not committed yet. */
export interface Proposal extends LoggedTxn {
  /** When it was proposed, in ms. */
  readonly proposedAt: number;
}

/** What proposals need of their leader. */
export interface ProposalsPorts {
  readonly clock: Clock;
  readonly metrics: QuorumMetrics;
  /** Who votes at present. */
  readonly rule: () => QuorumRule;
}

/** The proposals of one epoch. */
export class Proposals {
  readonly sizes = new ProposalSizes();
  /** The counter of the last one, and of the last that is committed; 0 before the first. */
  proposedCounter = 0;
  committedCounter = 0;
  private readonly ports: ProposalsPorts;
  private readonly acks = new Acks();
  private areAcksNew = false;
  /** Those behind the last that was committed, oldest first. */
  private outstanding: Proposal[] = [];

  constructor(ports: ProposalsPorts) {
    this.ports = ports;
  }

  /** Those that are not committed yet, oldest first. */
  get uncommitted(): readonly Proposal[] {
    return this.outstanding;
  }

  /** Adds the next one. @param record is copied */
  add(zxid: Zxid, record: Uint8Array): void {
    const { clock, metrics } = this.ports;
    metrics.proposalCount.increment();
    this.sizes.add(record.length);
    this.proposedCounter = counterOf(zxid);
    this.outstanding.push({ zxid, record: Buffer.from(record), proposedAt: clock.elapsed });
  }

  /** A server has everything up to `counter` on disk. */
  acknowledged(sid: ServerId, counter: number): void {
    const sampled = counter - (counter % ACK_LATENCY_SAMPLE);
    if (sampled > this.acks.of(sid)) this.countAck(sid, sampled);
    this.acks.add(sid, counter);
    this.areAcksNew = true;
  }

  /** Of a proposal that is committed already nobody waits for an acknowledgement. */
  private countAck(sid: ServerId, counter: number): void {
    const { clock, metrics } = this.ports;
    const proposal = this.outstanding[counter - this.committedCounter - 1];
    if (proposal !== undefined) metrics.ackLatency.add(sid, clock.elapsed - proposal.proposedAt);
  }

  /** What a server has acknowledged counts no more (Acks.forget). */
  forget(sid: ServerId): void {
    this.acks.forget(sid);
  }

  /** Those that a quorum has by now and had not before, oldest first: they are committed. */
  takeCommitted(): readonly Proposal[] {
    if (!this.areAcksNew) return [];
    this.areAcksNew = false;
    const reached = Math.min(this.acks.reachedBy(this.ports.rule()), this.proposedCounter);
    const count = reached - this.committedCounter;
    if (count <= 0) return [];
    const committed = this.outstanding.slice(0, count);
    this.outstanding = this.outstanding.slice(count);
    this.committedCounter = reached;
    return committed;
  }
}
