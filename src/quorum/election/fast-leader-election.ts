/*
 * FastLeaderElection: how the servers that look for a leader agree on one. Each proposes the best candidate it has heard of,
 * beginning with itself, until a quorum proposes the same; one that comes late learns from those that follow who leads.
 *
 * It moves notifications and decides nothing about epochs: two leaders at once are made harmless by Zab, an election only has
 * to end, and soon. Links are election-links.ts, comparing votes is votes.ts. Answers to Java's FastLeaderElection, and to
 * currentVote and updateElectionVote of QuorumPeer; actions HandleNotmsg and ReceivedFollowingAndLeadingNotification in the
 * TLA+ specification.
 */
import { toHex, toZxid, type Zxid } from '../../jute/int64.ts';
import type { PeerType } from '../membership.ts';
import type { Clock, Log } from '../ports.ts';
import type { QuorumRule } from '../quorum-rule.ts';
import { NOBODY, type PeerState, type ServerId } from '../server-id.ts';
import {
  NO_VOTE,
  NOTIFICATION_VERSION,
  type Notification,
  readNotification,
  writeNotification,
} from './notification.ts';
import {
  hasQuorum,
  isBetter,
  isLeaderConfirmed,
  isUnanimous,
  type Proposal,
  type Vote,
} from './votes.ts';

/** ms that a quorum's choice waits for better votes of servers that have not been heard (Java: finalizeWait). */
const FINALIZE_WAIT = 200;
/** How many observers that ask during an election are told its outcome; others ask again. */
const WAITING_OBSERVERS_LIMIT = 1000;

/** What an election needs of the world. */
export interface FastLeaderElectionPorts {
  readonly clock: Clock;
  readonly log: Log;
  /** Sends a message to a server, now or when it can be reached; only the newest to each matters. The bytes are not changed afterwards. */
  send(to: ServerId, message: Uint8Array): void;
  /** A round begins: connect to these, and keep trying until `settled`. */
  connectAll(sids: Iterable<ServerId>): void;
  /** The round is over: servers that cannot be reached may stay so. */
  settled(): void;
  /** Whether a server that is no newcomer could not be reached since the round began, and is not linked. */
  isGone(sid: ServerId): boolean;
  /** The round is over: what this server becomes, and the vote that says who leads. At most once for each `start`. */
  elected(vote: Vote, state: PeerState): void;
  /** A voter is looking for a leader while this server is not (Java: Leader.reportLookingSid). */
  lookingHeard(sid: ServerId): void;
  /** While looking, a configuration was seen that is newer than this server's own. */
  newerConfig(text: string): void;
}

/** Who this server is. What can change at run time is asked for whenever it is needed. */
export interface FastLeaderElectionOptions {
  readonly myId: ServerId;
  peerType(): PeerType;
  rule(): QuorumRule;
  /** The configuration that notifications carry. */
  configText(): string;
  /** ms until a notification is sent again for the first time (fastleader.minNotificationInterval, 200). */
  readonly minNotificationIntervalMs: number;
  /** ms that this grows to (fastleader.maxNotificationInterval, 60000). */
  readonly maxNotificationIntervalMs: number;
}

/** What a server knows when it begins to look. */
export interface ElectionStart {
  /** The last zxid in its log. */
  readonly zxid: Zxid;
  /** Its current epoch. */
  readonly peerEpoch: number;
}

/** The version that a configuration says it has, 0 where it says none. */
function configVersion(text: string): bigint {
  const match = /^version=([0-9a-fA-F]{1,16})$/m.exec(text)?.[1];
  return match === undefined ? 0n : BigInt(`0x${match}`);
}

export class FastLeaderElection {
  private readonly ports: FastLeaderElectionPorts;
  private readonly options: FastLeaderElectionOptions;
  private state: PeerState = 'looking';
  /** Whether a round is going on. */
  private isElecting = false;
  /** The round (Java: logicalclock). */
  private electionEpoch = 0n;
  /** What this server would propose if it had heard nothing. */
  private own: Proposal;
  private proposal: Proposal;
  /** The outcome of the last round, null before the first. */
  private vote: Vote | null = null;
  /** Votes of this round, by voter (Java: recvset). */
  private readonly votes = new Map<ServerId, Vote>();
  /** What servers that are not looking say, of whatever round (Java: outofelection). */
  private readonly established = new Map<ServerId, Vote>();
  private readonly waitingObservers = new Set<ServerId>();
  /** What was logged last about each server. */
  private readonly noted = new Map<ServerId, string>();
  private notificationInterval = 0;
  private notifyAt = Number.POSITIVE_INFINITY;
  private finalizeAt = Number.POSITIVE_INFINITY;
  private startedAt = 0;

