/*
 * What znodes consist of, as it stands in JSON: data as text where it is text and as base64 where not, and access lists in the words of
 * zkCli.
 */
import { isUtf8 } from 'node:buffer';
import type { ACL } from '../../jute/data.ts';
import { Perms } from '../../jute/op-code.ts';

/** How data is written: as text where that is possible, always as base64, or not at all. */
export type DataForm = 'auto' | 'base64' | 'none';

/** The forms, for the command line. */
export const DATA_FORMS: readonly DataForm[] = ['auto', 'base64', 'none'];

/** Data in JSON: `data` is text or null, `base64` anything. */
export interface JsonData {
  readonly data?: string | null;
  readonly base64?: string;
}

/** Puts data into the fields of an object. */
export function jsonData(bytes: Uint8Array | null, form: DataForm): JsonData {
  if (form === 'none') return {};
  if (bytes === null) return { data: null };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (form === 'auto' && isUtf8(buffer)) return { data: buffer.toString('utf8') };
  return { base64: buffer.toString('base64') };
}

const LETTERS: readonly (readonly [string, number])[] = [
  ['c', Perms.create],
  ['d', Perms.delete],
  ['r', Perms.read],
  ['w', Perms.write],
  ['a', Perms.admin],
];

function permsText(perms: number): string {
  if ((perms & ~Perms.all) !== 0) return String(perms);
  return LETTERS.filter(([, bit]) => (perms & bit) !== 0)
    .map(([letter]) => letter)
    .join('');
}

/** An entry of an access list as zkCli takes it: scheme:id:perms, the permissions as letters of cdrwa. */
export function aclText(acl: ACL): string {
  return `${acl.id.scheme ?? ''}:${acl.id.id ?? ''}:${permsText(acl.perms)}`;
}

/** Reads what aclText writes; null for anything else. The id may have colons itself. */
export function parseAcl(text: string): ACL | null {
  const match = /^([^:]*):(.*):([cdrwa]*|-?[0-9]{1,10})$/s.exec(text);
  if (match === null) return null;
  const [, scheme = '', id = '', letters = ''] = match;
  const perms = /[0-9]/.test(letters)
    ? Number(letters) | 0
    : LETTERS.reduce((sum, [letter, bit]) => (letters.includes(letter) ? sum | bit : sum), 0);
  return { perms, id: { scheme, id } };
}
