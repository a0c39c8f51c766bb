/*
 * The commands of the README about a million znodes, as they stand there, with a hundred znodes.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runWell } from '../harness/command.ts';
import { freePort } from '../harness/ports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zk-server-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The commands of a chapter. */
function commandsOf(title: string): string {
  const page = readFileSync(join(root, 'README.md'), 'utf8');
  const chapter = page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  return [...chapter.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code]) => code).join('');
}

/** Puts one text in the place of another, which has to be there. */
function exchange(text: string, one: string, other: string): string {
  expect(text).toContain(one);
  return text.replaceAll(one, other);
}

it('a tree is backed up, restored, dumped, loaded, compared and purged', async () => {
  const port = String(await freePort());
  const configuration = `${folder}/million/zoo.cfg`;
  const hasSnapshot = `[ $(ls ${folder}/million/data/version-2/snapshot.* | wc -l) -gt $day ]`;
  const script = [
    ['npm ci && npm run build', `trap 'bin/zk-server stop ${configuration}' EXIT`],
    ['/tmp/million', `${folder}/million`],
    ['clientPort=2181', `clientPort=${port}\nclientPortAddress=127.0.0.1`],
    ['bin/zk-cli', `bin/zk-cli -server 127.0.0.1:${port}`],
    ['< 1000', '< 10'],
    ['0xf4240', '0x64'],
    ['sleep 10', `until ${hasSnapshot}; do sleep 0.1; done`],
  ].reduce(
    (text, [one = '', other = '']) => exchange(text, one, other),
    commandsOf('A million znodes, offline'),
  );
  const { stdout, stderr } = await runWell('/bin/bash', ['-e', '-c', script], {
    cwd: root,
    env: { ZOO_LOG_DIR: folder },
  });
  expect(stdout).toContain('backup: 104 znodes, can be restored to any zxid from 0x64 to 0x64\n');
  expect(stdout).toContain('~ /  stat\n- /007\n- /007/001\n');
  expect(stdout).toMatch(/^\{.*"zxid":"0x66".*"type":"multi"/m);
  expect(stderr.match(/^.* znodes.*$/gm)).toEqual([
    '11 znodes differ',
    'the same 104 znodes',
    'the same 104 znodes',
  ]);
  expect(stdout.match(/^Removing file: .*$/gm)).toEqual([expect.stringMatching(/snapshot\.64$/)]);
});
