/*
 * zk-tool dump and load, and the exact comparison: a tree goes out as lines and comes back as it was.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  goldenDataDir,
  goldenTree,
  newFolder,
  overwrite,
  storageGolden,
  tool,
} from './tool-run.ts';

const snapshot = join(goldenTree, 'snapshot.37');

/** Loads lines into a new directory; gives the snapshot that is made. */
async function load(lines: string, ...argv: string[]): Promise<string> {
  const folder = newFolder();
  writeFileSync(join(folder, 'lines'), lines);
  const { code, err } = await tool(['load', join(folder, 'lines'), join(folder, 'new'), ...argv]);
  expect([code, err]).toEqual([0, []]);
  const [name = ''] = readdirSync(join(folder, 'new/version-2'));
  return join(folder, 'new/version-2', name);
}

async function refusal(lines: string | Buffer): Promise<string> {
  const folder = newFolder();
  writeFileSync(join(folder, 'lines'), lines);
  const { code, err } = await tool(['load', join(folder, 'lines'), join(folder, 'new')]);
  expect(code).toBe(1);
  expect(existsSync(join(folder, 'new'))).toBe(false);
  return err.join('\n');
}

async function dumped(source: string, ...argv: string[]): Promise<string> {
  return (await tool(['dump', source, ...argv])).out;
}

describe('dump', () => {
  it('has a line for each znode, parents first', async () => {
    const lines = (await dumped(snapshot)).trimEnd().split('\n');
    const paths = lines.map((line) => JSON.parse(line).path);
    expect(paths).toHaveLength(28);
    for (const [index, path] of paths.entries()) {
      const parent = path.slice(0, path.lastIndexOf('/')) || '/';
      if (path !== '/') expect(paths.indexOf(parent)).toBeLessThan(index);
    }
    expect(lines).toContain('{"path":"/cont","data":"data","container":true}');
  });

  it('begins at a path, with what is above it in front', async () => {
    const out = await dumped(snapshot, '--path', '/a/b/c', '--data', 'none');
    expect(out).toBe(
      '{"path":"/"}\n{"path":"/a"}\n' +
        '{"path":"/a/b","acl":["digest:joe:oesAybBun9icKJjQSTRN8OBueSc=:cdrwa"]}\n{"path":"/a/b/c"}\n',
    );
    const missing = await tool(['dump', snapshot, '--path', '/none']);
    expect([missing.code, missing.err]).toEqual([1, [`${snapshot}: there is no znode /none`]]);
  });

  it('writes data as text where it is text, and as base64 where not', async () => {
    const path = await load('{"path":"/t","data":"é\\u0000"}\n{"path":"/b","base64":"//4A"}\n');
    const lines = await dumped(path);
    expect(lines).toContain('{"path":"/t","data":"é\\u0000"}\n');
    expect(lines).toContain('{"path":"/b","base64":"//4A"}\n');
    expect(await dumped(path, '--data', 'base64')).toContain('{"path":"/t","base64":"w6kA"}\n');
  });

  it('leaves out what belongs to sessions when asked to', async () => {
    const all = await dumped(goldenDataDir());
    const persistent = await dumped(goldenDataDir(), '--persistent-only');
    expect(all).toContain('"ephemeral":"0x');
    expect(persistent).toBe(all.replaceAll(/^.*"ephemeral":.*\n/gm, ''));
  });

  it('names file and offset of a snapshot that is damaged', async () => {
    const path = join(goldenDataDir(), 'version-2/snapshot.22');
    overwrite(path, 4000, [1]);
    const { code, out, err } = await tool(['dump', path]);
    expect([code, out]).toEqual([1, '']);
    expect(err.join()).toMatch(/snapshot\.22: damaged at offset \d+: CRC corruption$/);
  });
});

