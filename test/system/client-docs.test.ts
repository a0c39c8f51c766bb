/*
 * The examples in docs/CLIENT.md, run as they stand there. What follows a console.log as a comment is what it has to print.
 */

import * as events from 'node:events';
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as client from '../../src/client/index.ts';
import { startServer, type TestServer } from '../harness/server.ts';

const page = readFileSync(new URL('../../docs/CLIENT.md', import.meta.url), 'utf8');

/** The code of each chapter that has some. */
const examples = page
  .split(/^## /m)
  .map((chapter) => ({
    title: chapter.slice(0, chapter.indexOf('\n')),
    code: [...chapter.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code).join(''),
  }))
  .filter(({ code }) => code !== '');

const modules: Readonly<Record<string, object>> = {
  'zk-server/client': client,
  'node:events': events,
};

/** Runs a module's code and gives what it prints. */
async function run(code: string, address: string): Promise<readonly string[]> {
  const { outputText } = ts.transpileModule(code.replaceAll('localhost:2181', address), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  const body = outputText.replace(
    /^import (\{.*\}) from '(.*)';$/gm,
    (_, names: string, module: string) => `const ${names} = modules['${module}'];`,
  );
  const printed: string[] = [];
  const log = (...values: unknown[]): void => void printed.push(values.map(String).join(' '));
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction('modules', 'console', body)(modules, { log, error: log });
  return printed;
}

describe('the examples of docs/CLIENT.md', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer('ours');
  });
  afterAll(() => server.dispose());

  it('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
  });

  it.each(examples)('$title', async ({ code }) => {
    const expected = [...code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map(([, text]) => text);
    expect(await run(code, server.address)).toEqual(expected);
  });
});
