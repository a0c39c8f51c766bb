/*
 * A server that answers without any logic: the ceiling of what one Node process can do over sockets, and the proof that the
 * generator is faster than the servers it measures. It knows the znodes of the get load by their path's digits, and the one of the
 * watch load because there is no other; it accepts creates without doing them, logs sets of other znodes than that one, which a
 * connection may ask for one by one, and understands nothing else.
 */
import net from 'node:net';
import path from 'node:path';
import { descriptorOf, type Handle, send, takeHandle } from '../src/server/host/socket-handle.ts';
import { BareLog, type Waiting } from './bare-log.ts';
import { DATA_BYTES, dataPath, fillContent, NODE_COUNT } from './content.ts';
import { type FrameReceiver, FrameSplitter } from './frames.ts';
import { NODE_DATA_CHANGED, SYNC_CONNECTED, WATCHED } from './load/watch.ts';
import {
  NOTIFICATION_XID,
  Op,
  REPLY_HEADER_BYTES,
  STAT_BYTES,
  STAT_DATA_LENGTH,
  STAT_MZXID,
  STAT_VERSION,
  viewOf,
} from './wire.ts';

const FRAME_BODY_AT = 4 + REPLY_HEADER_BYTES;
const REPLY_BYTES = FRAME_BODY_AT + 4 + DATA_BYTES + STAT_BYTES;
const STAT_AT = FRAME_BODY_AT + 4 + DATA_BYTES;
const SET_REPLY_BYTES = FRAME_BODY_AT + STAT_BYTES;
/** The low half of the zxid of a reply, behind the length of its frame and xid(4). */
const ZXID_LOW_AT = 12;
/** Where things stand in a request, behind the length of its frame: xid(4) op(4) path(4+n). */
const PATH_AT = 8;
const DIGITS_AT = PATH_AT + dataPath(0).length;
const SHARED_BYTES = 256 * 1024;

/** Serves on 127.0.0.1 until SIGTERM. @param directory for the log */
export function serveBare(port: number, directory: string): void {
  const znodes = new BareZnodes(new BareLog(path.join(directory, 'bare.log')));
  const server = net.createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
    const handle = takeHandle(accepted);
    if (handle !== null) new BareConnection(handle, znodes);
  });
  process.once('SIGTERM', () => process.exit(0));
  server.listen(port, '127.0.0.1');
}

/** A reply to getData, of an all but empty Stat. */
function encodeGetReply(replies: Buffer, at: number): void {
  replies.writeInt32BE(REPLY_BYTES - 4, at);
  replies.writeInt32BE(DATA_BYTES, at + FRAME_BODY_AT);
  replies.writeInt32BE(DATA_BYTES, at + STAT_AT + STAT_DATA_LENGTH);
}

/** A reply to setData, of an all but empty Stat. */
function encodeSetReply(): Buffer {
  const reply = Buffer.alloc(SET_REPLY_BYTES);
  reply.writeInt32BE(SET_REPLY_BYTES - 4, 0);
  reply.writeInt32BE(DATA_BYTES, FRAME_BODY_AT + STAT_DATA_LENGTH);
  return reply;
}

/** type, state and path behind the header of an event. */
function encodeEvent(): Buffer {
  const event = Buffer.alloc(FRAME_BODY_AT + 12 + WATCHED.length);
  event.writeInt32BE(event.length - 4, 0);
  event.writeInt32BE(NOTIFICATION_XID, 4);
  event.writeInt32BE(NODE_DATA_CHANGED, FRAME_BODY_AT);
  event.writeInt32BE(SYNC_CONNECTED, FRAME_BODY_AT + 4);
  event.writeInt32BE(WATCHED.length, FRAME_BODY_AT + 8);
  event.write(WATCHED, FRAME_BODY_AT + 12, 'latin1');
  return event;
}

/** What there is to be read, as replies that only lack their xid. */
class BareZnodes {
  /** The replies to a get of each znode of the get load, one after the other. */
  readonly replies = Buffer.alloc(NODE_COUNT * REPLY_BYTES);
  /** The reply to a get of the watched znode. */
  readonly watched = Buffer.alloc(REPLY_BYTES);
  /** Who has read it since it was set. */
  watchers: BareConnection[] = [];
  readonly log: BareLog;
  /** The version of each znode of the set load, and how many sets there were. */
  readonly versions = new Int32Array(NODE_COUNT);
  setCount = 0;
  readonly #event = encodeEvent();

  constructor(log: BareLog) {
    this.log = log;
    const view = viewOf(this.replies);
    for (let node = 0; node < NODE_COUNT; node++) {
      const at = node * REPLY_BYTES;
      encodeGetReply(this.replies, at);
      fillContent(view, at + FRAME_BODY_AT + 4, node, 0);
    }
    encodeGetReply(this.watched, 0);
  }

  /** Makes `data` what the watched znode holds, and tells its watchers. */
  set(data: Buffer): void {
    data.copy(this.watched, FRAME_BODY_AT + 4);
    const version = this.watched.readInt32BE(STAT_AT + STAT_VERSION);
    this.watched.writeInt32BE(version + 1, STAT_AT + STAT_VERSION);
    const { watchers } = this;
    this.watchers = [];
    for (const watcher of watchers) watcher.write(this.#event);
  }
}

const input = Buffer.allocUnsafeSlow(SHARED_BYTES);
const inputView = viewOf(input);
/** The replies to one chunk of requests. */
let output = Buffer.allocUnsafeSlow(SHARED_BYTES);

class BareConnection implements FrameReceiver, Waiting {
  readonly #socket: net.Socket;
  readonly #descriptor: number;
  readonly #znodes: BareZnodes;
  readonly #splitter = new FrameSplitter();
  #shaken = false;
  #length = 0;
  /** The reply to a set that is being logged. */
  readonly #held = encodeSetReply();

