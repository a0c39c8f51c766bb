/*
 * The connection string: `host:port,host:port,…/chroot` (Java: ConnectStringParser). IPv6 addresses stand in brackets. Names are
 * resolved at each connection and not here.
 */

import { Chroot } from './path.ts';

/** A server to connect to. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** Where to connect to and as what. */
export interface ConnectionString {
  /** At least one, in the order that they were named. */
  readonly servers: readonly ServerAddress[];
  readonly chroot: Chroot;
}

const DEFAULT_PORT = 2181;

/** Reads a connection string. Raises TypeError for one without a server, with a bad port, or with an invalid chroot. */
export function parseConnectionString(text: string): ConnectionString {
  const slash = text.indexOf('/');
  const hosts = slash < 0 ? text : text.slice(0, slash);
  const servers = hosts
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '')
    .map(parseServer);
  if (servers.length === 0) throw new TypeError(`No server in connection string ${quoted(text)}`);
  return { servers, chroot: new Chroot(slash < 0 ? '' : text.slice(slash)) };
}

function parseServer(text: string): ServerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d*))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) {
    throw new TypeError(`Invalid server ${quoted(text)}: expected host:port or [address]:port`);
  }
  const port = match?.[3] ? Number(match[3]) : DEFAULT_PORT;
  if (port < 1 || port > 65_535) throw new TypeError(`Invalid port in ${quoted(text)}`);
  return { host, port };
}

/** `host:port`, with brackets around an IPv6 address. */
export function serverName(server: ServerAddress): string {
  const { host, port } = server;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const quoted = (text: string): string => JSON.stringify(text);
