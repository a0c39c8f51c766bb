/*
 * A few scripts of what `bin/zk-server` runs: loading a hundred and fifty modules one by one takes as long as starting Node itself. The
 * packages from npm are in them, but for yargs, which a server does not need. Beside each lies the code that V8 makes of it, so
 * that not every start compiles it anew (bin/zk-server). One script alone would be slower: its constants would be variables.
 */
import { writeFileSync } from 'node:fs';
import Module from 'node:module';
import { join } from 'node:path';
import v8 from 'node:v8';
import { Script } from 'node:vm';
import { defineConfig } from 'rolldown';

/** Compiles everything, also what is not called at once. V8 takes the code only under the flags that it was made under. */
function compiled(source, filename) {
  v8.setFlagsFromString('--no-lazy');
  const script = new Script(Module.wrap(source), { filename });
  v8.setFlagsFromString('--lazy');
  return script.createCachedData();
}

const withCompiledCode = {
  name: 'compiled-code',
  writeBundle({ dir }, files) {
    for (const file of Object.values(files)) {
      if (file.type !== 'chunk') continue;
      const path = join(dir, file.fileName);
      writeFileSync(`${path}.compiled`, compiled(file.code, path));
    }
  },
};

const server = defineConfig({
  input: 'dist/src/cli/main.js',
  platform: 'node',
  external: ['yargs'],
  plugins: [withCompiledCode],
  output: {
    dir: 'dist/bundle',
    entryFileNames: '[name].cjs',
    format: 'cjs',
    chunkFileNames: '[name]-[hash].cjs',
    sourcemap: true,
    cleanDir: true,
  },
});

/** What `bin/zk-tool` runs, in a folder of its own: the server's scripts are cut as the server needs them. */
const tool = defineConfig({
  input: 'dist/src/cli/tool/main.js',
  platform: 'node',
  external: ['yargs'],
  output: {
    file: 'dist/tool-bundle/main.cjs',
    format: 'cjs',
    codeSplitting: false,
    sourcemap: true,
  },
});

/** What `bin/zk-cli` runs, with its code beside it: a script calls it once for each command. Key stores are rare, and what reads them is big. */
const shell = defineConfig({
  input: 'dist/src/cli/shell/main.js',
  platform: 'node',
  external: ['jks-js'],
  plugins: [withCompiledCode],
  output: {
    dir: 'dist/shell-bundle',
    entryFileNames: '[name].cjs',
    format: 'cjs',
    // A script of node:vm has no import().
    dynamicImportInCjs: false,
    codeSplitting: false,
    sourcemap: true,
    cleanDir: true,
  },
});

export default [server, tool, shell];
