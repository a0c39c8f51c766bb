/*
 * The -D settings that users of Apache ZooKeeper keep in SERVER_JVMFLAGS and JVMFLAGS, read as properties. Everything else
 * in these variables is for a Java virtual machine and says nothing to us.
 */
import type { Property } from './properties.ts';

/** An environment variable with flags for the JVM. */
export interface JvmFlags {
  /** Its name, for errors. */
  readonly variable: string;
  /** Its value: words between white space, as zkServer.sh splits it. */
  readonly text: string;
}

/** System properties that belong to ZooKeeper without having `zookeeper.` in front. */
const WITHOUT_PREFIX = new Set([
  'jute.maxbuffer',
  'readonlymode.enabled',
  'fsync.warningthresholdms',
]);

/**
 * Everything that the flags of a JVM define.
 *
 * @param flags the variables in the order of Java's command line, where a later -D wins
 * @returns `-Dkey=value` as properties; `-Dkey` alone is an empty value
 */
export function definitions(flags: readonly JvmFlags[]): readonly Property[] {
  return flags.flatMap(({ variable, text }) =>
    text
      .split(/\s+/)
      .filter((word) => word.startsWith('-D'))
      .map((word) => {
        const at = word.indexOf('=');
        const key = at === -1 ? word.slice(2) : word.slice(2, at);
        const value = at === -1 ? '' : word.slice(at + 1).trim();
        return { key, value, place: { file: variable, line: null } };
      }),
  );
}

/** The settings of ZooKeeper among them. */
export function systemProperties(flags: readonly JvmFlags[]): readonly Property[] {
  return definitions(flags).filter(
    ({ key }) =>
      key.startsWith('zookeeper.') || key.startsWith('znode.container.') || WITHOUT_PREFIX.has(key),
  );
}
