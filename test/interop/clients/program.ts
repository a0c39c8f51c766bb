/*
 * Runs one of the client programs of this folder against a server of each kind. The program says "restart the server" when
 * it wants that, and goes on when it is told so; what it printed is compared with what it printed for Apache ZooKeeper.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Wire } from '../../client/stories/wire.ts';
import { Dialogue, needFile, needProgram, run, runWell } from '../../harness/command.ts';
import { curatorClassPath, java, javac, shortLivedJvm } from '../../harness/java.ts';
import { type ServerKind, withServer } from '../../harness/server.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

/** A program, given `host:port`, as a command line. */
export type Program = (address: string) => readonly string[];

/** The lines that a program prints when it works with a fresh server of this kind, restarted when it asks for it. */
export function linesOf(program: Program, kind: ServerKind): Promise<readonly string[]> {
  const config = { 'znode.container.checkIntervalMs': 200 };
  return withServer(kind, config, async (server) => {
    const wire = await Wire.to(server.port);
    const [command = '', ...args] = program(wire.address);
    const dialogue = new Dialogue(command, args);
    try {
      await dialogue.hear('restart the server');
      await server.stop();
      // A Java server that is asked while it starts may never answer, and its client waits for as long as a session lasts.
      wire.shut();
      await server.start();
      wire.open();
      dialogue.say('go on');
      return await dialogue.end();
    } finally {
      dialogue.kill();
      wire.close();
    }
  });
}

/** A folder for what is compiled, and how to remove it. */
async function buildFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'zk-clients-'));
}

/** A compiled program, and what removes it. */
export interface Built {
  readonly program: Program;
  readonly remove: () => Promise<void>;
}

/** Compiles c_workload.c against Debian's C client. */
export async function buildC(): Promise<Built> {
  needFile('/usr/include/zookeeper/zookeeper.h', 'libzookeeper-mt-dev');
  const folder = await buildFolder();
  const binary = join(folder, 'c_workload');
  const source = join(here, 'c_workload.c');
  const flags = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-DTHREADED'];
  await runWell(needProgram('gcc', 'gcc libc6-dev'), [
    ...flags,
    ...['-o', binary, source, '-lzookeeper_mt', '-lpthread'],
  ]);
  return {
    program: (address) => [binary, address],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Compiles CuratorWorkload.java against Debian's Curator. */
export async function buildCurator(): Promise<Built> {
  const folder = await buildFolder();
  const quick = ['-J-XX:+UseSerialGC', '-J-XX:TieredStopAtLevel=1', '-nowarn'];
  const source = join(here, 'CuratorWorkload.java');
  await runWell(javac(), [...quick, '-cp', curatorClassPath(), '-d', folder, source]);
  const run = [...shortLivedJvm, '-cp', curatorClassPath(folder), 'CuratorWorkload'];
  return {
    program: (address) => [java(), ...run, address],
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The Python that Debian's kazoo is installed for. */
export async function kazooProgram(): Promise<Program> {
  for (const python of ['/usr/bin/python3', 'python3']) {
    const found = await run(python, ['-c', 'import kazoo']).catch(() => null);
    if (found?.code === 0) return (address) => [python, join(here, 'kazoo_workload.py'), address];
  }
  throw new Error('kazoo is missing; install it with: apt-get install -y python3-kazoo');
}
