/*
 * The names of the four-letter words and telling them from the length of a packet.
 *
 * Both stand in the first four bytes of a connection. No word can be a length: as a number the smallest of them is larger
 * than any jute.maxbuffer in use, and the telnet bytes are a negative one.
 *
 * Answers to FourLetterCommands.isKnown and getCommandString.
 */

/** What Java calls the bytes that telnet sends when it closes; `*` puts it on the whitelist like any word. */
export const TELNET_CLOSE = 'telnet close';

/** IAC IP IAC DO: telnet's interrupt. As a word it only keeps the log quiet about a negative length. */
const TELNET_CLOSE_CODE = 0xfff4fffd | 0;

const spelledWords = [
  'conf',
  'cons',
  'crst',
  'dirs',
  'dump',
  'envi',
  'gtmk',
  'hash',
  'isro',
  'mntr',
  'ruok',
  'srst',
  'srvr',
  'stat',
  'stmk',
  'wchc',
  'wchp',
  'wchs',
] as const;

/** All the words there are, telnet's bytes among them. */
export const FOUR_LETTER_WORDS = [...spelledWords, TELNET_CLOSE] as const;

/** One of the words. */
export type FourLetterWord = (typeof FOUR_LETTER_WORDS)[number];

const wordOfCode = new Map<number, FourLetterWord>([
  ...spelledWords.map((word) => [codeOf(word), word] as const),
  [TELNET_CLOSE_CODE, TELNET_CLOSE],
]);

function codeOf(word: string): number {
  let code = 0;
  for (const letter of word) code = (code << 8) | letter.charCodeAt(0);
  return code;
}

/**
 * The word that the first four bytes of a connection spell, or null when they are the length of a packet. Takes them as a
 * big-endian number, signed or not.
 */
export function isFourLetterWord(first4Bytes: number): FourLetterWord | null {
  return wordOfCode.get(first4Bytes | 0) ?? null;
}
