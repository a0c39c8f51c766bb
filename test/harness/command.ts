/*
 * Runs the programs that these tests use (java, javac, gcc, python3, nc, bin/zk-server) and says which Debian package is
 * missing when one is not there. A missing program is a failure and never a skipped test: a client that nobody tried is
 * a client that nobody knows to work.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { until, within } from './until.ts';

/** What a finished program left behind. */
export interface Finished {
  /** Its exit code, or null where a signal ended it. */
  readonly code: number | null;
  /** What it wrote to standard output. */
  readonly stdout: string;
  /** What it wrote to standard error. */
  readonly stderr: string;
}

/** Throws an error that names the Debian package to install unless the file is there. */
export function needFile(path: string, debianPackage: string): string {
  if (existsSync(path)) return path;
  throw new Error(`${path} is missing; install it with: apt-get install -y ${debianPackage}`);
}

/** The full path of a program on the PATH, or an error that names the Debian package to install. */
export function needProgram(name: string, debianPackage: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(':')) {
    if (folder !== '' && existsSync(`${folder}/${name}`)) return `${folder}/${name}`;
  }
  throw new Error(
    `${name} is not on the PATH; install it with: apt-get install -y ${debianPackage}`,
  );
}

/** How long a program may take (ms): the longest of them are scripts that run a dozen others. */
const longestRunMs = 300_000;

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Remembers a child so that it does not outlive the tests. */
export function endWithTests(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/**
 * Runs a program to its end, gives it `input` on standard input, and returns what it wrote. A program that is not
 * finished after `timeoutMs` is killed, and the error shows what it had written by then.
 */
export function run(
  program: string,
  args: readonly string[],
  options: {
    readonly input?: string;
    readonly timeoutMs?: number;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Finished> {
  const { input = '', timeoutMs = longestRunMs, cwd, env } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    endWithTests(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A program may end before it has read its input; that shows in its exit code and not here.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(
          `${program} did not finish in ${timeoutMs} ms\nstdout: ${stdout}\nstderr: ${stderr}`,
        ),
      );
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, stderr });
    });
  });
}

/** As `run`, and fails with everything the program wrote unless it ends with exit code 0. */
export async function runWell(...args: Parameters<typeof run>): Promise<Finished> {
  const finished = await run(...args);
  if (finished.code !== 0) {
    throw new Error(
      `${args[0]} ended with ${finished.code}\nstdout: ${finished.stdout}\nstderr: ${finished.stderr}`,
    );
  }
  return finished;
}

/** A program that the test talks with: it says lines, waits for the test, and goes on. */
export class Dialogue {
  readonly #child: ChildProcess;
  readonly #finished: Promise<number | null>;
  /** What it wrote to standard output so far, as lines without the last unfinished one. */
  readonly lines: string[] = [];
  #stderr = '';
  #partial = '';
  #ended = false;

  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    endWithTests(this.#child);
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#partial + text).split('\n');
      this.#partial = parts.pop() ?? '';
      this.lines.push(...parts);
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#child.stdin?.on('error', () => {});
    this.#finished = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#ended = true;
        resolve(code);
      });
    });
  }

  /** Waits until the program has said a line, and fails with what it did say if it does not or ends before. */
  async hear(line: string, timeoutMs = longestRunMs): Promise<void> {
    await until(
      `the program to say "${line}"`,
      () => {
        if (this.lines.includes(line)) return true;
        if (this.#ended) return true;
        return false;
      },
      timeoutMs,
    ).catch((error: unknown) => {
      throw new Error(`${error}\n${this.#told()}`);
    });
    if (!this.lines.includes(line)) throw new Error(`the program ended\n${this.#told()}`);
  }

  /** Writes a line to its standard input. */
  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Waits for its end with exit code 0 and returns the lines it wrote to standard output. */
  async end(timeoutMs = longestRunMs): Promise<readonly string[]> {
    this.#child.stdin?.end();
    const code = await within('the program to end', this.#finished, timeoutMs).catch(
      (error: unknown) => {
        this.kill();
        throw new Error(`${error}\n${this.#told()}`);
      },
    );
    if (code !== 0) throw new Error(`the program ended with ${code}\n${this.#told()}`);
    return this.lines;
  }

  /** Ends the program at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #told(): string {
    return `stdout: ${this.lines.join('\n')}\nstderr: ${this.#stderr.slice(-8_000)}`;
  }
}
