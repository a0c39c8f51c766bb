/*
 * Notification: the one message of leader election, in which a server says what it is doing and for whom it votes.
 *
 * Version 2 is written (3.5 on); the forms before it are understood: 28 bytes without a peer epoch, 40 bytes whose last four
 * stand for nothing, and version 1 without a configuration. Answers to the reading in Java's
 * FastLeaderElection.Messenger.WorkerReceiver and to buildMsg. What a notification means is fast-leader-election.ts.
 */
import {
  readInt32,
  readInt64,
  toZxid,
  writeInt32,
  writeInt64,
  type Zxid,
} from '../../jute/int64.ts';
import { NOBODY, type PeerState, type ServerId } from '../server-id.ts';

/** Long.MIN_VALUE: the leader, the zxid and the peer epoch in the vote of a server that does not vote. */
export const NO_VOTE = -(1n << 63n);

/** The version that is written. */
export const NOTIFICATION_VERSION = 2;

/**
 * What a server says. On the wire, big-endian:
 *
 *     state          4   0 looking, 1 following, 2 leading, 3 observing
 *     leader         8   Long.MIN_VALUE for nobody
 *     zxid           8
 *     electionEpoch  8
 *     peerEpoch      8   (not in 28 bytes)
 *     version        4   (not in 28 bytes)
 *     config length  4   (from version 2 on)
 *     config         …   UTF-8
 */
export interface Notification {
  /** What the sender is doing. */
  readonly state: PeerState;
  /** Whom it votes for, or follows. */
  readonly leader: ServerId;
  /** The last zxid of that leader as its first voter knew it. */
  readonly zxid: Zxid;
  /** The round of the sender's election (Java: logicalclock). */
  readonly electionEpoch: bigint;
  /** The epoch of that leader. */
  readonly peerEpoch: bigint;
  /** 0 for the forms without one. */
  readonly version: number;
  /** The sender's configuration (configText), or null where the form has none. */
  readonly configText: string | null;
}

const STATES: readonly PeerState[] = ['looking', 'following', 'leading', 'observing'];

const SIZE_WITHOUT_PEER_EPOCH = 28;
const SIZE_WITHOUT_VERSION = 40;
const CONFIG_LENGTH_AT = 40;
const CONFIG_AT = 44;

/** A long as a server's id: anything that cannot be one, Long.MIN_VALUE and -1 among it, is NOBODY. */
function serverIdOf(long: bigint): ServerId {
  return long >= 0n && long <= Number.MAX_SAFE_INTEGER ? Number(long) : NOBODY;
}

/**
 * Reads a notification.
 *
 * @param bytes one message of an election link, without its length
 * @returns the notification, or as a string why it is none
 */
export function readNotification(bytes: Uint8Array): Notification | string {
  const size = bytes.length;
  if (size < SIZE_WITHOUT_PEER_EPOCH) return `a notification of ${size} bytes`;
  const state = STATES[readInt32(bytes, 0)];
  if (state === undefined) return `a notification with state ${readInt32(bytes, 0)}`;
  const zxid = toZxid(readInt64(bytes, 12));
  const vote = {
    state,
    leader: serverIdOf(readInt64(bytes, 4)),
    zxid,
    electionEpoch: readInt64(bytes, 20),
  };
  if (size === SIZE_WITHOUT_PEER_EPOCH) {
    return { ...vote, peerEpoch: zxid >> 32n, version: 0, configText: null };
  }
  if (size < SIZE_WITHOUT_VERSION) return `a notification of ${size} bytes`;
  const peerEpoch = readInt64(bytes, 28);
  // Java takes these four bytes for nothing where nothing follows them, even if they are a version.
  const version = size === SIZE_WITHOUT_VERSION ? 0 : readInt32(bytes, 36);
  if (version < 2) return { ...vote, peerEpoch, version, configText: null };
  if (size < CONFIG_AT) return `a notification of version ${version} in ${size} bytes`;
  const length = readInt32(bytes, CONFIG_LENGTH_AT);
  if (length < 0 || length > size - CONFIG_AT) {
    return `a notification of ${size} bytes with a configuration of ${length}`;
  }
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + CONFIG_AT, length).toString('utf8');
  return { ...vote, peerEpoch, version, configText: text };
}

/** The bytes of a notification of version 2, whatever version it says; without a configuration it carries an empty one. */
export function writeNotification(notification: Notification): Uint8Array {
  const config = Buffer.from(notification.configText ?? '', 'utf8');
  const bytes = new Uint8Array(CONFIG_AT + config.length);
  const { leader } = notification;
  writeInt32(bytes, 0, STATES.indexOf(notification.state));
  writeInt64(bytes, 4, leader === NOBODY ? NO_VOTE : BigInt(leader));
  writeInt64(bytes, 12, notification.zxid);
  writeInt64(bytes, 20, notification.electionEpoch);
  writeInt64(bytes, 28, notification.peerEpoch);
  writeInt32(bytes, 36, NOTIFICATION_VERSION);
  writeInt32(bytes, CONFIG_LENGTH_AT, config.length);
  bytes.set(config, CONFIG_AT);
  return bytes;
}
