/*
 * The four-letter words as a table: name to answer.
 *
 * The connection asks isFourLetterWord of its first four bytes, waits for as many bytes more as argumentLength says, sends
 * the text of answerFourLetterWord in UTF-8 and closes. Java counts such a connection's packets too: one received with
 * four bytes, and one sent. Answers to CommandExecutor, NopCommand and NIOServerCnxn.checkFourLetterWord.
 */

import { readInt64, toHex } from '../jute/int64.ts';
import { type FourLetterWord, TELNET_CLOSE } from './codes.ts';
import { conf, dirs } from './conf.ts';
import { cons, crst } from './connections.ts';
import { dump } from './dump.ts';
import { envi } from './envi.ts';
import { mntr } from './mntr.ts';
import type { ServerView } from './server-view.ts';
import { srst, srvr, stat } from './stat.ts';
import { wchc, wchp, wchs } from './watches.ts';

const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';

/** The bytes of the trace mask behind `stmk`: a signed 64-bit number, big-endian. */
const TRACE_MASK_BYTES = 8;

type Answer = (view: ServerView, argument: Uint8Array) => string;

const answers: { readonly [word in FourLetterWord]: Answer } = {
  conf: whileServing(conf),
  cons: whileServing(cons),
  crst: whileServing(crst),
  dirs: whileServing(dirs),
  dump: whileServing(dump),
  envi,
  gtmk: (view) => String(view.traceMask()),
  hash: whileServing(hash, NOT_SERVING),
  isro: whileServing((view) => (view.serverState() === 'read-only' ? 'ro' : 'rw'), 'null'),
  mntr: whileServing(mntr),
  ruok: () => 'imok',
  srst: whileServing(srst),
  srvr: whileServing(srvr),
  stat: whileServing(stat),
  stmk,
  wchc: whileServing(wchc),
  wchp: whileServing(wchp),
  wchs: whileServing(wchs),
  [TELNET_CLOSE]: () => '',
};

/** How many bytes follow a word that will be answered: 8 after `stmk`, none after the others or after a refused one. */
export function argumentLength(word: FourLetterWord, view: ServerView): number {
  return word === 'stmk' && view.whitelist().has(word) ? TRACE_MASK_BYTES : 0;
}

/**
 * The whole text to send for a word, which may be empty. `argument` holds the bytes that followed the word, as many as
 * argumentLength asked for or fewer when the connection ended before; `stmk` without its mask does nothing.
 */
export function answerFourLetterWord(
  word: FourLetterWord,
  argument: Uint8Array,
  view: ServerView,
): string {
  if (!view.whitelist().has(word)) {
    return `${word} is not executed because it is not in the whitelist.\n`;
  }
  return answers[word](view, argument);
}

/** Some words say without an end of line that they cannot be answered; `otherwise` is for those. */
function whileServing(answer: Answer, otherwise = `${NOT_SERVING}\n`): Answer {
  return (view, argument) => (view.isRunning() ? answer(view, argument) : otherwise);
}

/** `hash`: the digests of the tree that were kept, each with its zxid, oldest first. */
function hash(view: ServerView): string {
  let text = '';
  for (const { zxid, digest } of view.digestLog()) text += `${toHex(zxid)}: ${digest}\n`;
  return text;
}

function stmk(view: ServerView, argument: Uint8Array): string {
  if (argument.length < TRACE_MASK_BYTES) return '';
  const mask = readInt64(argument, 0);
  view.setTraceMask(mask);
  return String(mask);
}
