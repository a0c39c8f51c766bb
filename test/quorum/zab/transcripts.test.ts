/*
 * The protocol as text: each file of transcripts/ tells a story, gives commands (lines that begin with >) and shows below each what
 * leaders and learners said to each other because of it. A change of behaviour shows as a change of these files: read them before
 * taking it (vitest -u writes them anew).
 *
 *     > ensemble 3 [observers 1] [commitLogCount=1 …]   voters are s1, s2 …, observers behind them; options of test/sim/options.ts
 *     > start 1 2 3                                     processes start
 *     > client 1 create /a text                         a client of s1 asks: create, set, get, sync; it keeps its connection
 *     > kill 3, off 3                                   kill -9; the power fails, and what was not synced may be lost
 *     > cut 1 2, heal 1 2                               nothing passes between them, and again
 *     > drop 3 COMMIT, pass 3 COMMIT                    packets of a type are lost on their way, and not any more
 *     > run ms, status                                  time passes; who does what
 *     > quietly run 1000                                the same for any command, without what is said
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Scene } from '../../sim/scene.ts';

const folder = new URL('transcripts/', import.meta.url);

function configure(scene: Scene, words: readonly string[]): void {
  const observers = words.includes('observers') ? Number(words[words.indexOf('observers') + 1]) : 0;
  const others = words
    .filter((word) => word.includes('='))
    .map((word) => word.split('='))
    .map(([name = '', value = '']) => [name, Number(value)]);
  scene.ensemble(Number(words[0]), observers, Object.fromEntries(others));
}

function carryOut(scene: Scene, command: string): string[] {
  const [verb, ...words] = command.split(' ');
  const [host = '', other = ''] = words.map((word) => (/^\d+$/.test(word) ? `s${word}` : word));
  switch (verb) {
    case 'ensemble':
      configure(scene, words);
      return [];
    case 'start':
      for (const word of words) scene.server(`s${word}`).start();
      return [];
    case 'client':
      scene.ask(host, words.slice(1));
      return [];
    case 'kill':
    case 'off':
      scene.server(host).crash(verb === 'off');
      scene.forgetClient(host);
      return [];
    case 'cut':
    case 'heal':
      scene.cut(host, other, verb === 'cut');
      return [];
    case 'drop':
    case 'pass':
      scene.drop(host, other, verb === 'drop');
      return [];
    case 'run':
      scene.run(Number(words[0]));
      return [];
    case 'status':
      return scene.status;
    default:
      throw new Error(`no such command: ${command}`);
  }
}

/** The commands and comments of a transcript with what comes of them now. */
function replay(text: string): string {
  const scene = new Scene();
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('>')) {
      if (line.startsWith('#') || line === '') lines.push(line);
      continue;
    }
    lines.push(line);
    const more = carryOut(scene, line.slice(2).replace(/^quietly /, ''));
    const said = scene.take();
    if (!line.startsWith('> quietly ')) lines.push(...said);
    lines.push(...more.map((one) => `        ${one}`));
  }
  return lines.join('\n');
}

describe('the broadcast', () => {
  for (const name of readdirSync(folder).sort()) {
    it(name.replace(/\.txt$/, '').replaceAll('-', ' '), async () => {
      const file = new URL(name, folder);
      await expect(replay(readFileSync(file, 'utf8'))).toMatchFileSnapshot(file.pathname);
    });
  }
});
