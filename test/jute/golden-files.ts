/*
 * The files in golden/, which golden/Records.java writes with Apache ZooKeeper's own classes; that file tells how to run it.
 */

import { readFileSync } from 'node:fs';

function wordsOf(file: string): string[][] {
  const text = readFileSync(new URL(`./golden/${file}`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
}

const records = new Map(
  wordsOf('records.txt').map(([name = '', hex = '']) => [name, Buffer.from(hex, 'hex')]),
);

/** The names of all records that Java has written, as `record/variant`. */
export const goldenNames: readonly string[] = [...records.keys()];

/** The bytes of one of them. */
export function golden(name: string): Buffer {
  const bytes = records.get(name);
  if (bytes === undefined) throw new Error(`golden/records.txt has no ${name}`);
  return bytes;
}

/** One of Java's tables of codes, by the names there. */
export function goldenCodes(table: string): ReadonlyMap<string, number> {
  const rows = wordsOf('codes.txt').filter(([of]) => of === table);
  if (rows.length === 0) throw new Error(`golden/codes.txt has no table ${table}`);
  return new Map(rows.map(([, name = '', code]) => [name, Number(code)]));
}

/** Byte sequences, most of them no UTF-8, and the string that Java makes of each. */
export const goldenStrings: readonly { readonly bytes: Buffer; readonly text: string }[] = wordsOf(
  'strings.txt',
).map(([bytes = '', units = '']) => ({
  bytes: Buffer.from(bytes, 'hex'),
  text: Buffer.from(units, 'hex').swap16().toString('utf16le'),
}));
