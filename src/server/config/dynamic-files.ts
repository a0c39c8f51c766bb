/*
 * What the files of a dynamic configuration are called and what stands in them. A server with reconfigEnabled=true keeps its
 * members in zoo.cfg.dynamic.<version>, and zoo.cfg says in which; what is proposed and not yet committed is in
 * zoo.cfg.dynamic.next, and zoo.cfg.bak is what the operator had written.
 *
 * Answers to QuorumPeerConfig.writeDynamicConfig and editStaticConfig. Java writes zoo.cfg anew from its table of keys, in no
 * order and without the comments; here all lines stay that need not go.
 */
import { configText, type Membership } from '../../quorum/membership.ts';
import { isMembershipKey } from '../../quorum/membership-lines.ts';
import { propertyLines } from './properties.ts';

/** `zoo.cfg.dynamic.100000000`: the members of a version, beside zoo.cfg. */
export function dynamicFileName(configFile: string, version: bigint): string {
  return `${configFile}.dynamic.${version.toString(16)}`;
}

/** `zoo.cfg.dynamic.next`: the members that were proposed last. */
export function proposedFileName(configFile: string): string {
  return `${configFile}.dynamic.next`;
}

/** `zoo.cfg.bak`: what stood in zoo.cfg before its server lines were moved. */
export function backupFileName(configFile: string): string {
  return `${configFile}.bak`;
}

/**
 * The text of a dynamic file: sorted lines, no line end behind the last.
 *
 * @param hasVersion whether a line `version=` is among them, as only zoo.cfg.dynamic.next has it
 */
export function dynamicFileText(membership: Membership, hasVersion: boolean): string {
  return configText(membership)
    .split('\n')
    .filter((line) => hasVersion || !line.startsWith('version='))
    .sort()
    .join('\n');
}

/** A value that reads back as what it is, in ASCII, because .properties files are ISO 8859-1. */
function escaped(value: string): string {
  return value
    .replaceAll('\\', '\\\\')
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * zoo.cfg without its server lines, and with the name of the dynamic file at its end.
 *
 * @param text zoo.cfg, one character for each byte
 * @param dynamicFile absolute path of the dynamic file
 * @param erasesClientPort whether clientPort and clientPortAddress go too: the own server line has them
 */
export function staticConfigText(
  text: string,
  dynamicFile: string,
  erasesClientPort: boolean,
): string {
  const goes = (key: string): boolean =>
    isMembershipKey(key) ||
    key === 'dynamicConfigFile' ||
    key === 'peerType' ||
    (erasesClientPort && (key === 'clientPort' || key === 'clientPortAddress'));
  const gone = propertyLines(text).filter(({ key }) => goes(key));
  const kept = text
    .split(/\r\n|\r|\n/)
    .filter((_line, i) => !gone.some(({ first, last }) => first <= i + 1 && i + 1 <= last));
  while (kept.at(-1) === '') kept.pop();
  return [...kept, `dynamicConfigFile=${escaped(dynamicFile)}`, ''].join('\n');
}
