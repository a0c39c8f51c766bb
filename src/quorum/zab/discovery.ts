/*
 * Discovery: how a leader finds the epoch that it leads, from its election to the quorum that follows nobody older any more
 * (Java: Leader.getEpochToPropose and waitForEpochAck; ZkV3_7_0.tla: LeaderProcessFOLLOWERINFO, LeaderProcessACKEPOCH).
 *
 *   told ─a quorum─> proposed: above all that was accepted, durable here, sent as LEADERINFO
 *        ─accepted by a quorum, none of it with a newer history─> over: it is the current epoch here
 *
 * It only counts and keeps. Who is told, and that the leader gives up where it is not the newest, is the Leader's; what learners are
 * sent next is synchronization.ts.
 */

import type { Epochs } from '../../datatree/storage/epochs.ts';
import type { Zxid } from '../../jute/int64.ts';
import { toHex, toZxid } from '../../jute/int64.ts';
import type { ServerId } from '../server-id.ts';
import type { NewerEpochs } from './newer-epochs.ts';

/** A zxid has no room for a later one. */
const LAST_EPOCH = 0x7fffffff;
/** What a server says whose database is empty and should not be (recover.ts). */
const ZXID_UNKNOWN = toZxid(-1n);

/** How new a history is: the epoch of its last leader comes first. */
export interface HistoryEnd {
  readonly currentEpoch: number;
  readonly lastZxid: Zxid;
}

/** What discovery is given. */
export interface DiscoveryPorts {
  readonly myId: ServerId;
  readonly epochs: Epochs;
  readonly newerEpochs: NewerEpochs;
  /** The version of the membership in force. */
  readonly configVersion: () => bigint;
  /** The zxid of the history that is to be led with. */
  readonly lastZxid: Zxid;
  /** Whether these are a quorum, this server among them. */
  readonly hasQuorum: (sids: ReadonlySet<ServerId>) => boolean;
}

/** The discovery of one epoch. */
export class Discovery {
  private readonly ports: DiscoveryPorts;
  private readonly own: HistoryEnd;
  private newEpoch: number;
  private isCurrent = false;
  private readonly hasToldEpoch = new Set<ServerId>();
  private readonly hasAcceptedEpoch = new Set<ServerId>();

  constructor(ports: DiscoveryPorts) {
    const { epochs, newerEpochs, lastZxid } = ports;
    this.ports = ports;
    this.own = { currentEpoch: epochs.current, lastZxid };
    this.newEpoch = Math.max(epochs.accepted, newerEpochs.newest) + 1;
  }

  /** The epoch that is to be led; it grows with what is told until it is proposed. */
  get epoch(): number {
    return this.newEpoch;
  }

  /** Whether a quorum has accepted the epoch. */
  get isOver(): boolean {
    return this.isCurrent;
  }

  /** What keeps a server from following this one, whoever it is and whenever it comes; null for nothing. */
  obstacleTo(sid: ServerId, acceptedEpoch: number, configVersion: bigint): string | null {
    if (sid === this.ports.myId)
      return `has our own id ${sid}: is one of the two myid files wrong?`;
    if (acceptedEpoch >= LAST_EPOCH) return 'has accepted the last epoch there is';
    const ours = this.ports.configVersion();
    if (configVersion <= ours) return null;
    return `has membership ${configVersion.toString(16)}, which is newer than ours, ${ours.toString(16)}`;
  }

  /** A server, whoever it is, had accepted an epoch: the new one is above it. */
  heardAccepted(acceptedEpoch: number): void {
    if (acceptedEpoch >= this.newEpoch) this.newEpoch = acceptedEpoch + 1;
  }

  /** A voter has told what it had accepted. */
  told(sid: ServerId): void {
    this.hasToldEpoch.add(sid);
  }

  /**
   * Proposes the epoch once a quorum has told what it had accepted: nobody of it will follow an older leader any more once it has
   * accepted ours. Returns whether that is so; the epoch is accepted here, on disk, by then.
   */
  propose(): boolean {
    const { myId, epochs, hasQuorum } = this.ports;
    if (!hasQuorum(this.hasToldEpoch)) return false;
    epochs.setAccepted(this.newEpoch);
    this.countAccepted(myId, this.own);
    return true;
  }

  /** A voter has accepted the epoch. Returns what keeps this server from leading it, null for nothing. */
  accepted(sid: ServerId, theirs: HistoryEnd): string | null {
    const { own } = this;
    const isAhead =
      theirs.currentEpoch > own.currentEpoch ||
      (theirs.currentEpoch === own.currentEpoch && theirs.lastZxid > own.lastZxid);
    if (isAhead) {
      // Whoever has the newest history has to lead, or what it has would be lost.
      return (
        `is ahead: epoch ${theirs.currentEpoch}, zxid 0x${toHex(theirs.lastZxid)}, ` +
        `ours are ${own.currentEpoch} and 0x${toHex(own.lastZxid)}`
      );
    }
    this.countAccepted(sid, theirs);
    return null;
  }

  /** A voter that has lost its database may elect, but not bear witness to what was committed (Java: waitForEpochAck). */
  private countAccepted(sid: ServerId, { lastZxid }: HistoryEnd): void {
    if (lastZxid !== ZXID_UNKNOWN) this.hasAcceptedEpoch.add(sid);
  }

  /** Ends once a quorum has accepted the epoch: it is current here from then on. Returns whether it ends with this call. */
  finish(): boolean {
    if (this.isCurrent || !this.ports.hasQuorum(this.hasAcceptedEpoch)) return false;
    this.isCurrent = true;
    this.ports.epochs.setCurrent(this.newEpoch);
    return true;
  }
}
