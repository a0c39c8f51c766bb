/*
 * A session and, in memory, the server that it talks with. The test is the server: it reads what the session has sent as records,
 * and answers with frames. The clock stands still unless the test lets time pass.
 */

import { Request, type RequestParts } from '../../src/client/request.ts';
import { Session } from '../../src/client/session.ts';
import type { SessionEffect, SessionSettings } from '../../src/client/session-effects.ts';
import type { WatchedEvent } from '../../src/client/watch-registry.ts';
import type { SessionId } from '../../src/jute/int64.ts';
import { toZxid } from '../../src/jute/int64.ts';
import { EventType, OpCode, SpecialXid } from '../../src/jute/op-code.ts';
import {
  readConnectRequest,
  readRequestHeader,
  writeConnectResponse,
  writeReplyHeader,
} from '../../src/jute/proto.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import { writeWatcherEvent } from '../../src/jute/responses.ts';
import { JuteWriter } from '../../src/jute/writer.ts';

/** A request as the server sees it; `body` stands behind the header. */
export interface Sent {
  readonly xid: number;
  readonly type: number;
  readonly body: JuteReader;
}

const defaults: SessionSettings = {
  servers: [{ host: 'one', port: 1 }],
  sessionTimeoutMs: 30_000,
  canBeReadOnly: false,
  juteMaxBuffer: 1024,
  maxRequests: 100,
  reconnectDelayMs: 1_000,
  session: null,
  sasl: null,
  random: () => 0.5,
};

const framed = (write: (writer: JuteWriter) => void): Buffer => {
  const writer = new JuteWriter();
  writer.writeInt(0);
  write(writer);
  writer.buffer.writeInt32BE(writer.length - 4);
  return writer.toBuffer();
};

export class Conversation {
  readonly session: Session;
  now = 1_000;
  /** What has happened, as short texts: `connect one:1`, `state connected`, `nodeDeleted /a` … */
  readonly story: string[] = [];

  constructor(settings: Partial<SessionSettings> = {}) {
    this.session = new Session({ ...defaults, ...settings });
    this.session.start(this.now);
    this.settle();
  }

  /** A session that is connected. */
  static connected(settings: Partial<SessionSettings> = {}, timeoutMs = 30_000): Conversation {
    const conversation = new Conversation(settings);
    conversation.accept(timeoutMs);
    conversation.story.length = 0;
    return conversation;
  }

  /** Takes the effects into the story, and tells watchers what they are to hear. */
  settle(): void {
    for (const effect of this.session.effects.splice(0)) this.#tell(effect);
  }

