/*
 * Which four-letter words may be answered: the rule behind 4lw.commands.whitelist.
 *
 * Answers to FourLetterCommands.isEnabled (ZOOKEEPER-2693).
 */

import { FOUR_LETTER_WORDS } from './codes.ts';

/**
 * The words that a server answers. `commands` is the value of 4lw.commands.whitelist, a list with commas in which `*`
 * stands for all words and ends the list; undefined when the key is not set. `srvr` is always in it, because zkServer.sh
 * asks it, and `isro` on a server with readonlymode.enabled, because clients ask it. Names that are no words do no harm.
 */
export function fourLetterWordWhitelist(
  commands: string | undefined,
  readOnlyModeEnabled: boolean,
): ReadonlySet<string> {
  const enabled = new Set<string>();
  for (const item of (commands ?? '').split(',')) {
    const command = item.trim();
    if (command === '*') {
      for (const word of FOUR_LETTER_WORDS) enabled.add(word);
      break;
    }
    if (command !== '') enabled.add(command);
  }
  if (readOnlyModeEnabled) enabled.add('isro');
  enabled.add('srvr');
  return enabled;
}
