/*
 * What Apache ZooKeeper 3.8.0 made of some memberships: membership-golden.txt, case after case.
 */
import { readFileSync } from 'node:fs';
import type { Membership } from '../../src/quorum/membership.ts';
import { parseConfigText } from '../../src/quorum/membership-lines.ts';

/** One case. */
export interface JavaMembership {
  /** The lines as somebody has written them. */
  readonly written: string;
  /** What toString of Java's quorum verifier gives. */
  readonly text: string;
  /** The servers whose subsets were tried, and for each subset whether it is a quorum; none for a majority. */
  readonly quorums: { readonly sids: readonly number[]; readonly answers: string } | null;
}

/** All cases. */
export function javaMemberships(): readonly JavaMembership[] {
  const file = new URL('membership-golden.txt', import.meta.url);
  const cases = readFileSync(file, 'utf8').split('--in\n').slice(1);
  return cases.map((one) => {
    const [written = '', rest = ''] = one.split('\n--out\n');
    const [text = '', quorums] = rest.trimEnd().split('\n--quorums ');
    const match = /^\[(.*)\] ([01]+)$/.exec(quorums ?? '');
    const sids = (match?.[1] ?? '').split(', ').map(Number);
    return {
      written,
      text,
      quorums: match === null ? null : { sids, answers: match[2] ?? '' },
    };
  });
}

/** The membership of a text that is one. */
export function membership(text: string): Membership {
  const parsed = parseConfigText(text);
  if (parsed instanceof Error) throw parsed;
  return parsed;
}