  constructor(ports: FastLeaderElectionPorts, options: FastLeaderElectionOptions) {
    this.ports = ports;
    this.options = options;
    this.own = { leader: NOBODY, zxid: toZxid(NO_VOTE), peerEpoch: NO_VOTE };
    this.proposal = this.own;
  }

  /** ms of the clock at which `run` wants to be called. */
  get deadline(): number {
    return Math.min(this.notifyAt, this.finalizeAt);
  }

  /** Begins a round: looks for a leader until one is elected (Java: lookForLeader). A round that was going on is given up. */
  start({ zxid, peerEpoch }: ElectionStart): void {
    const { clock, log } = this.ports;
    const { myId, minNotificationIntervalMs } = this.options;
    const rule = this.options.rule();
    const isParticipant = this.options.peerType() === 'participant';
    this.state = 'looking';
    this.isElecting = true;
    this.startedAt = clock.elapsed;
    this.electionEpoch = BigInt.asIntN(64, this.electionEpoch + 1n);
    this.votes.clear();
    this.established.clear();
    this.noted.clear();
    this.own = {
      leader: rule.isVoter(myId) ? myId : NOBODY,
      zxid: isParticipant ? zxid : toZxid(NO_VOTE),
      peerEpoch: isParticipant ? BigInt(peerEpoch) : NO_VOTE,
    };
    log.info(`New election. My id = ${myId}, proposed zxid=0x${toHex(this.own.zxid)}`);
    this.notificationInterval = minNotificationIntervalMs;
    this.notifyAt = clock.elapsed + this.notificationInterval;
    this.ports.connectAll([...rule.voters].filter((sid) => sid !== myId));
    this.propose(this.own);
    // A server that is a quorum by itself has nobody to wait for; who has called this hears of it from run.
    if (this.isDecided()) this.finalizeAt = clock.elapsed;
  }

  /** Gives up a round, and answers nobody until the next one. */
  stop(): void {
    this.state = 'looking';
    this.leaveRound();
  }

  /** What this server tells others that it is doing. Looking without a round means silence: `start` begins one. */
  setState(state: PeerState): void {
    if (state === 'looking') this.stop();
    else {
      this.leaveRound();
      this.state = state;
    }
  }

  /**
   * The epoch of the leader as it is known once it is followed. Without it a server that joins could find a quorum split between
   * two epochs for one leader, and never join (ZOOKEEPER-1732; Java: QuorumPeer.updateElectionVote).
   */
  updateVote(peerEpoch: number): void {
    if (this.vote !== null) this.vote = { ...this.vote, peerEpoch: BigInt(peerEpoch) };
  }

  /**
   * Takes a message of another server.
   *
   * @param from its id; below 0 for one that has none
   * @param bytes one message, a view for the time of the call
   * @returns null, or why it is no notification: whoever sends that is not to be listened to
   */
  receive(from: ServerId, bytes: Uint8Array): string | null {
    const notification = readNotification(bytes);
    if (typeof notification === 'string') return notification;
    this.compareConfig(notification);
    if (!this.options.rule().isVoter(from)) this.answerObserver(from, notification);
    else if (this.isElecting) this.electing(from, notification);
    else if (notification.state === 'looking' && this.vote !== null && this.state !== 'looking') {
      this.note(from, notification);
      this.sendVote(from, this.vote, this.vote.electionEpoch);
      this.ports.lookingHeard(from);
    }
    return null;
  }

  /** A server could not be reached: perhaps it was the last that was waited for. */
  unreachable(): void {
    if (this.isElecting && this.isDecided()) this.elect(this.proposedVote());
  }

  /** Does what is due at the deadline. */
  run(): void {
    const { clock, log } = this.ports;
    if (clock.elapsed >= this.finalizeAt) {
      this.elect(this.proposedVote());
      return;
    }
    if (clock.elapsed < this.notifyAt) return;
    this.broadcast();
    this.notificationInterval = Math.min(
      this.notificationInterval * 2,
      this.options.maxNotificationIntervalMs,
    );
    this.notifyAt = clock.elapsed + this.notificationInterval;
    log.info(`Notification time out: ${this.notificationInterval} ms`);
  }

