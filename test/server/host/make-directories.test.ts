import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectories } from '../../../src/server/host/make-directories.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'zk-directories-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('makeDirectories', () => {
  it('makes what is missing, and tells it from the topmost on', () => {
    const made = ['a', 'a/b', 'a/b/c'].map((name) => join(directory, name));
    expect(makeDirectories(join(directory, 'a/b/c'))).toEqual(made);
    expect(statSync(join(directory, 'a/b/c')).isDirectory()).toBe(true);
  });

  it('is content with what is there', () => {
    expect(makeDirectories(directory)).toEqual([]);
  });

  it('says that a file is in the way', () => {
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(() => makeDirectories(file)).toThrow('EEXIST');
    expect(() => makeDirectories(join(file, 'data'))).toThrow('ENOTDIR');
  });

  it('goes back from where a link leads, as the system does', () => {
    makeDirectories(join(directory, 'far/away'));
    symlinkSync(join(directory, 'far/away'), join(directory, 'link'));
    makeDirectories(`${directory}/link/../data`);
    expect(statSync(join(directory, 'far/data')).isDirectory()).toBe(true);
  });

  it('says that a link leads nowhere', () => {
    symlinkSync(join(directory, 'nowhere'), join(directory, 'link'));
    expect(() => makeDirectories(join(directory, 'link/data'))).toThrow('EEXIST');
  });

  it.runIf(process.platform === 'linux')(
    'comes to an end where nothing can be made and the system says ENOENT',
    () => {
      expect(() => makeDirectories('/proc/zk/version-2')).toThrow('ENOENT');
    },
  );
});