describe('load', () => {
  it('with Stats makes exactly the tree that was dumped', async () => {
    const lines = await dumped(snapshot, '--stat', '--persistent-only');
    const path = await load(lines);
    expect(await dumped(path, '--stat')).toBe(lines);
    const { code, err } = await tool(['compare', path, snapshot]);
    expect([code, err]).toEqual([0, ['the same 28 znodes']]);
  });

  it('without Stats creates the znodes one after another', async () => {
    const lines = await dumped(snapshot, '--persistent-only');
    const path = await load(lines);
    const same = await tool(['compare', '--no-stat', path, snapshot]);
    expect([same.code, same.out]).toEqual([0, '']);
    expect((await tool(['compare', path, snapshot])).code).toBe(1);
    const [last] = (await dumped(path, '--stat')).trimEnd().split('\n').slice(-1);
    expect(JSON.parse(last ?? '').stat.czxid).toMatch(/^0x[1-9a-f]/);
  });

  it('knows containers, TTLs and access lists, and counts creates', async () => {
    const path = await load(
      '{"path":"/c","container":true}\n{"path":"/c/x","data":null,"acl":["ip:10.0.0.0/8:r","digest:a:b:c:rw"]}\n' +
        '{"path":"/t","ttl":5000}\n',
    );
    const lines = await dumped(path, '--stat');
    expect(lines).toContain('{"path":"/c","data":"","container":true,"stat":{"czxid":"0x1"');
    expect(lines).toContain('"cversion":1');
    expect(lines).toContain(
      '{"path":"/c/x","data":null,"acl":["ip:10.0.0.0/8:r","digest:a:b:c:rw"],',
    );
    expect(lines).toContain('{"path":"/t","data":"","ttl":5000,');
    expect(path).toMatch(/snapshot\.3$/);
  });

  it('goes on behind the sequential znodes that are loaded', async () => {
    const path = await load(
      '{"path":"/q"}\n{"path":"/q/n-0000000007"}\n{"path":"/q/x"}\n{"path":"/q/n-0000000003"}\n' +
        '{"path":"/r"}\n{"path":"/r/9999999999"}\n',
    );
    const lines = await dumped(path, '--stat');
    // One counted, two more, and one whose number no znode can have.
    expect(lines).toMatch(/"path":"\/q","data":"","stat":\{.*"pzxid":"0x4",.*"cversion":10,/);
    expect(lines).toMatch(/"path":"\/r","data":"","stat":\{.*"pzxid":"0x6",.*"cversion":1,/);
  });

  it('goes on from a zxid that is given', async () => {
    expect(await load('{"path":"/a"}\n', '--zxid', '0x100000005')).toMatch(/snapshot\.100000005$/);
  });

  it('leaves out ephemerals, and says so', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'lines'), '{"path":"/e","ephemeral":"0x12"}\n{"path":"/p"}\n');
    const { code, err } = await tool(['load', join(folder, 'lines'), join(folder, 'new')]);
    expect(code).toBe(0);
    expect(err).toEqual(['1 ephemeral znodes were left out: their sessions are gone']);
    expect(await dumped(join(folder, 'new'))).not.toContain('"/e"');
  });

  it.each([
    ['{"path":"/a/b"}', 'line 1: no parent of /a/b'],
    ['{"path":"/a"}\n\n{"path":"/a"}', 'line 3: /a comes twice'],
    ['{"path":"/"}\n{"path":"/"}', 'line 2: / comes twice'],
    ['{"path":"a"}', 'line 1: Path must start with / character'],
    ['{"path":"/a"', 'line 1: no JSON'],
    ['["/a"]', 'line 1: no JSON object'],
    ['{"data":"x"}', 'line 1: path is missing'],
    ['{"path":"/a","colour":"red"}', 'line 1: a field colour is not known'],
    ['{"path":"/a","base64":"%"}', 'line 1: base64 is none'],
    ['{"path":"/a","base64":"QQ"}', 'line 1: base64 is none'],
    ['{"path":"/a","data":"\\ud83d"}', 'line 1: data has one half of a surrogate pair'],
    [Buffer.from('{"path":"/a"}\n{"path":"/\xe4"}', 'latin1'), 'line 2: no UTF-8'],
    ['{"path":"/a","data":7}', 'line 1: data is neither text nor null'],
    ['{"path":"/a","acl":["everybody"]}', 'line 1: "everybody" is no scheme:id:perms'],
    ['{"path":"/a","ttl":0}', 'line 1: ttl is no number'],
    ['{"path":"/a","ttl":5,"container":true}', 'line 1: ephemeral, container and ttl exclude'],
    ['{"path":"/a","stat":{}}', 'line 1: stat.czxid is no zxid'],
  ])('refuses %s', async (lines, message) => {
    expect(await refusal(lines)).toContain(message);
  });

  it('refuses what has Stats in some lines only, or a znode with one twice or without its parent', async () => {
    const stat =
      '"stat":{"czxid":"0x1","mzxid":"0x1","pzxid":"0x1","ctime":1,"mtime":1,"version":0,"cversion":0,"aversion":0}';
    const a = `{"path":"/a",${stat}}\n`;
    expect(await refusal(`${a}{"path":"/b"}\n`)).toContain('line 2: there is no stat');
    expect(await refusal(`{"path":"/b"}\n${a}`)).toContain('line 2: there is a stat');
    expect(await refusal(`${a}${a}`)).toContain('/a comes twice');
    expect(await refusal(`{"path":"/x/y",${stat}}\n`)).toContain('line 1: no parent of /x/y');
    expect(await dumped(await load(a))).toContain(
      '{"path":"/zookeeper/config","data":"","acl":["world:anyone:r"]}',
    );
  });
});