  #tell(effect: SessionEffect): void {
    switch (effect.kind) {
      case 'connect':
      case 'probe':
        this.story.push(`${effect.kind} ${effect.server.host}:${effect.server.port}`);
        break;
      case 'disconnect':
        this.story.push('disconnect');
        break;
      case 'state':
        this.story.push(`state ${effect.state}`);
        break;
      case 'saslAuthenticated':
        this.story.push('saslAuthenticated');
        break;
      case 'deliver': {
        const { type, path, zxid, watchers } = effect.delivery;
        for (const watcher of watchers) watcher({ type, path, zxid });
        break;
      }
    }
  }

  /** A watcher that writes into the story. */
  watcher(name: string): (event: WatchedEvent) => void {
    return (event) => this.story.push(`${name}: ${event.type} ${event.path}`);
  }

  /** The connection opens, and the server takes the session. */
  accept(timeoutMs = 30_000, isReadOnly = false, id = 7n): void {
    this.session.opened(this.now);
    this.session.takeOutput(this.now);
    this.greet(timeoutMs, isReadOnly, id);
  }

  /** The server answers a ConnectRequest. */
  greet(timeoutMs: number, isReadOnly = false, id = 7n): void {
    this.hear(
      framed((writer) =>
        writeConnectResponse(writer, {
          protocolVersion: 0,
          timeOut: timeoutMs,
          sessionId: id as SessionId,
          passwd: Buffer.alloc(16, 9),
          readOnly: isReadOnly,
        }),
      ),
    );
  }

  /** The ConnectRequest that the session sends when its connection opens. */
  connectRequest(): ReturnType<typeof readConnectRequest> {
    this.session.opened(this.now);
    const bytes = this.session.takeOutput(this.now);
    return readConnectRequest(new JuteReader(bytes, 4));
  }

  /** Everything sent since this was asked last. */
  sent(): readonly Sent[] {
    const sent: Sent[] = [];
    if (!this.session.hasOutput) return sent;
    const bytes = this.session.takeOutput(this.now);
    for (let at = 0; at < bytes.length; ) {
      const end = at + 4 + bytes.readInt32BE(at);
      const body = new JuteReader(bytes, at + 4, end);
      sent.push({ ...readRequestHeader(body), body });
      at = end;
    }
    return sent;
  }

  /** The op codes of everything sent since. */
  sentTypes(): readonly number[] {
    return this.sent().map(({ type }) => type);
  }

  /** Bytes come from the server. */
  hear(bytes: Buffer): void {
    this.session.received(bytes, this.now);
    this.settle();
    while (this.session.hasMore) {
      this.session.resume(this.now);
      this.settle();
    }
  }

  /** The server closes the connection. */
  close(): void {
    this.session.lost(null, this.now);
    this.settle();
  }

  /** Time passes, and the session is woken whenever it wants to. */
  pass(ms: number): void {
    const end = this.now + ms;
    while (this.session.deadline <= end) {
      this.now = Math.max(this.now, this.session.deadline);
      this.session.wake(this.now);
      this.settle();
    }
    this.now = end;
  }

  /** The end of the session, as close() asks for it. */
  closeRequest(): Request {
    return this.#request('close', { type: OpCode.closeSession, write: () => {} });
  }

  /** Adds credentials; their outcome is put into the story under the name of the scheme. */
  addAuth(scheme: string, auth: string): void {
    this.session.addAuth(scheme, Buffer.from(auth), this.#request(scheme));
    this.settle();
  }

  /** Makes a request with a path as its body; how it ends is put into the story. */
  ask(name: string, parts: Partial<RequestParts> = {}): Request {
    const request = this.#request(name, parts);
    this.session.submit(request, this.now);
    this.settle();
    return request;
  }

  #request(name: string, parts: Partial<RequestParts> = {}): Request {
    return new Request({
      type: 4,
      path: name,
      write: (writer) => writer.writeString(name),
      answered: (err, reader) => {
        const value = reader.remaining >= 4 ? ` ${reader.readInt()}` : '';
        this.story.push(`${name}: answer ${err}${value}`);
      },
      failed: (error) => this.story.push(`${name}: ${error instanceof Error ? error.name : error}`),
      ...parts,
    });
  }
}

/** The frame of an answer. */
export function answer(xid: number, options: { zxid?: number; err?: number; value?: number } = {}) {
  const { zxid = 5, err = 0, value } = options;
  return framed((writer) => {
    writeReplyHeader(writer, { xid, zxid: toZxid(BigInt(zxid)), err });
    if (value !== undefined) writer.writeInt(value);
  });
}

/** The frame of a step of SASL. */
export function tokenAnswer(xid: number, token: string | null): Buffer {
  return framed((writer) => {
    writeReplyHeader(writer, { xid, zxid: toZxid(0n), err: 0 });
    writer.writeBuffer(token === null ? null : Buffer.from(token));
  });
}

/** The frame of a watch event. */
export function event(type: keyof typeof EventType, path: string, zxid = -1n): Buffer {
  return framed((writer) => {
    writeReplyHeader(writer, { xid: SpecialXid.notification, zxid: toZxid(zxid), err: 0 });
    writeWatcherEvent(writer, { type: EventType[type], state: 3, path });
  });
}
