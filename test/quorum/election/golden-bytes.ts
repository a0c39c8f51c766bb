/*
 * Bytes that Apache ZooKeeper 3.8.0 sent over its election links, one `name hex` a line: server 2 of three dialling server 3,
 * with one address and with multiAddress.enabled; an observer, server 4, dialling server 1; and what a looking server 3 is told
 * by 1, which follows 2, and by 2: the last vote of their election, then what they are doing.
 */
import { readFileSync } from 'node:fs';

const lines = readFileSync(new URL('golden/java-3.8.0.txt', import.meta.url), 'utf8').split('\n');

/** The bytes of that name. */
export function golden(name: string): Buffer {
  const hex = lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  if (hex === undefined) throw new Error(`no golden bytes ${name}`);
  return Buffer.from(hex, 'hex');
}