describe('compare', () => {
  it('tells every difference', async () => {
    const one = await load('{"path":"/a","data":"1"}\n{"path":"/b"}\n{"path":"/c"}\n');
    const two = await load(
      '{"path":"/a","data":"2"}\n{"path":"/b","acl":["world:anyone:r"]}\n{"path":"/d"}\n',
    );
    const { code, out, err } = await tool(['compare', '--no-stat', one, two]);
    expect([code, err]).toEqual([1, ['4 znodes differ']]);
    expect(out).toBe('~ /a  data\n~ /b  acl\n- /c\n+ /d\n');
    const json = await tool(['compare', '--no-stat', '--json', '-l', one, '-r', two]);
    expect(json.out).toContain('{"change":"changed","path":"/a","parts":["data"]}\n');
    expect(json.out).toContain('{"change":"added","path":"/d"}\n');
  });

  it('takes data directories and backups as they are now', async () => {
    const dataDir = goldenDataDir();
    const folder = newFolder();
    await tool(['backup', dataDir, join(folder, 'b')]);
    await tool(['restore', dataDir, join(folder, 'old'), '--to-zxid', '0x25']);
    const same = await tool(['compare', dataDir, join(folder, 'b')]);
    expect(same).toEqual({ code: 0, out: '', err: ['the same 25 znodes'] });
    const snapshot = join(folder, 'old/version-2/snapshot.25');
    const changed = await tool(['compare', snapshot, dataDir]);
    expect(changed.code).toBe(1);
    expect((await tool(['compare', join(folder, 'old'), dataDir])).out).toBe(changed.out);
  });

  it('finds packed snapshots of the same tree the same', async () => {
    const plain = join(storageGolden, 'plain/snapshot.22');
    expect((await tool(['compare', plain, plain])).code).toBe(0);
    const { out } = await tool([
      'compare',
      '--no-stat',
      plain,
      join(storageGolden, 'gz/snapshot.22.gz'),
    ]);
    expect(out).toMatch(/^(~ \S+ {2}owner\n)+$/);
  });

  it.each([
    [['a'], 'compare needs two snapshots'],
    [['a', 'b', '-b', '1'], '--bytes and --nodes go together'],
    [['a', 'b', '-b', '-1', '-n', '0'], '--bytes'],
    [['a', 'b', '-i'], '--debug and --interactive go with --bytes and --nodes'],
    [['a', 'b'], "/a' does not exist."],
  ])('is misused as %j', async (argv, message) => {
    const { code, err } = await tool(['compare', ...argv]);
    expect(err.join()).toContain(message);
    expect(code).toBe(2);
  });
});

describe('summary', () => {
  it('begins where it is told, and writes JSON', async () => {
    const { out } = await tool(['summary', snapshot, '/q', '--json']);
    expect(out).toBe(
      '{"path":"/q","children":2,"data":7}\n{"path":"/q/2","children":1,"data":5}\n',
    );
    expect((await tool(['summary', snapshot, '/none'])).code).toBe(1);
    expect((await tool(['summary', snapshot, '/', 'deep'])).code).toBe(2);
  });
});
