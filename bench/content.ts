/*
 * The data of the znodes of the loads. Every 100-byte value is a function of the znode's number and its
 * version, so a reader can tell from the Stat alone what all 25 words must be, without any table: a
 * value of another znode, of an older version or a torn one is seen at once.
 */
import { WrongReply } from './wire.ts';

/** Bytes of data of every znode of the loads. */
export const DATA_BYTES = 100;

/** How many znodes the get and set loads go over. */
export const NODE_COUNT = 1000;

/** The znode above those of the get and set loads. */
export const DATA_PARENT = '/bench/data';

/** The path of one znode of the get and set loads; all have the same length. */
export function dataPath(node: number): string {
  return `${DATA_PARENT}/n${String(node).padStart(7, '0')}`;
}

/** Writes the 100 bytes that znode `node` holds at `version`. */
export function fillContent(view: DataView, at: number, node: number, version: number): void {
  let word = firstWord(node, version);
  const end = at + DATA_BYTES;
  for (let place = at; place < end; place += 4) {
    view.setInt32(place, word);
    word = (word + STEP) | 0;
  }
}

/** Throws unless the 100 bytes at `at` are those of znode `node` at `version`. */
export function checkContent(view: DataView, at: number, node: number, version: number): void {
  let word = firstWord(node, version);
  const end = at + DATA_BYTES;
  let difference = 0;
  for (let place = at; place < end; place += 4) {
    difference |= view.getInt32(place) ^ word;
    word = (word + STEP) | 0;
  }
  if (difference !== 0) {
    throw new WrongReply(`the data of znode ${node} is not that of its version ${version}`);
  }
}

const STEP = 0x27d4eb2f;

function firstWord(node: number, version: number): number {
  return (Math.imul(node + 1, 0x1e3779b1) ^ Math.imul(version + 1, 0x05ebca6b)) | 0;
}
