/*
 * The rules of time of a session, all of them parts of its timeout (Java: ClientCnxn). Pure functions; everything in ms.
 */

/** Pings go out at least this often while nothing else is sent, ms (Java: MAX_SEND_PING_INTERVAL). */
const MAX_PING_INTERVAL_MS = 10_000;

/** How long a server may say nothing: two thirds of the session's timeout (Java: readTimeout). */
export function readTimeoutMs(timeoutMs: number): number {
  return Math.floor((timeoutMs * 2) / 3);
}

/** How long a server may take to open a connection and to accept the session: its share of the timeout (Java: connectTimeout). */
export function connectTimeoutMs(timeoutMs: number, serverCount: number): number {
  return Math.max(1, Math.floor(timeoutMs / serverCount));
}

/** How long after the last request a ping goes out: half the read timeout, or up to a second less where that leaves one (Java: run()). */
export function pingIntervalMs(timeoutMs: number): number {
  const halfMs = readTimeoutMs(timeoutMs) / 2;
  const earlyMs = halfMs > 1_000 ? Math.max(1_000, halfMs - 1_000) : halfMs;
  return Math.min(earlyMs, MAX_PING_INTERVAL_MS);
}

/**
 * How long no server may have been heard of before the session is given up without asking one: 4/3 of its timeout (Java since 3.10:
 * expirationTimeout, ZOOKEEPER-4508). The servers have ended it by then.
 */
export function expiryMs(timeoutMs: number): number {
  return Math.floor((timeoutMs * 4) / 3);
}
