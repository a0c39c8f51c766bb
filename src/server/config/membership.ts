/*
 * Who belongs to the ensemble: server.N, group.N and weight.N lines and the file myid, from zoo.cfg or from the file that
 * dynamicConfigFile names. It says what is written and whether it makes sense, not who has a quorum. Answers to Java's
 * QuorumPeer.QuorumServer, QuorumMaj, QuorumHierarchical and QuorumPeerConfig.parseDynamicConfig.
 */
import { ConfigError, type Place } from './config-error.ts';
import type { Property } from './properties.ts';
import { BadValue, decimal } from './values.ts';

/** What a member does: participants vote, observers only follow. */
export type PeerType = 'participant' | 'observer';

/** One of a member's addresses: `host:quorumPort:electionPort`. */
interface MemberAddress {
  /** Name or address, without brackets. */
  readonly host: string;
  /** Port on which a leader serves its learners, 0..65535. */
  readonly quorumPort: number;
  /** Port of leader election, 0..65535. */
  readonly electionPort: number;
}

/** A host and a port as clients know them. */
interface ClientAddress {
  /** Name or address, without brackets; `0.0.0.0` where only a port was written. */
  readonly host: string;
  /** 0..65535. */
  readonly port: number;
}

/** One server.N line. */
interface Member {
  /** N. */
  readonly id: number;
  /** One address, or several with multiAddress.enabled. */
  readonly addresses: readonly MemberAddress[];
  /** Whether it votes. */
  readonly type: PeerType;
  /** The part behind `;`, or null. */
  readonly clientAddress: ClientAddress | null;
  /** The part behind the second `;` (3.10), or null. */
  readonly secureClientAddress: ClientAddress | null;
}

/** A group of a hierarchical quorum: group.N=1:2:3. */
interface MemberGroup {
  /** N. */
  readonly id: number;
  /** The servers in it. */
  readonly members: readonly number[];
}

/** The ensemble as written. */
export interface Membership {
  /** All members by their id, in the order of their lines; never empty. */
  readonly members: ReadonlyMap<number, Member>;
  /** Groups; empty for a majority quorum. */
  readonly groups: readonly MemberGroup[];
  /** Weights of the participants by server id (1 where not given); empty for a majority quorum. */
  readonly weights: ReadonlyMap<number, number>;
  /** Version of the configuration, from the name of the dynamic file or from a line `version=` (hexadecimal); 0 where there is none. */
  readonly version: bigint;
}

/** What decides how the lines are taken. */
export interface MembershipRules {
  /** Whether a member may have several addresses (multiAddress.enabled). */
  readonly multiAddressEnabled: boolean;
  /** Whether one participant means a server alone. */
  readonly standaloneEnabled: boolean;
  /** The configuration's version where no line `version=` gives it. */
  readonly version: bigint;
}

const port = decimal(0, 65_535);
const id = decimal(0, Number.MAX_SAFE_INTEGER);

const FORM =
  'is not of the form host:port:port[:role][|host:port:port[:role]]…[;[host:]clientPort[;[host:]secureClientPort]]';

/** participant or observer, in any case. */
export function peerType(text: string): PeerType {
  const lower = text.trim().toLowerCase();
  if (lower === 'participant' || lower === 'observer') return lower;
  throw new BadValue(`${JSON.stringify(text)} is neither participant nor observer`);
}

/** Splits `host:a:b` or `[v6]:a:b` at its colons, the host without brackets (ConfigUtils.getHostAndPort). */
function hostAndPorts(text: string): readonly string[] {
  if (!text.startsWith('[')) return text.split(':');
  const end = text.indexOf(']');
  if (end === -1) throw new BadValue(`${text} starts with [ but has no matching ]`);
  const rest = text.slice(end + 1);
  if (!rest.startsWith(':')) throw new BadValue(`${text} has no port behind its ]`);
  return [text.slice(1, end), ...rest.slice(1).split(':')];
}

