/*
 * MembershipInForce: who belongs to the ensemble as far as this server knows, and how that changes
 * (Java: QuorumPeer.quorumVerifier, lastSeenQuorumVerifier and processReconfig).
 *
 * Without reconfigEnabled it is what the configuration says, and nothing that others tell changes it. With it, a leader tells the
 * membership when it is followed, and a reconfig is a transaction that changes /zookeeper/config.
 */

import type { DataTree } from '../../datatree/data-tree.ts';
import { SESSION_ID_ZERO, toZxid, type Zxid } from '../../jute/int64.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { Membership } from '../../quorum/membership.ts';
import { configText, withVersion } from '../../quorum/membership.ts';
import { BadMembership, parseConfigText } from '../../quorum/membership-lines.ts';
import { type QuorumRule, quorumRule } from '../../quorum/quorum-rule.ts';
import type { Log } from '../log.ts';

const CONFIG_PATH = '/zookeeper/config';

/** Where memberships are kept between starts (host/dynamic-config.ts); every method raises the system's error. */
export interface MembershipFiles {
  writeProposed(membership: Membership): void;
  writeCommitted(membership: Membership): void;
  /** What was proposed is in force: it needs no file of its own any more. */
  removeProposed(): void;
}

/** Who belongs to the ensemble. */
export class MembershipInForce {
  /** The membership that decisions are made with. */
  current: Membership;
  rule: QuorumRule;
  /** One that was proposed and is not in force yet, or the same; a quorum of it has to agree as well. */
  private proposed: Membership;
  proposedRule: QuorumRule;
  /** What the leader of the epoch at hand has told; null before. */
  private told: Membership | null = null;
  private readonly log: Log;
  /** Null where membership cannot change. */
  private readonly files: MembershipFiles | null;

  constructor(
    log: Log,
    files: MembershipFiles | null,
    written: { readonly membership: Membership; readonly proposedMembership: Membership | null },
  ) {
    this.log = log;
    this.files = files;
    this.current = written.membership;
    const { proposedMembership } = written;
    // A file that was left behind says what was in force once.
    const isNewer =
      files !== null &&
      proposedMembership !== null &&
      proposedMembership.version > written.membership.version;
    this.proposed = isNewer ? proposedMembership : written.membership;
    this.rule = quorumRule(this.current);
    this.proposedRule = isNewer ? quorumRule(this.proposed) : this.rule;
  }

  private propose(membership: Membership): void {
    this.proposed = membership;
    this.proposedRule = membership === this.current ? this.rule : quorumRule(membership);
  }

  /**
   * What a leader tells those that follow it, as text. Where it can change, a membership that nobody has agreed on yet gets the
   * epoch's beginning for its version (ZOOKEEPER-1783).
   */
  toldBy(newLeaderZxid: Zxid): string {
    const { current, proposed, files } = this;
    const isFirst = current.version === 0n && proposed.version === 0n;
    if (isFirst && files !== null) this.propose(withVersion(current, newLeaderZxid));
    this.told = this.proposed;
    return configText(this.proposed);
  }

  /** A leader has told the membership that its epoch begins with. */
  toldByLeader(text: string): void {
    this.told = this.proposedBy(text);
  }

  /** A membership was proposed, by the leader of an epoch or in a transaction; null where it cannot be read, or none is wanted. */
  proposedBy(text: string): Membership | null {
    const membership = this.files === null ? null : this.parse(text);
    if (membership !== null && membership.version > this.proposed.version) {
      this.propose(membership);
      this.keep((files) => files.writeProposed(membership));
    }
    return membership;
  }

  /** The epoch is established: what its leader has told is agreed on. What else was proposed may never be. */
  agreed(): void {
    if (this.told !== null) this.adopt(this.told);
  }

  /**
   * An epoch is over. Where clients were served in it, the tree says what was agreed on last, if that has changed; other trees may
   * hold what was only proposed, out of the log.
   */
  epochEnded(tree: DataTree | null): void {
    this.told = null;
    if (tree !== null) this.adoptFrom(tree);
  }

  private adoptFrom(tree: DataTree): void {
    if (this.files === null) return;
    const row = tree.findPath(CONFIG_PATH);
    const text = row < 0 ? null : (tree.dataOf(row)?.toString('utf8') ?? null);
    if (text === null || text === '') return;
    const membership = this.parse(text);
    if (membership !== null) this.adopt(membership);
  }

  private adopt(membership: Membership): void {
    if (this.files === null || membership.version <= this.current.version) return;
    this.current = membership;
    this.rule = quorumRule(membership);
    if (membership.version >= this.proposed.version) this.propose(membership);
    this.log.info(`the membership is now that of version ${membership.version.toString(16)}`);
    this.keep((files) => files.writeCommitted(membership));
    if (this.proposed.version === membership.version) this.keep((files) => files.removeProposed());
  }

  /** Where it cannot be written, others tell it again after the next start; nobody is to be without this server for that, as in Java. */
  private keep(write: (files: MembershipFiles) => void): void {
    if (this.files === null) return;
    try {
      write(this.files);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      this.log.error(`the membership cannot be kept for the next start: ${error.message}`);
    }
  }

  private parse(text: string): Membership | null {
    const membership = parseConfigText(text);
    if (!(membership instanceof BadMembership)) return membership;
    this.log.warn(`a membership that cannot be read: ${membership.message}`);
    return null;
  }

  /** Shows the membership in /zookeeper/config, which no transaction does (Java: ZKDatabase.initConfigInZKDatabase). */
  show(tree: DataTree, time: number): void {
    const { current } = this;
    tree.recordChanges = false;
    tree.applyAside(
      {
        clientId: SESSION_ID_ZERO,
        cxid: 0,
        zxid: toZxid(current.version),
        time,
        type: OpCode.setData,
      },
      {
        type: OpCode.setData,
        path: CONFIG_PATH,
        data: Buffer.from(configText(current), 'utf8'),
        version: -1,
      },
    );
  }
}
