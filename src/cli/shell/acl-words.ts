/*
 * Access lists as zkCli takes and shows them (Java: AclParser, ZKUtil.getPermString): `scheme:id:cdrwa`, separated by commas.
 */
import { type ACL, Perms } from '../../client/index.ts';

const LETTERS: ReadonlyMap<string, number> = new Map([
  ['c', Perms.create],
  ['d', Perms.delete],
  ['r', Perms.read],
  ['w', Perms.write],
  ['a', Perms.admin],
]);

/** The letters of permissions, in the order cdrwa. */
export function permsText(perms: number): string {
  return [...LETTERS]
    .filter(([, bit]) => (perms & bit) !== 0)
    .map(([letter]) => letter)
    .join('');
}

/** Reads an access list. An entry that is none is left out, and a letter that is none too, and `warn` is told. */
export function parseAcls(text: string, warn: (line: string) => void): ACL[] {
  const acls: ACL[] = [];
  for (const entry of text.split(',')) {
    const first = entry.indexOf(':');
    const last = entry.lastIndexOf(':');
    if (first === last) {
      warn(`${entry} does not have the form scheme:id:perm`);
      continue;
    }
    let perms = 0;
    for (const letter of entry.slice(last + 1)) {
      const bit = LETTERS.get(letter);
      if (bit === undefined) warn(`Unknown perm type: ${letter}`);
      else perms |= bit;
    }
    acls.push({ perms, id: { scheme: entry.slice(0, first), id: entry.slice(first + 1, last) } });
  }
  return acls;
}