function ignoreWarning(): void {}

function clientAddress(text: string | undefined): ClientAddress | null {
  if (text === undefined || text === '') return null;
  const parts = hostAndPorts(text);
  const [first = '', second] = parts;
  if (parts.length > 2) throw new BadValue(`${text} ${FORM}`);
  if (second === undefined) return { host: '0.0.0.0', port: port(first, ignoreWarning) };
  if (first === '') throw new BadValue(`${text} has no host in front of its colon`);
  return { host: first, port: port(second, ignoreWarning) };
}

/**
 * Reads the value of a server.N line.
 *
 * @param sid N
 * @param text the value
 * @throws BadValue where it is not of the form, a port is not one, or addresses disagree about the role
 */
function member(sid: number, text: string, multiAddressEnabled: boolean): Member {
  const sections = text.split(';').map((section) => section.trim());
  const written = (sections[0] ?? '').split('|');
  if (sections.length > 3) throw new BadValue(`${text} ${FORM}`);
  if (written.length > 1 && !multiAddressEnabled) {
    throw new BadValue('several addresses need multiAddress.enabled=true');
  }
  const addresses: MemberAddress[] = [];
  let type: PeerType | null = null;
  for (const one of written) {
    const parts = hostAndPorts(one.trim());
    const [host = '', quorum, election, role] = parts;
    if (host === '' || quorum === undefined || election === undefined || parts.length > 4) {
      throw new BadValue(`${JSON.stringify(text)} ${FORM}`);
    }
    const quorumPort = port(quorum, ignoreWarning);
    const electionPort = port(election, ignoreWarning);
    if (quorumPort === electionPort) {
      throw new BadValue(`the two ports of ${host} must differ, both are ${quorumPort}`);
    }
    addresses.push({ host, quorumPort, electionPort });
    if (role === undefined) continue;
    const named = peerType(role);
    if (type !== null && type !== named) {
      throw new BadValue(`its addresses have different roles, ${type} and ${named}`);
    }
    type = named;
  }
  return {
    id: sid,
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

/** Collects the lines; the checks that need all of them come afterwards. */
class Collector {
  readonly members = new Map<number, Member>();
  readonly weights = new Map<number, number>();
  readonly groupOf = new Map<number, number>();
  readonly groups = new Map<number, MemberGroup>();
  readonly lines = new Map<string, Property>();
  version: bigint;
  private readonly rules: MembershipRules;

  constructor(rules: MembershipRules) {
    this.rules = rules;
    this.version = rules.version;
  }

  add(property: Property): void {
    const { key, value, place } = property;
    const before = this.lines.get(key);
    if (before?.value === value) return;
    try {
      if (before !== undefined) {
        throw new BadValue(
          `is given twice with different values, first on line ${before.place.line}`,
        );
      }
      if (key === 'version') this.addVersion(value);
      else this.addLine(key, value);
    } catch (error) {
      if (error instanceof BadValue) throw new ConfigError(place, key, error.message);
      throw error;
    }
    this.lines.set(key, property);
  }

  private addVersion(value: string): void {
    if (!/^[0-9a-fA-F]{1,16}$/.test(value)) {
      throw new BadValue(`${JSON.stringify(value)} is not a hexadecimal number`);
    }
    this.version = BigInt(`0x${value}`);
  }

  private addLine(key: string, value: string): void {
    const match = /^(server|group|weight)\.([0-9]+)$/.exec(key);
    if (match === null) {
      const word = key.startsWith('server')
        ? 'server'
        : key.startsWith('group')
          ? 'group'
          : 'weight';
      throw new BadValue(`the key is not of the form ${word}.N with a number N`);
    }
    const number = id(match[2] ?? '', ignoreWarning);
    switch (match[1]) {
      case 'server':
        this.members.set(number, member(number, value, this.rules.multiAddressEnabled));
        return;
      case 'group':
        this.addGroup(number, value);
        return;
      default:
        this.weights.set(number, decimal(0)(value, ignoreWarning));
    }
  }

  private addGroup(group: number, value: string): void {
    const members = value.split(':').map((text) => id(text.trim(), ignoreWarning));
    for (const sid of members) {
      const other = this.groupOf.get(sid);
      if (other !== undefined) throw new BadValue(`server ${sid} is in group ${other} already`);
      this.groupOf.set(sid, group);
    }
    this.groups.set(group, { id: group, members });
  }
}

/** Weights and groups have to cover every participant and name nobody else (QuorumHierarchical.parse). */
function checkGroups(collector: Collector, file: Place): void {
  const { members, weights, groupOf, lines } = collector;
  for (const one of members.values()) {
    if (one.type === 'observer') continue;
    if (!groupOf.has(one.id)) {
      throw new ConfigError(
        lines.get(`server.${one.id}`)?.place ?? file,
        `server.${one.id}`,
        'is in no group, while other servers are',
      );
    }
    if (!weights.has(one.id)) weights.set(one.id, 1);
  }
  for (const [sid, group] of groupOf) {
    if (weights.has(sid)) continue;
    const key = `group.${group}`;
    throw new ConfigError(
      lines.get(key)?.place ?? file,
      key,
      `server ${sid} is not a participant: a group holds those that vote`,
    );
  }
}

/** What QuorumPeerConfig.parseDynamicConfig says about the number of members. */
function checkNumbers(
  members: ReadonlyMap<number, Member>,
  rules: MembershipRules,
  file: Place,
  warn: (text: string) => void,
): void {
  const voting = [...members.values()].filter((one) => one.type === 'participant').length;
  const observing = members.size - voting;
  if (voting === 0) {
    throw new ConfigError(file, null, 'observers without a participant cannot form an ensemble');
  }
  if (voting === 1 && rules.standaloneEnabled) {
    if (observing > 0) {
      throw new ConfigError(
        file,
        null,
        'one participant with observers needs standaloneEnabled=false',
      );
    }
    warn('only one server is given: it serves alone, its server line is not used');
  } else if (voting <= 2) {
    warn('no failure of a server will be tolerated: at least 3 servers are needed for that');
  } else if (voting % 2 === 0) {
    warn('an even number of servers tolerates no more failures than one server fewer');
  }
}

/**
 * Makes an ensemble of the lines server.N, group.N, weight.N and version.
 *
 * @param properties these lines alone, in the order of their file
 * @param file where they come from, for errors that no line is to blame for
 * @param rules how they are taken
 * @param warn is told what Java logs at WARN or ERROR about the numbers
 * @returns null where there is no server.N line
 * @throws ConfigError for every mistake in them
 */
export function readMembership(
  properties: readonly Property[],
  file: Place,
  rules: MembershipRules,
  warn: (text: string) => void,
): Membership | null {
  const collector = new Collector(rules);
  for (const property of properties) collector.add(property);
  const hierarchical = collector.groups.size > 0 || collector.weights.size > 0;
  if (hierarchical) checkGroups(collector, file);
  if (collector.members.size === 0) {
    if (rules.standaloneEnabled) return null;
    throw new ConfigError(file, null, 'standaloneEnabled=false needs at least one server.N line');
  }
  checkNumbers(collector.members, rules, file, warn);
  return {
    members: collector.members,
    groups: [...collector.groups.values()],
    weights: hierarchical ? collector.weights : new Map(),
    version: collector.version,
  };
}

/** The version that the name of a dynamic file ends with (`zoo.cfg.dynamic.100000000`), 0 without one (getVersionFromFilename). */
export function versionOfFileName(path: string): bigint {
  const suffix = /\.([0-9a-fA-F]{1,16})$/.exec(path)?.[1];
  return suffix === undefined ? 0n : BigInt(`0x${suffix}`);
}
