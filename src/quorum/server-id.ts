/*
 * ServerId: the number of an ensemble's member, the N of server.N and the content of myid (Java: sid).
 */

/** 0 up to 2^53; Java has any long, and uses -1 for nobody. */
export type ServerId = number;

/** Stands for nobody: the leader that a server has not found. On the wire -1, or Long.MIN_VALUE in an observer's vote. */
export const NOBODY: ServerId = -1;

/** What a member is doing at the moment (Java: QuorumPeer.ServerState). */
export type PeerState = 'looking' | 'following' | 'leading' | 'observing';
