/*
 * One znode watched by many connections: a writer sets it, every watcher gets its event, reads the znode
 * again with a new watch, and when the last has read the new version the writer sets it again. Counted
 * are the events; an event's latency runs from the write of the set.
 */
import { checkContent, DATA_BYTES, fillContent } from '../content.ts';
import { type Conversation, openSessions } from '../conversation.ts';
import type { FrameReceiver } from '../frames.ts';
import type { Link } from '../link.ts';
import type { Meter } from '../meter.ts';
import {
  checkLength,
  checkStat,
  getLong,
  NOTIFICATION_XID,
  Op,
  REPLY_HEADER_BYTES,
  type RequestEncoder,
  RequestRing,
  STAT_BYTES,
  WrongReply,
} from '../wire.ts';

/** The znode of this load. */
export const WATCHED = '/bench/watched';

/** Event.EventType.NodeDataChanged and KeeperState.SyncConnected. */
export const NODE_DATA_CHANGED = 3;
export const SYNC_CONNECTED = 3;

/** The watchers, their writer, and the version that they are all about. */
export class WatchLoad {
  /** The newest version that the writer has asked for. */
  version = 0;
  /** When that set was written, as performance.now() tells it. */
  setAtMs = 0;
  readonly meter: Meter;
  readonly #watchers: Watcher[] = [];
  #writer: Conversation | undefined;
  #left = 0;
  #armed: () => void = () => undefined;
  #stopped = false;

  constructor(meter: Meter) {
    this.meter = meter;
  }

  /** Creates the znode and lets `count` connections watch it. */
  async setUp(port: number, count: number, timeoutMs: number): Promise<void> {
    const [writer] = await openSessions([port], { count: 1, timeoutMs });
    if (writer === undefined) throw new Error('no session for the writer');
    this.#writer = writer;
    await writer.ensure('/bench');
    await writer.create(WATCHED, this.#content());
    for (const session of await openSessions([port], { count, timeoutMs })) {
      this.#watchers.push(new Watcher(this, session.link));
    }
    const armed = this.#allArmed();
    for (const watcher of this.#watchers) watcher.arm();
    await armed;
  }

  /** Sets the znode again and again until `stop` is called; resolves when the last watchers are armed again. */
  async run(): Promise<void> {
    this.#stopped = false;
    while (!this.#stopped) {
      const armed = this.#allArmed();
      this.version += 1;
      const content = this.#content();
      this.setAtMs = performance.now();
      const reply = this.#writer?.call(Op.setData, (request) => {
        request.string(WATCHED).int(content.length);
        const at = request.length;
        request.zeros(content.length).overwrite(at, content).int(-1);
      });
      await Promise.all([reply, armed]);
    }
  }

  /** Lets the round at hand be the last. */
  stop(): void {
    this.#stopped = true;
  }

  /** A watcher has read the newest version and set its watch. */
  watcherArmed(): void {
    this.#left -= 1;
    if (this.#left === 0) this.#armed();
  }

  #allArmed(): Promise<void> {
    this.#left = this.#watchers.length;
    return new Promise((resolve) => {
      this.#armed = resolve;
    });
  }

  #content(): Buffer {
    const content = Buffer.alloc(DATA_BYTES);
    fillContent(new DataView(content.buffer, content.byteOffset), 0, 0, this.version);
    return content;
  }
}

/** One connection that watches. Its one request is encoded once; only the xid changes. */
class Watcher implements FrameReceiver {
  readonly #load: WatchLoad;
  readonly #link: Link;
  readonly #request: RequestRing;
  #xid = 0;
  #isArming = false;
  #zxid = 0;

  constructor(load: WatchLoad, link: Link) {
    this.#load = load;
    this.#link = link;
    this.#request = RequestRing.of(1, (out: RequestEncoder) => {
      out.begin(0, Op.getData).string(WATCHED).bool(true).end();
    });
    link.receiver = this;
  }

  /** Reads the znode and watches it. */
  arm(): void {
    this.#xid += 1;
    this.#isArming = true;
    this.#request.view.setInt32(4, this.#xid);
    this.#link.write(this.#request.bytes);
  }

  chunkStart(): void {
    this.#load.meter.turn();
  }

  frame(view: DataView, bytes: Buffer, start: number, end: number): void {
    if (view.getInt32(start) === NOTIFICATION_XID) this.#event(view, bytes, start, end);
    else this.#reply(view, start, end);
  }

  chunkEnd(): void {}

  closed(reason: string): void {
    throw new WrongReply(`a watcher: ${reason}`);
  }

  /** xid -1, zxid (-1, or from 3.9 on that of the change), err 0, then type(4) state(4) path. */
  #event(view: DataView, bytes: Buffer, start: number, end: number): void {
    const at = start + REPLY_HEADER_BYTES;
    checkLength(at, end, 12 + WATCHED.length);
    if (this.#isArming) throw new WrongReply('an event came before its watch was set');
    if (view.getInt32(at) !== NODE_DATA_CHANGED || view.getInt32(at + 4) !== SYNC_CONNECTED) {
      throw new WrongReply(`an event of type ${view.getInt32(at)}, state ${view.getInt32(at + 4)}`);
    }
    if (bytes.compare(WATCHED_BYTES, 0, WATCHED.length, at + 12, end) !== 0) {
      throw new WrongReply('an event of another path');
    }
    this.#load.meter.record(this.#load.setAtMs);
    this.arm();
  }

  #reply(view: DataView, start: number, end: number): void {
    const at = start + REPLY_HEADER_BYTES;
    if (!this.#isArming || view.getInt32(start) !== this.#xid) {
      throw new WrongReply(`xid ${view.getInt32(start)} at a watcher`);
    }
    const zxid = getLong(view, start + 4);
    if (zxid < this.#zxid) throw new WrongReply(`zxid ${zxid} after zxid ${this.#zxid}`);
    this.#zxid = zxid;
    if (view.getInt32(start + 12) !== 0) throw new WrongReply('an error code at a watcher');
    checkLength(at, end, 4 + DATA_BYTES + STAT_BYTES);
    const version = checkStat(view, at + 4 + DATA_BYTES, DATA_BYTES);
    if (version !== this.#load.version) {
      throw new WrongReply(`version ${version} seen after the event of ${this.#load.version}`);
    }
    checkContent(view, at + 4, 0, version);
    this.#isArming = false;
    this.#load.watcherArmed();
  }
}

const WATCHED_BYTES = Buffer.from(WATCHED);
