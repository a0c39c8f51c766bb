/*
 * Who belongs to the ensemble, as a value, and the text that stands for it wherever servers and clients show it to each
 * other: /zookeeper/config, the NEWLEADER packet, notifications, the dynamic configuration file. That text is Java's to the
 * byte, its order of lines included. Reading it is membership-lines.ts, who has a quorum is quorum-rule.ts.
 *
 * Answers to Java's QuorumPeer.QuorumServer, QuorumMaj.toString and QuorumHierarchical.toString.
 */
import { javaHostString } from './java-host.ts';
import type { ServerId } from './server-id.ts';

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
  readonly id: ServerId;
  /** One address, or several with multiAddress.enabled; never empty. */
  readonly addresses: readonly MemberAddress[];
  /** Whether it votes. */
  readonly type: PeerType;
  /** The part behind `;`, or null. */
  readonly clientAddress: ClientAddress | null;
  /** The part behind the second `;` (3.10), or null. */
  readonly secureClientAddress: ClientAddress | null;
}

/** A group of a hierarchical quorum: group.N=1:2:3. */
export interface MemberGroup {
  /** N. */
  readonly id: number;
  /** The servers in it. */
  readonly members: readonly ServerId[];
}

/** The ensemble as written. */
export interface Membership {
  /** All members by their id, in the order of their lines; never empty. */
  readonly members: ReadonlyMap<ServerId, Member>;
  /** Groups; empty for a majority quorum. */
  readonly groups: readonly MemberGroup[];
  /** Weights by server id (1 for a participant where not given); empty for a majority quorum. */
  readonly weights: ReadonlyMap<ServerId, number>;
  /** Version of the configuration, the zxid of the reconfig that made it; 0 for what was written by hand. */
  readonly version: bigint;
}

/**
 * Keys in the order in which a java.util.HashMap<Long, …> hands them out: by bucket. Keys that share a bucket come in the
 * order of their insertion there, which hangs on string hashes; here they ascend.
 */
function hashMapOrder(keys: Iterable<number>): readonly number[] {
  const sorted = [...keys].sort((a, b) => a - b);
  let buckets = 16;
  while (sorted.length > buckets * 0.75) buckets *= 2;
  const bucketOf = (key: number): number => {
    const hash = Math.floor(key / 0x1_0000_0000) ^ key;
    return (hash ^ (hash >>> 16)) & (buckets - 1);
  };
  return sorted.sort((a, b) => bucketOf(a) - bucketOf(b));
}

/** A host in front of a colon. */
function delimited(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function clientText(address: ClientAddress | null): string {
  return address === null ? '' : `${delimited(javaHostString(address.host))}:${address.port}`;
}

/** Java's order of strings: by UTF-16 code units. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The value of a server line: `host:port:port[|host:port:port]:role[;host:clientPort]` (QuorumServer.toString). A secure
 * client port is written as 3.10 does; a server of 3.8 cannot read such a line.
 */
export function memberText(member: Member): string {
  const addresses = member.addresses
    .map((one) => ({ ...one, host: javaHostString(one.host) }))
    .sort((a, b) => compareText(a.host, b.host))
    .map((one) => `${delimited(one.host)}:${one.quorumPort}:${one.electionPort}`)
    .join('|');
  const secure = clientText(member.secureClientAddress);
  const plain = clientText(member.clientAddress);
  const clients = secure !== '' ? `;${plain};${secure}` : plain !== '' ? `;${plain}` : '';
  return `${addresses}:${member.type}${clients}`;
}

function groupLines(groups: readonly MemberGroup[]): readonly string[] {
  const membersOf = new Map(groups.map((group) => [group.id, group.members]));
  return hashMapOrder(membersOf.keys()).map((id) => {
    const inGroup = new Set(membersOf.get(id));
    // Java goes through all grouped servers once, in the order of one map for all groups.
    const all = hashMapOrder(groups.flatMap((group) => group.members));
    return `group.${id}=${all.filter((sid) => inGroup.has(sid)).join(':')}`;
  });
}

/**
 * The text of a configuration, without a line end behind its last line:
 *
 *     server.1=zk1:2888:3888:participant;0.0.0.0:2181
 *     group.1=1:2:3          (hierarchical quorums only)
 *     weight.1=1             (likewise)
 *     version=100000000      (hexadecimal)
 */
export function configText(membership: Membership): string {
  const lines: string[] = [];
  for (const sid of hashMapOrder(membership.members.keys())) {
    const member = membership.members.get(sid);
    if (member !== undefined) lines.push(`server.${sid}=${memberText(member)}`);
  }
  lines.push(...groupLines(membership.groups));
  for (const sid of hashMapOrder(membership.weights.keys())) {
    lines.push(`weight.${sid}=${membership.weights.get(sid)}`);
  }
  lines.push(`version=${membership.version.toString(16)}`);
  return lines.join('\n');
}

/** The same members under another version. */
export function withVersion(membership: Membership, version: bigint): Membership {
  return { ...membership, version };
}
