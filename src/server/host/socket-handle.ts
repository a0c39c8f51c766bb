/*
 * Moves the handle of an accepted socket into another one. node:net reads into a buffer of ours (`onread`) only where it has made
 * the socket itself; this is the one place that looks behind its surface.
 */
import type { Socket } from 'node:net';

/** A handle of node:net, of which nothing is known here but that it can be handed on. */
export type Handle = object;

/** Takes the handle out of a socket that has not read anything, leaving the socket empty; null where it is gone already. */
export function takeHandle(socket: Socket): Handle | null {
  const inside = socket as unknown as { _handle: Handle | null };
  const handle = inside._handle;
  inside._handle = null;
  return handle;
}

/** The address of an IPv4 peer of a socket that listens on IPv6 as well, as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
