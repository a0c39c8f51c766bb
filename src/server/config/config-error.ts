/*
 * The one error that reading a configuration can end with. It is written for the operator who has to correct the file:
 * where, which key, and what is wrong with it. Java throws ConfigException or IllegalArgumentException without a line.
 */

/** A place in a configuration: a line of a file, a file as a whole, or an environment variable. */
export interface Place {
  /** Path of the file as it was named to us, or the name of the environment variable. */
  readonly file: string;
  /** 1-based line, or null where the whole file (or variable) is meant. */
  readonly line: number | null;
}

/** `file:line`, or the file alone. */
export function placeText(place: Place): string {
  return place.line === null ? place.file : `${place.file}:${place.line}`;
}

/** A mistake in zoo.cfg, in a file that it names, or in an environment variable. Its message is complete: place, key, reason. */
export class ConfigError extends Error {
  /** The file, or the environment variable. */
  readonly file: string;
  /** 1-based line, or null where no line is to blame (a key that is missing). */
  readonly line: number | null;
  /** The key as written, or null where no key is to blame. */
  readonly key: string | null;

  /**
   * @param place where the mistake is
   * @param key the key as written, or null
   * @param reason what is wrong, without place and key
   */
  constructor(place: Place, key: string | null, reason: string) {
    super(`${placeText(place)}: ${key === null ? '' : `${key}: `}${reason}`);
    this.name = 'ConfigError';
    this.file = place.file;
    this.line = place.line;
    this.key = key;
  }
}
