/*
 * The versions of a znode that clients see and may expect (Java: PrepRequestProcessor.checkAndIncVersion).
 */

/** Whether a znode has the version that a client expects, -1 being any. */
export function isVersion(current: number, expected: number): boolean {
  return expected === -1 || expected === current;
}

/** The version after `version`; -1 is left out, because a client that expects -1 means any (ZOOKEEPER-4743). */
export function nextVersion(version: number): number {
  const next = (version + 1) | 0;
  return next === -1 ? 0 : next;
}
