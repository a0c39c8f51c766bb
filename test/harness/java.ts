/*
 * Where Debian keeps Apache ZooKeeper (3.8.0), and how its server and its tools are run. Debian's jar names the jars it
 * needs in its manifest but no logger; slf4j-simple is put beside it so that a failing test can show what Java had to say.
 */
import { type Finished, needFile, needProgram, runWell } from './command.ts';

const jars = '/usr/share/java';

/** What Netty needs to serve, and Debian's manifest forgets. */
const nettyParts = ['netty-codec', 'netty-resolver', 'netty-transport-native-unix-common'];

/** The class path of ZooKeeper with a logger that writes warnings to standard error. */
export function zookeeperClassPath(...more: readonly string[]): string {
  return [
    needFile(`${jars}/zookeeper.jar`, 'zookeeper'),
    needFile(`${jars}/slf4j-simple.jar`, 'libslf4j-java'),
    ...nettyParts.map((name) => needFile(`${jars}/${name}.jar`, 'libnetty-java')),
    ...more,
  ].join(':');
}

/** Debian's Curator, and what it needs at run time. */
export function curatorClassPath(...more: readonly string[]): string {
  return zookeeperClassPath(
    needFile(`${jars}/curator-client.jar`, 'libcurator-client-java'),
    needFile(`${jars}/curator-framework.jar`, 'libcurator-framework-java'),
    needFile(`${jars}/curator-recipes.jar`, 'libcurator-recipes-java'),
    needFile(`${jars}/guava.jar`, 'libguava-java'),
    needFile(`${jars}/slf4j-api.jar`, 'libslf4j-java'),
    needFile(`${jars}/zookeeper-jute.jar`, 'libzookeeper-java'),
    ...more,
  );
}

/** Options for a JVM that lives for seconds: start fast, stay small, log warnings only. */
export const shortLivedJvm: readonly string[] = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
];

/** The path of `java`. */
export const java = (): string => needProgram('java', 'default-jre-headless');

/** The path of `keytool`. */
export const keytool = (): string => needProgram('keytool', 'default-jre-headless');

/** The path of `javac`. */
export const javac = (): string => needProgram('javac', 'default-jdk-headless');

/** Runs a class of ZooKeeper's own (TxnLogToolkit, SnapshotFormatter, ZooKeeperMain …) to its end. */
export function runZooKeeperClass(
  className: string,
  args: readonly string[],
  input = '',
): Promise<Finished> {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error';
  const jvm = [...shortLivedJvm, quiet, '-Dzookeeper.extendedTypesEnabled=true'];
  return runWell(
    java(),
    [...jvm, '-cp', zookeeperClassPath(), `org.apache.zookeeper.${className}`, ...args],
    { input },
  );
}
