/*
 * One of several that want the same lock: it takes it again and again, does something that only one may do at a time, and counts.
 * Usage: node lock_worker.mjs ADDRESS FOLDER TIMEOUT (of its session, in ms). It says `working` after its first round, and how many
 * rounds it made when a line on standard input has asked it to end.
 */
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Counter, Lock, ZooKeeper } from '../../../dist/src/client/index.js';

const [address = '', folder = '', timeout = ''] = process.argv.slice(2);
let isOver = false;
process.stdin.once('data', () => {
  isOver = true;
});

const zk = await ZooKeeper.connect(address, {
  sessionTimeoutMs: Number(timeout),
  reconnectDelayMs: 50,
});
const lock = new Lock(zk, '/lock');
const counter = new Counter(zk, '/counter');
// A folder can be made once only: the second who is in there fails.
const inside = join(folder, 'inside');
let lastZxid = 0n;
for (let round = 1; ; round++) {
  await lock.run(async ({ zxid }) => {
    if (zxid <= lastZxid) throw new Error(`zxid ${zxid} after ${lastZxid}`);
    lastZxid = zxid;
    mkdirSync(inside);
    await sleep(2);
    rmdirSync(inside);
  });
  await counter.add(1);
  if (round === 1) console.log('working');
  if (isOver) {
    console.log(`rounds ${round}`);
    break;
  }
}
await zk.close();
process.stdin.destroy();
