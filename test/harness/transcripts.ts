/*
 * Transcripts: stories as text. Each file of a folder gives commands (lines that begin with >) and shows below each what was said
 * because of it, and what the command answers, indented. Comments (lines that begin with #) stay as they are. A change of behaviour
 * shows as a change of these files: read them before taking it (vitest -u writes them anew).
 *
 *     > quietly run 1000                                the same for any command, without what is said
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What a story happens to. */
export interface Stage {
  /** Carries a command out; returns what it answers. */
  carryOut(command: string): readonly string[];
  /** What was said since the last call. */
  take(): readonly string[];
}

/** Tells each story of a folder on a stage of its own: one test each. */
export function transcripts(title: string, folder: URL, newStage: () => Stage): void {
  describe(title, () => {
    for (const name of readdirSync(folder).sort()) {
      it(name.replace(/\.txt$/, '').replaceAll('-', ' '), async () => {
        const file = new URL(name, folder);
        const told = replay(readFileSync(file, 'utf8'), newStage());
        await expect(told).toMatchFileSnapshot(file.pathname);
      });
    }
  });
}

/** The commands and comments of a transcript with what comes of them now. */
function replay(text: string, stage: Stage): string {
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    if (!line.startsWith('>')) {
      if (line.startsWith('#') || line === '') lines.push(line);
      continue;
    }
    lines.push(line);
    const answer = stage.carryOut(line.slice(2).replace(/^quietly /, ''));
    const said = stage.take();
    if (!line.startsWith('> quietly ')) lines.push(...said);
    lines.push(...answer.map((one) => `        ${one}`));
  }
  return lines.join('\n');
}
