/*
 * What REQUEST, REVALIDATE and PING carry: what a learner and its leader tell each other of clients and their sessions
 * (Java: Learner.request, validateSession and ping; LearnerHandler.run, LearnerMaster.revalidateSession).
 *
 * Both ends of the link are here, each layout beside what writes and what reads it. Readers raise JuteError for what is too short.
 */

import type { Id } from '../../jute/data.ts';
import type { SessionId } from '../../jute/int64.ts';
import { readInt32, readInt64, toSessionId, writeInt64 } from '../../jute/int64.ts';
import { JuteError } from '../../jute/reader.ts';
import type { Packet } from './packet.ts';

// ---- REQUEST: session long, cxid int, type int, record

const REQUEST_START_SIZE = 16;

/** Whose request it is, and what for. */
export interface RequestStart {
  readonly sessionId: SessionId;
  readonly cxid: number;
  readonly type: number;
}

/** What a REQUEST packet asks for. */
export interface LearnerRequest extends RequestStart {
  /** The record, its own copy. */
  readonly body: Buffer;
  readonly authinfo: readonly Id[];
}

/** @param record the record behind the request header */
export function writeLearnerRequest(start: RequestStart, record: Uint8Array): Buffer {
  const data = Buffer.allocUnsafe(REQUEST_START_SIZE + record.length);
  writeInt64(data, 0, start.sessionId);
  data.writeInt32BE(start.cxid, 8);
  data.writeInt32BE(start.type, 12);
  data.set(record, REQUEST_START_SIZE);
  return data;
}

export function readLearnerRequest(packet: Packet): LearnerRequest {
  const { data } = packet;
  if (data.length < REQUEST_START_SIZE) throw new JuteError(`a REQUEST of ${data.length} bytes`);
  return {
    sessionId: toSessionId(readInt64(data, 0)),
    cxid: readInt32(data, 8),
    type: readInt32(data, 12),
    body: Buffer.from(data.subarray(REQUEST_START_SIZE)),
    authinfo: packet.readAuthinfo(),
  };
}

// ---- a session and its time-out, of which a REVALIDATE asks and a PING's answer lists any number: id long, time-out in ms int

const SESSION_SIZE = 12;

function writeSession(data: Buffer, at: number, sessionId: SessionId, timeout: number): void {
  writeInt64(data, at, sessionId);
  data.writeInt32BE(timeout, at + 8);
}

/** A learner's question, whether a session lives. */
export interface Revalidate {
  readonly sessionId: SessionId;
  /** Ms. */
  readonly timeout: number;
}

export function writeRevalidate({ sessionId, timeout }: Revalidate): Buffer {
  const data = Buffer.alloc(SESSION_SIZE);
  writeSession(data, 0, sessionId, timeout);
  return data;
}

export function readRevalidate({ data }: Packet): Revalidate {
  if (data.length < SESSION_SIZE) throw new JuteError(`a REVALIDATE of ${data.length} bytes`);
  return { sessionId: toSessionId(readInt64(data, 0)), timeout: readInt32(data, 8) };
}

/** The answer of a learner to a PING: the sessions that it has heard since the last, with their time-outs in ms. */
export function writeHeardSessions(heard: ReadonlyMap<SessionId, number>): Buffer {
  const data = Buffer.alloc(SESSION_SIZE * heard.size);
  let at = 0;
  for (const [sessionId, timeout] of heard) {
    writeSession(data, at, sessionId, timeout);
    at += SESSION_SIZE;
  }
  return data;
}

/** @param heard takes each session and its time-out */
export function readHeardSessions(
  { data }: Packet,
  heard: (sessionId: SessionId, timeout: number) => void,
): void {
  if (data.length % SESSION_SIZE !== 0) throw new JuteError(`a PING of ${data.length} bytes`);
  for (let at = 0; at < data.length; at += SESSION_SIZE) {
    heard(toSessionId(readInt64(data, at)), readInt32(data, at + 8));
  }
}

// ---- the leader's answer to REVALIDATE: id long, boolean

const REVALIDATED_SIZE = 9;

/** Whether a session lives. */
export interface Revalidated {
  readonly sessionId: SessionId;
  readonly isValid: boolean;
}

export function writeRevalidated({ sessionId, isValid }: Revalidated): Buffer {
  const data = Buffer.alloc(REVALIDATED_SIZE);
  writeInt64(data, 0, sessionId);
  data[8] = isValid ? 1 : 0;
  return data;
}

export function readRevalidated({ data }: Packet): Revalidated {
  if (data.length < REVALIDATED_SIZE) throw new JuteError('a REVALIDATE without its answer');
  return { sessionId: toSessionId(readInt64(data, 0)), isValid: data[8] !== 0 };
}
