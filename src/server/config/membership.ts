/*
 * Who belongs to the ensemble: server.N, group.N and weight.N lines and the file myid, from zoo.cfg or from the file that
 * dynamicConfigFile names. It says what is written and whether it makes sense, not who has a quorum. Answers to Java's
 * QuorumPeer.QuorumServer, QuorumMaj, QuorumHierarchical and QuorumPeerConfig.parseDynamicConfig.
 */

/** What a member does: participants vote, observers only follow. */
export type PeerType = 'participant' | 'observer';

/** One of a member's addresses: `host:quorumPort:electionPort`. */
export interface MemberAddress {
  /** Name or address, without brackets. */
  readonly host: string;
  /** Port on which a leader serves its learners, 0..65535. */
  readonly quorumPort: number;
  /** Port of leader election, 0..65535. */
  readonly electionPort: number;
}

/** A host and a port as clients know them. */
export interface ClientAddress {
  /** Name or address, without brackets; `0.0.0.0` where only a port was written. */
  readonly host: string;
  /** 0..65535. */
  readonly port: number;
}

/** One server.N line. */
export interface Member {
  /** N. */
  readonly id: number;
  /** One address, or several with multiAddress.enabled. */
  readonly addresses: readonly MemberAddress[];
  /** Whether it votes. */
  readonly type: PeerType;
  /** The part behind `;`, or null. */
  readonly clientAddress: ClientAddress | null;
}

/** A group of a hierarchical quorum: group.N=1:2:3. */
export interface MemberGroup {
  /** N. */
  readonly id: number;
  /** The servers in it. */
  readonly members: readonly number[];
}

/** The ensemble as written. */
export interface Membership {
  /** All members by their id, in the order of their lines. */
  readonly members: ReadonlyMap<number, Member>;
  /** Groups; empty for a majority quorum. */
  readonly groups: readonly MemberGroup[];
  /** Weights of the participants by server id (1 where not given); empty for a majority quorum. */
  readonly weights: ReadonlyMap<number, number>;
  /** This server's id from dataDir/myid, or null where there is no such file. */
  readonly myid: number | null;
  /** Version of the configuration, from the name of the dynamic file; 0 where it has none. */
  readonly version: bigint;
  /** The file that dynamicConfigFile names, or null. */
  readonly dynamicConfigFile: string | null;
}
