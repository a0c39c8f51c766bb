/*
 * The client next door of a fuzz test, in a process of its own so that the work of the attackers is not on its clock: it
 * writes and reads one znode without pause, checks every answer, and measures how long each pair took. What others do to
 * the server must not show here. Usage: node neighbour.mjs PORT PATH. A line on standard input ends it; then it prints the
 * latencies (ms) as JSON, or fails with what went wrong.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

const [port = '', path = ''] = process.argv.slice(2);
const socket = connect(Number(port), '127.0.0.1').setNoDelay(true);
let pending = Buffer.alloc(0);
let isStopping = false;
process.stdin.once('data', () => {
  isStopping = true;
});

/** The next frame, without its length. */
async function frame() {
  while (pending.length < 4 || pending.length < 4 + pending.readInt32BE(0)) {
    const [part] = await once(socket, 'data');
    pending = Buffer.concat([pending, part]);
  }
  const end = 4 + pending.readInt32BE(0);
  const body = pending.subarray(4, end);
  pending = pending.subarray(end);
  return body;
}

const int = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const sized = (bytes) => Buffer.concat([int(bytes.length), Buffer.from(bytes)]);
const send = (...parts) => socket.write(sized(Buffer.concat(parts)));

/** Sends a request and returns the body of its reply; any error code ends the process. */
async function ask(xid, op, ...parts) {
  send(int(xid), int(op), ...parts);
  const reply = await frame();
  if (reply.readInt32BE(0) !== xid)
    throw new Error(`asked ${xid}, was answered ${reply.readInt32BE(0)}`);
  if (reply.readInt32BE(12) !== 0) throw new Error(`op ${op} failed: ${reply.readInt32BE(12)}`);
  return reply.subarray(16);
}

const openAcl = Buffer.concat([
  int(1),
  int(31),
  sized(Buffer.from('world')),
  sized(Buffer.from('anyone')),
]);
const name = sized(Buffer.from(path));
const latencies = [];

send(
  int(0),
  Buffer.alloc(8),
  int(40_000),
  Buffer.alloc(8),
  sized(Buffer.alloc(16)),
  Buffer.alloc(1),
);
await frame();
await ask(1, 1, name, sized(Buffer.alloc(0)), openAcl, int(0));
console.log('ready');
for (let n = 0; !isStopping; n++) {
  const start = performance.now();
  await ask(2 * n + 2, 5, name, sized(Buffer.from(`${n}`)), int(n));
  const data = await ask(2 * n + 3, 4, name, Buffer.alloc(1));
  const seen = data.subarray(4, 4 + data.readInt32BE(0)).toString();
  if (seen !== `${n}`) throw new Error(`wrote ${n} and read ${seen}`);
  latencies.push(performance.now() - start);
}
send(int(1), int(-11));
await frame();
socket.destroy();
console.log(JSON.stringify(latencies));
