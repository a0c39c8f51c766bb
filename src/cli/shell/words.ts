/*
 * A line of the shell as words (Java: ZooKeeperMain.MyCommandOptions.parseCommand): separated by white space, or quoted as a
 * whole. A quotation mark inside of a word is a character like any other, and one that is never closed is left out.
 */

const WORD = /\s*([^"']\S*|"[^"]*"|'[^']*')\s*/g;
const QUOTED = /^(["'])(.*)\1$/;

/** The words of a line: the name of a command, and what it is given. */
export function wordsOf(line: string): string[] {
  return Array.from(line.matchAll(WORD), ([, word = '']) =>
    QUOTED.test(word) ? word.slice(1, -1) : word,
  );
}