  constructor(handle: Handle, znodes: BareZnodes) {
    this.#znodes = znodes;
    this.#socket = new net.Socket({
      handle,
      onread: { buffer: input, callback: (count: number) => this.#received(count) },
    } as object);
    this.#descriptor = descriptorOf(this.#socket);
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.resume();
  }

  /** False where something of it has to wait: then it may not be changed. */
  write(bytes: Buffer): boolean {
    return send(this.#socket, this.#descriptor, bytes, bytes.length);
  }

  #received(count: number): boolean {
    if (!this.#shaken && input.toString('latin1', 0, 4) === 'srvr') {
      this.#socket.end('Mode: standalone\n');
      return true;
    }
    this.#length = 0;
    this.#splitter.split(inputView, input, count, this);
    if (this.#length === 0) return true;
    // What the kernel has not taken stays with the socket.
    const isSent = this.write(output.subarray(0, this.#length));
    if (!isSent) output = Buffer.allocUnsafeSlow(SHARED_BYTES);
    return true;
  }

  chunkStart(): void {}

  frame(view: DataView, bytes: Buffer, start: number): void {
    const at = this.#length;
    if (!this.#shaken) {
      this.#shaken = true;
      // protocolVersion, timeOut, sessionId, passwd, readOnly
      output.fill(0, at, at + 41);
      output.writeInt32BE(37, at);
      output.writeInt32BE(30_000, at + 8);
      output.writeInt32BE(16, at + 20);
      this.#length += 41;
      return;
    }
    const op = view.getInt32(start + 4);
    if (op === Op.setData && view.getInt32(start + PATH_AT) !== WATCHED.length) {
      this.#logSet(view, bytes, start);
      return;
    }
    if (op === Op.getData) this.#get(view, start);
    else if (op === Op.setData) this.#set(view, bytes, start);
    else if (op === Op.create) this.#create(view, bytes, start);
    else this.#header(0);
    output.writeInt32BE(view.getInt32(start), at + 4);
  }

  #pathEnd(view: DataView, start: number): number {
    return start + PATH_AT + 4 + view.getInt32(start + PATH_AT);
  }

  #get(view: DataView, start: number): void {
    const { replies, watched, watchers } = this.#znodes;
    if (view.getInt32(start + PATH_AT) === WATCHED.length) {
      watchers.push(this);
      this.#append(watched, 0, REPLY_BYTES);
      return;
    }
    const node = this.#node(view, start);
    this.#append(replies, node * REPLY_BYTES, (node + 1) * REPLY_BYTES);
  }

  /** The znode of the loads over many. */
  #node(view: DataView, start: number): number {
    const digits = view.getInt32(start + DIGITS_AT) & 0x0f0f0f0f;
    const tens = (digits >>> 24) * 10 + ((digits >>> 16) & 15);
    return (tens * 10 + ((digits >>> 8) & 15)) * 10 + (digits & 15);
  }

  /** The reply, the Stat, is held until the request is durable. */
  #logSet(view: DataView, bytes: Buffer, start: number): void {
    const znodes = this.#znodes;
    const held = this.#held;
    const node = this.#node(view, start);
    const version = (znodes.versions[node] ?? 0) + 1;
    znodes.versions[node] = version;
    znodes.setCount += 1;
    held.writeInt32BE(view.getInt32(start), 4);
    held.writeInt32BE(znodes.setCount, ZXID_LOW_AT);
    held.writeInt32BE(znodes.setCount, FRAME_BODY_AT + STAT_MZXID + 4);
    held.writeInt32BE(version, FRAME_BODY_AT + STAT_VERSION);
    znodes.log.append(bytes, start, this.#pathEnd(view, start) + 4 + DATA_BYTES + 4, this);
  }

  durable(): void {
    this.write(this.#held);
  }

  /** The reply is the Stat. */
  #set(view: DataView, bytes: Buffer, start: number): void {
    const dataAt = this.#pathEnd(view, start) + 4;
    this.#znodes.set(bytes.subarray(dataAt, dataAt + DATA_BYTES));
    this.#header(STAT_BYTES);
    this.#append(this.#znodes.watched, STAT_AT, REPLY_BYTES);
  }

  /** The reply is the path. Of the watched znode the data is kept. */
  #create(view: DataView, bytes: Buffer, start: number): void {
    const pathAt = start + PATH_AT;
    const pathEnd = this.#pathEnd(view, start);
    this.#header(pathEnd - pathAt);
    this.#append(bytes, pathAt, pathEnd);
    if (view.getInt32(pathAt) !== WATCHED.length) return;
    bytes.copy(this.#znodes.watched, FRAME_BODY_AT + 4, pathEnd + 4, pathEnd + 4 + DATA_BYTES);
  }

  /** A frame that has this many bytes behind its header. */
  #header(bodySize: number): void {
    output.fill(0, this.#length, this.#length + FRAME_BODY_AT);
    output.writeInt32BE(REPLY_HEADER_BYTES + bodySize, this.#length);
    this.#length += FRAME_BODY_AT;
  }

  #append(source: Buffer, start: number, end: number): void {
    source.copy(output, this.#length, start, end);
    this.#length += end - start;
  }

  chunkEnd(): void {}

  closed(): void {}
}