  private leaveRound(): void {
    if (!this.isElecting) return;
    this.isElecting = false;
    this.notifyAt = Number.POSITIVE_INFINITY;
    this.finalizeAt = Number.POSITIVE_INFINITY;
    this.ports.settled();
  }

  private compareConfig({ configText }: Notification): void {
    if (configText === null || this.state !== 'looking') return;
    if (configVersion(configText) <= configVersion(this.options.configText())) return;
    this.ports.newerConfig(configText);
  }

  /**
   * Observers ask and are told; their votes count nowhere. Java answers whatever they say, so that two servers of which
   * neither takes the other for a voter would never stop answering each other.
   */
  private answerObserver(from: ServerId, { state }: Notification): void {
    if (state !== 'looking') return;
    if (this.isElecting) {
      this.sendVote(from, this.proposal, this.electionEpoch);
      if (this.waitingObservers.size < WAITING_OBSERVERS_LIMIT) this.waitingObservers.add(from);
    } else if (this.vote !== null && this.state !== 'looking') {
      this.sendVote(from, this.vote, this.electionEpoch);
    }
  }

  private electing(from: ServerId, notification: Notification): void {
    this.note(from, notification);
    this.notifyAt = this.ports.clock.elapsed + this.notificationInterval;
    if (!this.options.rule().isVoter(notification.leader)) return;
    switch (notification.state) {
      case 'looking':
        this.receiveLooking(from, notification);
        break;
      case 'following':
      case 'leading':
        this.receiveEstablished(from, notification);
        break;
      case 'observing':
        break;
    }
  }

  private receiveLooking(from: ServerId, theirs: Notification): void {
    const rule = this.options.rule();
    // The vote of a server that has not loaded its database yet.
    if (theirs.zxid === -1n) return;
    if (theirs.electionEpoch < this.electionEpoch) {
      this.sendVote(from, this.proposal, this.electionEpoch);
      return;
    }
    if (theirs.electionEpoch > this.electionEpoch) {
      this.electionEpoch = theirs.electionEpoch;
      this.votes.clear();
      this.propose(isBetter(theirs, this.own, rule) ? theirs : this.own);
    } else if (isBetter(theirs, this.proposal, rule)) {
      this.propose(theirs);
    } else if (isBetter(this.proposal, theirs, rule)) {
      // It may have begun to look after ours had come to it, and have answered that and forgotten it. Java leaves it to the next
      // time-out to say it again, 200 ms later.
      this.sendVote(from, this.proposal, this.electionEpoch);
    }
    this.votes.set(from, { ...this.voteOf(theirs), version: 0 });
    this.consider();
  }

  private receiveEstablished(from: ServerId, theirs: Notification): void {
    const rule = this.options.rule();
    const vote = this.voteOf(theirs);
    const self = { myId: this.options.myId, electionEpoch: this.electionEpoch };
    if (theirs.electionEpoch === this.electionEpoch) {
      // Java keeps no version here: within one round those that have left it are compared by their leader alone.
      this.votes.set(from, { ...vote, version: 0 });
      if (hasQuorum(this.votes, vote, rule) && isLeaderConfirmed(this.votes, vote, self)) {
        this.elect(vote);
        return;
      }
    }
    this.established.set(from, vote);
    if (!hasQuorum(this.established, vote, rule)) return;
    if (!isLeaderConfirmed(this.established, vote, self)) return;
    this.electionEpoch = vote.electionEpoch;
    this.elect(vote);
  }

  private voteOf({ leader, zxid, peerEpoch, electionEpoch, state, version }: Notification): Vote {
    return { leader, zxid, peerEpoch, electionEpoch, state, version };
  }

  private proposedVote(): Vote {
    const { leader, zxid, peerEpoch } = this.proposal;
    const { electionEpoch } = this;
    return { leader, zxid, peerEpoch, electionEpoch, state: 'looking', version: 0 };
  }

  /** Takes a proposal for its own and tells everybody. */
  private propose({ leader, zxid, peerEpoch }: Proposal): void {
    this.proposal = { leader, zxid, peerEpoch };
    this.finalizeAt = Number.POSITIVE_INFINITY;
    const { myId } = this.options;
    if (this.options.rule().isVoter(myId)) this.votes.set(myId, this.proposedVote());
    this.broadcast();
  }

