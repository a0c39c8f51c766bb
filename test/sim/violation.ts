/*
 * Violation: what a checker raises when a promise is broken. It names the promise, in the words of the TLA+ specification where that
 * has it, and tells what was seen. Whoever runs the world catches it and tells the seed.
 */

/** The promises that are checked; docs/SIMULATION.md explains each. */
export type Promised =
  | 'Agreement'
  | 'PrefixConsistency'
  | 'TotalOrder'
  | 'LocalPrimaryOrder'
  | 'GlobalPrimaryOrder'
  | 'PrimaryIntegrity'
  | 'Leadership'
  | 'Durability'
  | 'StateAgreement'
  | 'LinearizableWrites'
  | 'ExactlyOnce'
  | 'SessionOrder'
  | 'ReadsTheTree'
  | 'SyncThenRead'
  | 'Watches'
  | 'Ephemerals'
  | 'AccessLists'
  | 'Containers'
  | 'Outcome'
  | 'SequentialNames'
  | 'Sessions'
  | 'Progress'
  | 'NoException';

/** A broken promise. */
export class Violation extends Error {
  readonly promise: Promised;

  constructor(promise: Promised, what: string) {
    super(`${promise}: ${what}`);
    this.promise = promise;
  }
}
