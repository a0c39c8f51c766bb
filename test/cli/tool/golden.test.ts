/*
 * The lines of zk-tool are those of ZooKeeper's own tools, over the same files by Java (golden/README.md).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { goldenTree, storageGolden, tool } from './tool-run.ts';

beforeAll(() => {
  process.env['TZ'] = 'UTC';
});

function golden(name: string): string {
  return readFileSync(fileURLToPath(new URL(`golden/${name}`, import.meta.url)), 'utf8');
}

const log = join(goldenTree, 'log.1');
const snapshot = join(goldenTree, 'snapshot.37');

/** The transactions of a dump, of which many take several lines, without those that 3.8 shows as raw bytes. */
function withoutMulti(text: string): string[] {
  return text.split(/(?=^\d+\/\d+\/\d\d, )/m).filter((line) => !line.includes(' multi '));
}

describe('txnlog', () => {
  it('has the lines of TxnLogToolkit', async () => {
    const { code, out } = await tool(['txnlog', log]);
    expect(withoutMulti(out)).toEqual(withoutMulti(golden('txnlog.txt')));
    expect(withoutMulti(out)).toHaveLength(54);
    expect(code).toBe(0);
  });

  it('shows the parts of a multi as later releases do', async () => {
    const { out } = await tool(['txnlog', log]);
    expect(out).toContain(
      "zxid 0x1b multi create:/m1,1,[31,s{'world,'anyone}\n],false,6;create:/m1/x,2,[31,s{'world,'anyone}\n],false,1;" +
        'setData:/m1,3,1;delete:/m1/x;error:-103\n',
    );
  });
});

describe('snapshot', () => {
  it('has the lines of SnapshotFormatter, in their order', async () => {
    expect(await tool(['snapshot', snapshot])).toEqual({
      code: 0,
      out: golden('snapshot.txt'),
      err: [],
    });
  });

  it.each([
    ['plain', 'snapshot.22'],
    ['gz', 'snapshot.22.gz'],
    ['snappy', 'snapshot.22.snappy'],
  ])('has them with data for a %s file', async (packing, name) => {
    const { out } = await tool(['snapshot', '-d', join(storageGolden, packing, name)]);
    expect(out).toBe(golden(`snapshot-data-${packing}.txt`));
  });

  it.each(['-json', '--json'])('has its JSON for %s', async (option) => {
    const { out } = await tool(['snapshot', option, snapshot]);
    expect(out.replace(/"timestamp":\d+/, '"timestamp":0')).toBe(golden('snapshot.json.txt'));
    expect(JSON.parse(out)).toHaveLength(4);
  });
});

it('summary has the lines of SnapshotRecursiveSummary', async () => {
  expect((await tool(['summary', snapshot, '/', '2'])).out).toBe(golden('summary.txt'));
});

it('compare with thresholds has the lines of SnapshotComparer', async () => {
  const right = join(storageGolden, 'plain/snapshot.22');
  const { code, out } = await tool([
    'compare',
    '-l',
    snapshot,
    '-r',
    right,
    '-b',
    '5',
    '-n',
    '2',
    '-d',
  ]);
  expect(out.replaceAll(/ in [0-9.]+ seconds/g, ' in 0 seconds')).toBe(golden('compare.txt'));
  expect(code).toBe(0);
});
