/*
 * Zxids, session ids, times and counts as people write them on a command line and in files, and as the tools write them.
 */
import type { SessionId, Zxid } from '../../jute/int64.ts';
import { toHex, toSessionId, toZxid } from '../../jute/int64.ts';
import { ToolError, ToolExit } from './tool-error.ts';

/** A 64-bit number: decimal, or hexadecimal behind 0x (Java: Long.decode, and unsigned as in zkCli). */
function parseLong(text: string, what: string): bigint {
  const match = /^(-?)(0x[0-9a-f]{1,16}|[0-9]{1,20})$/i.exec(text.trim());
  if (match === null) {
    throw new ToolError(
      `${JSON.stringify(text)} is no ${what}: a number, or 0x and hexadecimal digits`,
      ToolExit.misused,
    );
  }
  const magnitude = BigInt(match[2] ?? '');
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Reads a zxid. Raises ToolError. */
export function parseZxid(text: string): Zxid {
  return toZxid(parseLong(text, 'zxid'));
}

/** Reads a session id. Raises ToolError. */
export function parseSession(text: string): SessionId {
  return toSessionId(parseLong(text, 'session id'));
}

/** Reads a time: ms since 1970, or what ISO 8601 writes (without a zone it is local time). Raises ToolError. */
export function parseTimeMs(text: string): number {
  const isNumber = /^[0-9]{1,16}$/.test(text) && text.length !== 4;
  const time = isNumber ? Number(text) : Date.parse(text);
  if (Number.isNaN(time)) {
    throw new ToolError(
      `${JSON.stringify(text)} is no time: write 2026-03-01T12:00:00Z, or ms since 1970`,
      ToolExit.misused,
    );
  }
  return time;
}

/** Reads a whole number that is not negative. Raises ToolError with `exitCode`. */
export function parseCount(
  text: string,
  what: string,
  exitCode: number = ToolExit.misused,
): number {
  if (!/^[0-9]{1,10}$/.test(text)) {
    throw new ToolError(`${what}: ${JSON.stringify(text)} is no number`, exitCode);
  }
  return Number(text);
}

/** A zxid or a session id with 0x in front. */
export function hex(value: bigint): string {
  return `0x${toHex(value)}`;
}

/** A time in ISO 8601; the number where no calendar has it. */
export function isoTime(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString();
}
