/*
 * SessionOutput: the frames that a session has written for its connection and that are not on their way yet (Java: ClientCnxnSocket's
 * outgoing side). It gives requests their numbers, and knows nothing of answers, of time, or of whether there is a connection.
 */

import type { Zxid } from '../jute/int64.ts';
import { writeInt32 } from '../jute/int64.ts';
import { OpCode, SpecialXid } from '../jute/op-code.ts';
import type { ConnectRequest } from '../jute/proto.ts';
import { writeConnectRequest } from '../jute/proto.ts';
import { writeAuthPacket, writeSetWatches, writeSetWatches2 } from '../jute/requests.ts';
import { JuteWriter } from '../jute/writer.ts';
import { BadArgumentsError } from './errors.ts';
import type { Request } from './request.ts';
import { setWatchesRequests } from './set-watches.ts';
import type { WatchedPaths } from './watch-registry.ts';

/** The last number of a request before it begins with 1 again. */
const LAST_XID = 0x7fff_fffe;
/** Output below this size is copied and the memory used again, in bytes. */
const OUTPUT_KEPT = 64 * 1024;

/** What is to be written to the socket. */
export class SessionOutput {
  readonly #juteMaxBuffer: number;
  #writer = new JuteWriter();
  #xid = 1;

  /** @param juteMaxBuffer bytes that a request may have */
  constructor(juteMaxBuffer: number) {
    this.#juteMaxBuffer = juteMaxBuffer;
  }

  get isEmpty(): boolean {
    return this.#writer.length === 0;
  }

  /** Takes everything that was written, to be sent at once. */
  take(): Buffer {
    const writer = this.#writer;
    if (writer.length < OUTPUT_KEPT) {
      const bytes = writer.toBuffer();
      writer.reset();
      return bytes;
    }
    this.#writer = new JuteWriter();
    return writer.view();
  }

  /** Forgets what was written: its connection is gone. */
  reset(): void {
    this.#writer.reset();
  }

  /** Writes what a connection begins with. */
  writeConnect(request: ConnectRequest): void {
    const at = this.#writer.reserve(4);
    writeConnectRequest(this.#writer, request);
    this.#closeFrame(at);
  }

  /**
   * Gives a request its number and writes it; false for one that is too large or cannot be written, which is failed: nothing of it is
   * sent, or the server would take what follows for the rest of it.
   */
  writeRequest(request: Request): boolean {
    request.xid = this.#nextXid();
    const at = this.#begin(request.xid, request.type);
    try {
      request.write(this.#writer);
      // A value without a length where bytes or text belong has spoiled the count of bytes.
      if (Number.isNaN(this.#writer.length)) throw new TypeError('An argument has the wrong type');
    } catch (error) {
      this.#writer.length = at;
      request.fail(error);
      return false;
    }
    const size = this.#writer.length - at - 4;
    if (size > this.#juteMaxBuffer) {
      this.#writer.length = at;
      const message = `a request of ${size} bytes, juteMaxBuffer is ${this.#juteMaxBuffer}`;
      request.fail(new BadArgumentsError(request.path, { message }));
      return false;
    }
    this.#closeFrame(at);
    return true;
  }

  /** Writes a token of a SASL exchange; returns its number, which the answer has too. */
  writeToken(token: Uint8Array): number {
    const xid = this.#nextXid();
    const at = this.#begin(xid, OpCode.sasl);
    this.#writer.writeBuffer(token);
    this.#closeFrame(at);
    return xid;
  }

  /** Writes credentials. */
  writeAuth(scheme: string, auth: Uint8Array): void {
    const at = this.#begin(SpecialXid.auth, OpCode.auth);
    writeAuthPacket(this.#writer, { type: 0, scheme, auth });
    this.#closeFrame(at);
  }

  /** Sets all watches again; the server tells of what came behind `lastZxid`. */
  writeSetWatches(paths: WatchedPaths, lastZxid: Zxid): void {
    for (const { type, record } of setWatchesRequests(paths, lastZxid)) {
      const at = this.#begin(SpecialXid.setWatches, type);
      if (type === OpCode.setWatches) writeSetWatches(this.#writer, record);
      else writeSetWatches2(this.#writer, record);
      this.#closeFrame(at);
    }
  }

  /** Writes a sign of life. */
  writePing(): void {
    this.#closeFrame(this.#begin(SpecialXid.ping, OpCode.ping));
  }

  /** Never one of those that mean something by themselves (Java: ClientCnxn.getXid). */
  #nextXid(): number {
    const xid = this.#xid;
    this.#xid = xid === LAST_XID ? 1 : xid + 1;
    return xid;
  }

  #begin(xid: number, type: number): number {
    const at = this.#writer.reserve(4);
    this.#writer.writeInt(xid);
    this.#writer.writeInt(type);
    return at;
  }

  #closeFrame(at: number): void {
    writeInt32(this.#writer.buffer, at, this.#writer.length - at - 4);
  }
}
