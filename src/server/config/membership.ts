/*
 * The lines server.N, group.N, weight.N and version of a configuration's files as a membership: what is wrong with one of them is
 * told with its file and line. What the lines mean is src/quorum's.
 *
 * Answers to Java's QuorumPeerConfig.parseDynamicConfig.
 */
import { javaHostString } from '../../quorum/java-host.ts';
import type { Member, Membership, PeerType } from '../../quorum/membership.ts';
import {
  BadMembership,
  MAX_VERSION,
  membershipOf,
  peerTypeOf,
} from '../../quorum/membership-lines.ts';
import { ConfigError, type Place } from './config-error.ts';
import type { Property } from './properties.ts';
import { BadValue } from './values.ts';

/** What decides how the lines are taken. */
export interface MembershipRules {
  /** Whether a member may have several addresses (multiAddress.enabled). */
  readonly multiAddressEnabled: boolean;
  /** Whether one participant means a server alone. */
  readonly standaloneEnabled: boolean;
  /** The configuration's version where no line `version=` gives it. */
  readonly version: bigint;
}

/** The value of peerType. */
export function peerType(text: string): PeerType {
  const type = peerTypeOf(text);
  if (type === null)
    throw new BadValue(`${JSON.stringify(text)} is neither participant nor observer`);
  return type;
}

/** The lines by their keys; the same line may come twice. */
function byKey(properties: readonly Property[]): ReadonlyMap<string, Property> {
  const lines = new Map<string, Property>();
  for (const property of properties) {
    const before = lines.get(property.key);
    if (before !== undefined && before.value !== property.value) {
      const text = `is given twice with different values, first on line ${before.place.line}`;
      throw new ConfigError(property.place, property.key, text);
    }
    if (before === undefined) lines.set(property.key, property);
  }
  return lines;
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
 * Two servers cannot be on one address. Java does not look at this in files and starts servers of which one can never take its
 * port; in a reconfig it refuses them (QuorumServer.checkAddressDuplicate). Names are not resolved for it.
 */
function checkAddresses(
  members: ReadonlyMap<number, Member>,
  lines: ReadonlyMap<string, Property>,
  file: Place,
): void {
  const owners = new Map<string, number>();
  for (const { id, addresses } of members.values()) {
    for (const { host, quorumPort, electionPort } of addresses) {
      for (const port of [quorumPort, electionPort]) {
        const address = `${javaHostString(host.toLowerCase())}:${port}`;
        const other = owners.get(address);
        if (other !== undefined && port !== 0) {
          const key = `server.${id}`;
          const whose = other === id ? 'is given twice' : `is that of server.${other} already`;
          throw new ConfigError(
            lines.get(key)?.place ?? file,
            key,
            `port ${port} of ${host} ${whose}`,
          );
        }
        owners.set(address, id);
      }
    }
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
  const lines = byKey(properties);
  let membership: Membership | null;
  try {
    membership = membershipOf(lines.values());
  } catch (error) {
    if (!(error instanceof BadMembership)) throw error;
    const place = error.key === null ? undefined : lines.get(error.key)?.place;
    throw new ConfigError(place ?? file, error.key, error.reason);
  }
  if (membership === null) {
    if (rules.standaloneEnabled) return null;
    throw new ConfigError(file, null, 'standaloneEnabled=false needs at least one server.N line');
  }
  const { members } = membership;
  for (const { id, addresses } of members.values()) {
    if (addresses.length === 1 || rules.multiAddressEnabled) continue;
    const key = `server.${id}`;
    throw new ConfigError(
      lines.get(key)?.place ?? file,
      key,
      'several addresses need multiAddress.enabled=true',
    );
  }
  checkNumbers(members, rules, file, warn);
  checkAddresses(members, lines, file);
  return lines.has('version') ? membership : { ...membership, version: rules.version };
}

/** The version that the name of a dynamic file ends with (`zoo.cfg.dynamic.100000000`), 0 without one (getVersionFromFilename). */
export function versionOfFileName(path: string): bigint {
  const suffix = /\.0*([0-9a-fA-F]{1,16})$/.exec(path)?.[1];
  const version = suffix === undefined ? 0n : BigInt(`0x${suffix}`);
  return version > MAX_VERSION ? 0n : version;
}
