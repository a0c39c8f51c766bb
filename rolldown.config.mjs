/*
 * One file of what `bin/zk-server` runs: loading a hundred and fifty modules one by one takes as long as starting Node itself.
 * The packages from npm stay outside; they are read where npm put them.
 */
import { defineConfig } from 'rolldown';

const config = defineConfig({
  input: 'dist/src/cli/main.js',
  platform: 'node',
  external: [/^[^./]/],
  output: { dir: 'dist/bundle', format: 'esm', sourcemap: true, cleanDir: true },
});

export default config;
