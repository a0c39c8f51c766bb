/*
 * From lines to a Membership: server.N, group.N and weight.N with their values, wherever they come from: zoo.cfg, the dynamic
 * file (src/server/config adds file and line to what is wrong), or the text of a configuration that another server has sent.
 *
 * Answers to Java's QuorumServer(sid, addressStr), QuorumMaj(Properties), QuorumHierarchical(Properties) and
 * QuorumPeer.configFromString.
 */
import type {
  ClientAddress,
  Member,
  MemberAddress,
  MemberGroup,
  Membership,
  PeerType,
} from './membership.ts';

/** Something in the lines that cannot be. */
export class BadMembership extends Error {
  /** The key of the line to blame; null where it is the whole. */
  readonly key: string | null;
  /** What is wrong, without the key. */
  readonly reason: string;

  constructor(key: string | null, reason: string) {
    super(key === null ? reason : `${key}: ${reason}`);
    this.name = 'BadMembership';
    this.key = key;
    this.reason = reason;
  }
}

/** One line, both trimmed. */
export interface MembershipLine {
  /** `server.1`, `group.1`, `weight.1` or `version`. */
  readonly key: string;
  readonly value: string;
}

const FORM =
  'is not of the form host:port:port[:role][|host:port:port[:role]]…[;[host:]clientPort[;[host:]secureClientPort]]';

/** The largest version, that of Java's longs. */
export const MAX_VERSION = 0x7fff_ffff_ffff_ffffn;

/** What is wrong with a value; the key is added where it is known. */
class BadText extends Error {}

function wholeNumber(text: string, max: number): number {
  if (!/^[+-]?[0-9]+$/.test(text)) {
    throw new BadText(
      text === ''
        ? 'has no value, where a whole number is needed'
        : `${JSON.stringify(text)} is not a whole number`,
    );
  }
  const value = Number(text);
  if (value < 0) throw new BadText(`${text} is too small: 0 is the least`);
  if (value > max) throw new BadText(`${text} is too large: ${max} is the most`);
  return value;
}

function port(text: string): number {
  return wholeNumber(text, 65_535);
}

function serverId(text: string): number {
  return wholeNumber(text, Number.MAX_SAFE_INTEGER);
}

/** participant or observer, in any case; null for anything else. */
export function peerTypeOf(text: string): PeerType | null {
  const lower = text.trim().toLowerCase();
  return lower === 'participant' || lower === 'observer' ? lower : null;
}

/** Splits `host:a:b` or `[v6]:a:b` at its colons, the host without brackets (ConfigUtils.getHostAndPort). */
function hostAndPorts(text: string): readonly string[] {
  if (!text.startsWith('[')) return text.split(':');
  const end = text.indexOf(']');
  if (end === -1) throw new BadText(`${text} starts with [ but has no matching ]`);
  const rest = text.slice(end + 1);
  if (!rest.startsWith(':')) throw new BadText(`${text} has no port behind its ]`);
  return [text.slice(1, end), ...rest.slice(1).split(':')];
}

function clientAddress(text: string | undefined): ClientAddress | null {
  if (text === undefined || text === '') return null;
  const parts = hostAndPorts(text);
  const [first = '', second] = parts;
  if (parts.length > 2) throw new BadText(`${text} ${FORM}`);
  if (second === undefined) return { host: '0.0.0.0', port: port(first) };
  if (first === '') throw new BadText(`${text} has no host in front of its colon`);
  return { host: first, port: port(second) };
}

/** One of the addresses of a server line, and the role behind it if there is one. */
function memberAddress(text: string, whole: string): [MemberAddress, PeerType | null] {
  const parts = hostAndPorts(text);
  const [host = '', quorum, election, role] = parts;
  if (host === '' || quorum === undefined || election === undefined || parts.length > 4) {
    throw new BadText(`${JSON.stringify(whole)} ${FORM}`);
  }
  const address = { host, quorumPort: port(quorum), electionPort: port(election) };
  if (address.quorumPort === address.electionPort) {
    throw new BadText(`the two ports of ${host} must differ, both are ${address.quorumPort}`);
  }
  if (role === undefined) return [address, null];
  const type = peerTypeOf(role);
  if (type === null) {
    throw new BadText(`${JSON.stringify(role)} is neither participant nor observer`);
  }
  return [address, type];
}

/** Reads the value of a server.N line. */
function member(id: number, text: string): Member {
  const sections = text.split(';').map((section) => section.trim());
  if (sections.length > 3) throw new BadText(`${text} ${FORM}`);
  const addresses: MemberAddress[] = [];
  let type: PeerType | null = null;
  for (const one of (sections[0] ?? '').split('|')) {
    const [address, role] = memberAddress(one.trim(), text);
    addresses.push(address);
    if (role === null) continue;
    if (type !== null && type !== role) {
      throw new BadText(`its addresses have different roles, ${type} and ${role}`);
    }
    type = role;
  }
  return {
    id,
    addresses,
    type: type ?? 'participant',
    clientAddress: clientAddress(sections[1]),
    secureClientAddress: clientAddress(sections[2]),
  };
}

