/*
 * The rules that span several keys: which address clients are served on, how long sessions may live, who has to log in
 * first, and what an ensemble cannot do without. Each is Java's, from the method that it names.
 */

import type { Membership } from '../../quorum/membership.ts';
import type { ServerConfig } from './config.ts';
import type { Given } from './given.ts';
import { settings } from './settings.ts';

/** Where clients are served: host null for all addresses. */
export interface ListenAddress {
  /** Name or address without brackets, or null. */
  readonly host: string | null;
  /** 1..65535. */
  readonly port: number;
}

const ALL_ADDRESSES = new Set(['0.0.0.0', '::', '0:0:0:0:0:0:0:0']);

function listenAddress(host: string | null, port: number): ListenAddress {
  const bare = host?.replace(/^\[(.*)\]$/, '$1') ?? null;
  return { host: bare === null || ALL_ADDRESSES.has(bare) ? null : bare, port };
}

/** Whether a text is an IP address and no name that would have to be resolved. */
function isAddress(host: string): boolean {
  return host.includes(':') || /^[0-9.]+$/.test(host);
}

/** clientPort and clientPortAddress, before the server's own line is looked at. */
function addressFromKeys(given: Given): ListenAddress | null {
  const { secureClientPort, secureClientPortAddress } = settings;
  if (given.read(secureClientPortAddress) !== null && given.read(secureClientPort) === 0) {
    throw given.mistake(secureClientPortAddress, 'is set, but secureClientPort is not set');
  }
  const port = given.read(settings.clientPort);
  const host = given.read(settings.clientPortAddress);
  if (port !== 0) return listenAddress(host, port);
  if (host === null) return null;
  throw given.mistake(settings.clientPortAddress, 'is set, but clientPort is not set');
}

/** Two addresses contradict each other, a name and an address may be the same (names are not resolved for this). */
function contradicts(keys: ListenAddress, line: ListenAddress): boolean {
  if (keys.port !== line.port) return true;
  if (keys.host === null || keys.host === line.host) return false;
  return line.host === null || (isAddress(keys.host) && isAddress(line.host));
}

/**
 * The address for clients: that of this server's own line if it has one, which clientPort may not contradict
 * (QuorumPeerConfig.setupClientPort).
 */
export function clientListenAddress(
  given: Given,
  membership: Membership | null,
  myid: number | null,
): ListenAddress | null {
  const fromKeys = addressFromKeys(given);
  const own = myid === null ? undefined : membership?.members.get(myid)?.clientAddress;
  if (own === undefined || own === null) return fromKeys;
  const fromLine = listenAddress(own.host, own.port);
  if (fromKeys !== null && contradicts(fromKeys, fromLine)) {
    throw given.mistake(
      settings.clientPort,
      `the client address ${fromKeys.host ?? '0.0.0.0'}:${fromKeys.port} differs from ` +
        `${own.host}:${own.port} in the line server.${myid}`,
    );
  }
  return fromLine;
}

/** Shortest and longest session timeout in ms: 2 and 20 ticks where not given. */
export function sessionTimeouts(
  given: Given,
  tickTime: number,
): { readonly min: number; readonly max: number } {
  const min = given.read(settings.minSessionTimeout);
  const max = given.read(settings.maxSessionTimeout);
  const limits = { min: min === -1 ? tickTime * 2 : min, max: max === -1 ? tickTime * 20 : max };
  if (limits.min <= limits.max) return limits;
  throw given.mistake(
    min === -1 ? settings.maxSessionTimeout : settings.minSessionTimeout,
    `minSessionTimeout (${limits.min} ms) must not be larger than maxSessionTimeout (${limits.max} ms)`,
  );
}

/** The schemes that a client has to authenticate with first, or null (AuthenticationHelper.initConfigurations). */
export function enforcedSchemes(given: Given): readonly string[] | null {
  const sasl = given.read(settings.sessionRequireClientSaslAuth);
  const enabled = sasl || given.read(settings.enforceAuthEnabled);
  const schemes = sasl ? ['sasl'] : given.read(settings.enforceAuthSchemes);
  if (!enabled) return null;
  const setting = sasl ? settings.sessionRequireClientSaslAuth : settings.enforceAuthEnabled;
  if (schemes.length === 0) {
    throw given.mistake(setting, 'is true, but enforce.auth.schemes names none');
  }
  const available = given.read(settings.digestAuthEnabled) ? ['ip', 'digest'] : ['ip'];
  const unknown = schemes.find((scheme) => !available.includes(scheme));
  if (unknown === undefined) return schemes;
  throw given.mistake(
    setting,
    `scheme ${unknown} is not available, so nobody could log in (there is ${available.join(' and ')})`,
  );
}

/** What the settings of SASL between servers have to do with each other (QuorumPeerConfig.parseProperties). */
export function checkQuorumSasl(given: Given): void {
  const { quorumEnableSasl, quorumServerRequireSasl, quorumLearnerRequireSasl } = settings;
  const enabled = given.read(quorumEnableSasl);
  for (const setting of [quorumServerRequireSasl, quorumLearnerRequireSasl]) {
    if (enabled || !given.read(setting)) continue;
    throw given.mistake(setting, `needs ${quorumEnableSasl.key}=true`);
  }
  if (given.read(quorumServerRequireSasl) && !given.read(quorumLearnerRequireSasl)) {
    throw given.mistake(quorumServerRequireSasl, `needs ${quorumLearnerRequireSasl.key}=true`);
  }
}

/** Whether the file asks for an ensemble, and not for a server alone (QuorumPeerConfig.isDistributed). */
export function isDistributed(
  config: Pick<ServerConfig, 'membership' | 'standaloneEnabled'>,
): boolean {
  if (config.membership === null) return false;
  const members = [...config.membership.members.values()];
  const voting = members.filter((one) => one.type === 'participant').length;
  return !config.standaloneEnabled || voting > 1;
}

/** A role in the list of servers wins over peerType (QuorumPeerConfig.setupPeerType). */
export function checkPeerType(
  given: Given,
  membership: Membership | null,
  myid: number | null,
  warn: (text: string) => void,
): void {
  const own = myid === null ? undefined : membership?.members.get(myid);
  const byList = own?.type ?? 'participant';
  const byKey = given.read(settings.peerType);
  if (byKey !== byList)
    warn(`peerType is ${byKey}, but in the list of servers it is ${byList}, which counts`);
}