  /** Ends the round where the votes that are in are enough, or lets them wait for better ones. */
  private consider(): void {
    const { clock } = this.ports;
    if (this.isDecided()) this.elect(this.proposedVote());
    else if (!hasQuorum(this.votes, this.proposedVote(), this.options.rule())) {
      this.finalizeAt = Number.POSITIVE_INFINITY;
    } else if (this.finalizeAt === Number.POSITIVE_INFINITY) {
      this.finalizeAt = clock.elapsed + FINALIZE_WAIT;
    }
  }

  /**
   * Whether there is nobody left to wait for. Java always waits 200 ms once it has a quorum, so that a better vote on its way
   * does not split the servers between two leaders: one of them would get no quorum of followers, and those that chose it would
   * have to look again. There is no such vote when every voter has given this one, except those that could not be reached since
   * the round began. A dead server's machine refuses at once; one that answers nothing is waited for, and so is one that has not
   * been seen yet: where all start together, the last would find one leader elected and, among Java's servers that still wait,
   * get itself elected too. One that comes back in this very moment connects to everybody, which makes it living again; if its
   * vote comes too late even so, it finds a leader with a quorum, and joins that. The leader must be living too: votes for one
   * that has died since may be all there are. Voters without weight are not waited for, as they can neither lead nor help others
   * to.
   */
  private isDecided(): boolean {
    const { myId } = this.options;
    const rule = this.options.rule();
    const living = new Set<ServerId>();
    for (const sid of rule.voters) {
      if (rule.weightOf(sid) === 0) continue;
      if (sid === myId || !this.ports.isGone(sid)) living.add(sid);
    }
    return isUnanimous(this.votes, this.proposedVote(), living, rule);
  }

  private elect(vote: Vote): void {
    const { clock, log } = this.ports;
    const { myId } = this.options;
    const learns = this.options.peerType() === 'participant' ? 'following' : 'observing';
    const state = vote.leader === myId ? 'leading' : learns;
    this.vote = { ...vote, state, version: NOTIFICATION_VERSION };
    this.leaveRound();
    this.state = state;
    log.info(
      `Election has ended: server ${vote.leader} leads, zxid=0x${toHex(vote.zxid)}, peerEpoch=0x${toHex(vote.peerEpoch)}, ` +
        `round=0x${toHex(vote.electionEpoch)}, after ${clock.elapsed - this.startedAt} ms`,
    );
    for (const sid of this.waitingObservers) this.sendVote(sid, this.vote, this.electionEpoch);
    this.waitingObservers.clear();
    this.ports.elected(this.vote, state);
  }

  private broadcast(): void {
    const message = this.message(this.proposal, this.electionEpoch);
    for (const sid of this.options.rule().voters) {
      if (sid !== this.options.myId) this.ports.send(sid, message);
    }
  }

  private sendVote(to: ServerId, proposal: Proposal, electionEpoch: bigint): void {
    this.ports.send(to, this.message(proposal, electionEpoch));
  }

  private message({ leader, zxid, peerEpoch }: Proposal, electionEpoch: bigint): Uint8Array {
    return writeNotification({
      state: this.state,
      leader,
      zxid,
      electionEpoch,
      peerEpoch,
      version: NOTIFICATION_VERSION,
      configText: this.options.configText(),
    });
  }

  /** Says in the log what a server has sent, once as long as it says the same. */
  private note(from: ServerId, theirs: Notification): void {
    const { log } = this.ports;
    const text =
      `my state:${this.state}; n.sid:${from}, n.state:${theirs.state}, n.leader:${theirs.leader}, ` +
      `n.round:0x${toHex(theirs.electionEpoch)}, n.peerEpoch:0x${toHex(theirs.peerEpoch)}, n.zxid:0x${toHex(theirs.zxid)}, ` +
      `message format version:0x${theirs.version.toString(16)}, n.config version:0x${toHex(configVersion(theirs.configText ?? ''))}`;
    if (this.noted.get(from) === text) {
      log.debug(`Notification again: ${text}`);
      return;
    }
    this.noted.set(from, text);
    log.info(`Notification: ${text}`);
    if (this.isElecting && !this.options.rule().isVoter(theirs.leader)) {
      log.warn(
        `Ignoring the vote of server ${from} for ${theirs.leader}, which is not a voting member of this ensemble`,
      );
    }
  }
}