/** Whether a key is one of the lines that make up a membership. */
export function isMembershipKey(key: string): boolean {
  return key.startsWith('server.') || key.startsWith('group') || key.startsWith('weight');
}

/** Takes line after line; the checks that need all of them come afterwards. */
class Collector {
  readonly members = new Map<number, Member>();
  readonly weights = new Map<number, number>();
  readonly groups = new Map<number, MemberGroup>();
  version = 0n;
  private readonly groupOf = new Map<number, number>();

  add(key: string, value: string): void {
    if (key === 'version') {
      this.addVersion(value);
      return;
    }
    const match = /^(server|group|weight)\.([0-9]+)$/.exec(key);
    if (match === null) {
      const word = ['server', 'group', 'weight'].find((one) => key.startsWith(one));
      throw new BadText(
        word === undefined
          ? 'does not belong into a configuration of servers'
          : `the key is not of the form ${word}.N with a number N`,
      );
    }
    const number = serverId(match[2] ?? '');
    switch (match[1]) {
      case 'server':
        this.members.set(number, member(number, value));
        return;
      case 'group':
        this.addGroup(number, value);
        return;
      default:
        this.weights.set(number, wholeNumber(value, 2_147_483_647));
    }
  }

  private addVersion(value: string): void {
    if (!/^[0-9a-fA-F]{1,16}$/.test(value)) {
      throw new BadText(`${JSON.stringify(value)} is not a hexadecimal number`);
    }
    const version = BigInt(`0x${value}`);
    if (version > MAX_VERSION) {
      throw new BadText(`${value} is too large: ${MAX_VERSION.toString(16)} is the most`);
    }
    this.version = version;
  }

  private addGroup(group: number, value: string): void {
    const members = value.split(':').map((text) => serverId(text.trim()));
    for (const sid of members) {
      const other = this.groupOf.get(sid);
      if (other !== undefined) throw new BadText(`server ${sid} is in group ${other} already`);
      this.groupOf.set(sid, group);
    }
    this.groups.set(group, { id: group, members });
  }

  /** Weights and groups have to cover every participant and name nobody else (QuorumHierarchical.parse). */
  completeGroups(): void {
    for (const { id, type } of this.members.values()) {
      if (type === 'observer') continue;
      if (!this.groupOf.has(id)) {
        throw new BadMembership(`server.${id}`, 'is in no group, while other servers are');
      }
      if (!this.weights.has(id)) this.weights.set(id, 1);
    }
    for (const [sid, group] of this.groupOf) {
      if (this.weights.has(sid)) continue;
      const text = `server ${sid} is not a participant: a group holds those that vote`;
      throw new BadMembership(`group.${group}`, text);
    }
  }
}

/**
 * Makes a membership of its lines.
 *
 * @param lines each key once, in their order
 * @returns null where there is no server.N line
 * @throws BadMembership for what cannot be
 */
export function membershipOf(lines: Iterable<MembershipLine>): Membership | null {
  const collector = new Collector();
  for (const { key, value } of lines) {
    try {
      collector.add(key, value);
    } catch (error) {
      if (error instanceof BadText) throw new BadMembership(key, error.message);
      throw error;
    }
  }
  const isHierarchical = collector.groups.size > 0 || collector.weights.size > 0;
  if (isHierarchical) collector.completeGroups();
  if (collector.members.size === 0) return null;
  return {
    members: collector.members,
    groups: [...collector.groups.values()],
    weights: collector.weights,
    version: collector.version,
  };
}

/**
 * Reads the text of a configuration as another server sends it, or as `configText` writes it.
 *
 * @returns what is wrong with it where it is none: no line of a server, nobody that votes, or a line that cannot be
 */
export function parseConfigText(text: string): Membership | BadMembership {
  const lines = new Map<string, string>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith('!')) continue;
    const at = trimmed.indexOf('=');
    if (at === -1) return new BadMembership(trimmed, 'has no value');
    lines.set(trimmed.slice(0, at).trim(), trimmed.slice(at + 1).trim());
  }
  try {
    const membership = membershipOf(Array.from(lines, ([key, value]) => ({ key, value })));
    if (membership === null) return new BadMembership(null, 'there is no server.N line');
    for (const { type } of membership.members.values()) {
      if (type === 'participant') return membership;
    }
    return new BadMembership(null, 'observers without a participant cannot form an ensemble');
  } catch (error) {
    if (error instanceof BadMembership) return error;
    throw error;
  }
}
