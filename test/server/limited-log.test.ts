import { expect, it } from 'vitest';
import { limitedLog } from '../../src/server/limited-log.ts';

it('passes on one line in ten seconds, and says how many it has left out', () => {
  let now = 0;
  const lines: string[] = [];
  const warn = limitedLog(
    (line) => lines.push(line),
    () => now,
  );
  for (const at of [0, 1, 2, 10_000]) {
    now = at;
    warn(`at ${at}`);
  }
  expect(lines).toEqual(['at 0', 'at 10000 (2 more of this kind left out)']);
});
