/*
 * The connections of the attackers, counted by their local port: so many lines may the server's log hold for that address.
 */
import * as raw from '../../harness/raw-client.ts';

const opened = new Map<number, number>();

function count(connection: raw.RawConnection): void {
  const port = connection.socket.localPort ?? 0;
  opened.set(port, (opened.get(port) ?? 0) + 1);
}

/** As openConnection of the raw client, and counted. */
export async function openConnection(port: number): Promise<raw.RawConnection> {
  const connection = await raw.openConnection(port);
  count(connection);
  return connection;
}

/** As openSession of the raw client, and counted. */
export async function openSession(
  port: number,
  request: raw.ConnectRequest,
): Promise<raw.RawSession> {
  const session = await raw.openSession(port, request);
  count(session.connection);
  return session;
}

/** Addresses that occur in more lines of a log than there were connections from them, with their lines. */
export function talkedAboutTooMuch(log: string): string[][] {
  const lines = new Map<string, string[]>();
  for (const line of log.split('\n')) {
    const port = /127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) lines.set(port, [...(lines.get(port) ?? []), line]);
  }
  return [...lines]
    .filter(([port, found]) => found.length > (opened.get(Number(port)) ?? 0))
    .map(([, found]) => found);
}
