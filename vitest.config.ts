import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/*
 * `unit` is fast and touches nothing outside the process. `system` starts real servers, `interop` real clients and the real
 * ZooKeeper beside them; both go one file at a time, because the machines they run on have two cores.
 *
 * `interop` needs what .ci/run installs. Where that is not, and nobody promised it is (CI), it is left out and said to be.
 */

const needed = [
  ['zookeeper', '/usr/share/java/zookeeper.jar'],
  ['default-jdk-headless', '/usr/bin/javac'],
  ['libcurator-recipes-java', '/usr/share/java/curator-recipes.jar'],
  ['python3-kazoo', '/usr/lib/python3/dist-packages/kazoo'],
  ['libzookeeper-mt-dev', '/usr/include/zookeeper/zookeeper.h'],
  ['gcc', '/usr/bin/gcc'],
] as const;

const missing = needed.filter(([, file]) => !existsSync(file)).map(([name]) => name);
const hasInterop = missing.length === 0 || process.env['CI'] !== undefined;
if (!hasInterop) {
  console.warn(
    `zk-server: test/interop does not run here, it needs Debian's packages ${missing.join(', ')} (.ci/run installs them)`,
  );
}

const oneAtATime = { testTimeout: 600_000, hookTimeout: 600_000, fileParallelism: false };

const interop = {
  test: {
    name: 'interop',
    include: ['test/interop/**/*.test.ts'],
    sequence: { groupOrder: 2 },
    ...oneAtATime,
  },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/system/**', 'test/interop/**'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          ...oneAtATime,
        },
      },
      ...(hasInterop ? [interop] : []),
    ],
  },
});
