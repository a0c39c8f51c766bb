/*
 * Runs zk-tool inside of the test, on a console that keeps what is written, and makes the files that it looks at.
 */
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { runTool } from '../../../src/cli/tool/main.ts';
import { Output, Progress, type ToolConsole } from '../../../src/cli/tool/output.ts';

/** What a tool did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  /** Lines on standard error. */
  readonly err: string[];
}

/** A stream that keeps what it gets. */
class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString('utf8');
    done();
  }
}

/** A console, and what was written on it. */
export interface KeptConsole {
  readonly console: ToolConsole;
  readonly text: () => string;
  readonly err: string[];
}

/** A console that keeps what it gets, and answers what is asked. */
export function newConsole(answers: readonly string[] = []): KeptConsole {
  const stream = new Kept();
  const err: string[] = [];
  const out = new Output(stream);
  const left = [...answers];
  const console = {
    out,
    progress: new Progress({ write: () => true, isTTY: false }),
    warn: (line: string) => {
      err.push(line);
    },
    ask: async (question: string) => {
      out.write(question);
      await out.flush();
      return left.shift() ?? null;
    },
  };
  return { console, text: () => stream.text, err };
}

/** Runs a tool to its end. */
export async function tool(argv: readonly string[], answers: readonly string[] = []): Promise<Ran> {
  const { console, text, err } = newConsole(answers);
  const code = await runTool(console, argv);
  return { code, out: text(), err };
}

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** An empty folder that is gone after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'zk-tool-'));
  folders.push(folder);
  return folder;
}

/** Files of Apache ZooKeeper 3.8: a tree of 0x22 transactions with its snapshot, plain and packed, and four more transactions. */
export const storageGolden: string = fileURLToPath(
  new URL('../../datatree/storage/golden/', import.meta.url),
);

/** One log and one snapshot behind it, also by Java, with every kind of transaction. */
export const goldenTree: string = fileURLToPath(new URL('../../datatree/golden/', import.meta.url));

/** A data directory as Java left it: snapshot.0, log.1, snapshot.22, log.23. */
export function goldenDataDir(): string {
  const dataDir = newFolder();
  const version = join(dataDir, 'version-2');
  mkdirSync(version);
  for (const name of ['snapshot.0', 'log.1', 'snapshot.22', 'log.23']) {
    cpSync(join(storageGolden, 'plain', name), join(version, name));
  }
  return dataDir;
}

/** Writes bytes into a file. */
export function overwrite(path: string, offset: number, bytes: string | readonly number[]): void {
  const descriptor = openSync(path, 'r+');
  const written = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes);
  writeSync(descriptor, written, 0, written.length, offset);
  closeSync(descriptor);
}

/** Cuts a file off. */
export function cutOff(path: string, size: number): void {
  writeFileSync(path, readFileSync(path).subarray(0, size));
}
