/*
 * Which four-letter words may be answered: what the names of 4lw.commands.whitelist stand for.
 *
 * The configuration splits the list and adds `isro` for a server with read-only mode; only this room knows which words
 * there are. Answers to FourLetterCommands.isEnabled (ZOOKEEPER-2693).
 */

import { FOUR_LETTER_WORDS } from './codes.ts';

/**
 * The words that a server answers, given the names that its configuration allows. `*` stands for all words; `srvr` is
 * always among them, because zkServer.sh asks it. Names that are no words do no harm.
 */
export function fourLetterWordWhitelist(names: Iterable<string>): ReadonlySet<string> {
  const enabled = new Set<string>(names);
  enabled.add('srvr');
  if (enabled.has('*')) for (const word of FOUR_LETTER_WORDS) enabled.add(word);
  return enabled;
}
