/*
 * One key as data, and the ways to write one down; the keys themselves are in settings.ts and ensemble-settings.ts.
 */
import type { Parse } from './values.ts';

/** One key. */
export interface Setting<T> {
  /** The key as it is written in zoo.cfg; `zookeeper.` in front of it is accepted too. */
  readonly key: string;
  /** Further names of the same thing. */
  readonly aliases: readonly string[];
  /** Whether -D can give it too, or zoo.cfg alone. */
  readonly from: 'file' | 'anywhere';
  /** How its text becomes a value. */
  readonly parse: Parse<T>;
  /** What it is where it is not given. */
  readonly fallback: T;
  /** Why the value changes nothing here; null where it does. */
  readonly noEffect: string | null;
  /** Whether only a server in an ensemble uses it. */
  readonly isForEnsemble: boolean;
}

/** A key that zoo.cfg alone gives. */
export function fromFile<T>(key: string, parse: Parse<T>, fallback: T): Setting<T> {
  return { key, aliases: [], from: 'file', parse, fallback, noEffect: null, isForEnsemble: false };
}

/** A key that zoo.cfg gives, or a -D of the JVM's flags. */
export function fromAnywhere<T>(
  key: string,
  parse: Parse<T>,
  fallback: T,
  aliases: readonly string[] = [],
): Setting<T> {
  return { key, aliases, from: 'anywhere', parse, fallback, noEffect: null, isForEnsemble: false };
}

/** A key that is checked as Java checks it and then changes nothing. */
export function checked<T>(reason: string, setting: Setting<T>): Setting<T> {
  return { ...setting, noEffect: reason };
}

/** A key that means something in an ensemble only. */
export function forEnsemble<T>(setting: Setting<T>): Setting<T> {
  return { ...setting, isForEnsemble: true };
}
