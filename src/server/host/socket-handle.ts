/*
 * The one place that looks behind the surface of node:net. It reads into a buffer of ours (`onread`) only where it has made the socket
 * itself, so the handle of an accepted socket is moved into another one; and a small answer that is written to the descriptor
 * takes a twentieth less of a small request's time than one that passes through the streams, two events with their answers a tenth. Measured.
 */
import fs from 'node:fs';
import type { Socket } from 'node:net';

/** Not looked up in the module each time, which is slow. */
const { writeSync } = fs;

/** A handle of node:net, of which nothing is known here but that it can be handed on. */
export type Handle = object;

interface Inside {
  _handle: (Handle & { readonly fd?: number }) | null;
}

/** Takes the handle out of a socket that has not read anything, leaving the socket empty; null where it is gone already. */
export function takeHandle(socket: Socket): Handle | null {
  const inside = socket as unknown as Inside;
  const handle = inside._handle;
  inside._handle = null;
  return handle;
}

/** The file descriptor of a socket that is connected; -1 where the system has none. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as Inside)._handle?.fd ?? -1;
}

/**
 * Sends `bytes[0, size)`: as much as the system takes at once by its descriptor, the rest through the socket. False where
 * something has to wait now, which then may not be changed until the socket is drained.
 */
export function send(socket: Socket, descriptor: number, bytes: Buffer, size: number): boolean {
  // Of a socket that is gone the descriptor may be another's by now, and one that has failed has lost what comes before.
  const mayPass = socket.writableLength === 0 && !socket.destroyed && socket.errored === null;
  const sent = mayPass ? writeNow(descriptor, bytes, size) : 0;
  if (sent === size) return true;
  socket.write(bytes.subarray(sent, size));
  return socket.writableLength === 0;
}

/** How many of `bytes[0, size)` the system has taken: 0 where it takes none or the link is broken, which the socket finds out. */
function writeNow(descriptor: number, bytes: Buffer, size: number): number {
  if (descriptor < 0) return 0;
  try {
    return writeSync(descriptor, bytes, 0, size);
  } catch {
    return 0;
  }
}

/** The address of an IPv4 peer of a socket that listens on IPv6 as well, as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
