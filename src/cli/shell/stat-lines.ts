/*
 * The Stat of a znode as zkCli prints it (Java: StatPrinter), and as JSON.
 */
import { type Stat, toHex } from '../../client/index.ts';
import { dateText } from '../tool/java-text.ts';

/** Eleven lines. */
export function statLines(stat: Stat): string[] {
  return [
    `cZxid = 0x${toHex(stat.czxid)}`,
    `ctime = ${dateText(stat.ctime)}`,
    `mZxid = 0x${toHex(stat.mzxid)}`,
    `mtime = ${dateText(stat.mtime)}`,
    `pZxid = 0x${toHex(stat.pzxid)}`,
    `cversion = ${stat.cversion}`,
    `dataVersion = ${stat.version}`,
    `aclVersion = ${stat.aversion}`,
    `ephemeralOwner = 0x${toHex(stat.ephemeralOwner)}`,
    `dataLength = ${stat.dataLength}`,
    `numChildren = ${stat.numChildren}`,
  ];
}

/** The fields by the names of the protocol; ids in hexadecimal, times in ms since 1970. */
export function statJson(stat: Stat): Record<string, number | string> {
  return {
    czxid: `0x${toHex(stat.czxid)}`,
    mzxid: `0x${toHex(stat.mzxid)}`,
    pzxid: `0x${toHex(stat.pzxid)}`,
    ctime: stat.ctime,
    mtime: stat.mtime,
    version: stat.version,
    cversion: stat.cversion,
    aversion: stat.aversion,
    ephemeralOwner: `0x${toHex(stat.ephemeralOwner)}`,
    dataLength: stat.dataLength,
    numChildren: stat.numChildren,
  };
}
