/*
 * How many sockets clients may have, so that the server never lacks a file descriptor for its own files: a log that cannot go
 * on in its next file stops the server. Java has no such reserve, and dies of it.
 */

import type { HostFacts } from '../server-view.ts';

/** Part of all descriptors that is not for clients, at least and at most this many. */
const RESERVED_PART = 1 / 8;
const LEAST_RESERVE = 16;
const LARGEST_RESERVE = 128;

/**
 * The sockets that clients may have open at once: what the system grants to this process, less what it has open now, less a
 * reserve for logs, snapshots and links to other servers. Infinite where the system does not say. Never below 1.
 */
export function clientSocketLimit(
  facts: Pick<HostFacts, 'maxFileDescriptorCount' | 'openFileDescriptorCount'>,
): number {
  const max = facts.maxFileDescriptorCount();
  const open = facts.openFileDescriptorCount();
  if (max < 0 || open < 0) return Number.POSITIVE_INFINITY;
  const part = Math.ceil(max * RESERVED_PART);
  const reserve = Math.min(LARGEST_RESERVE, Math.max(LEAST_RESERVE, part));
  return Math.max(1, max - open - reserve);
}
