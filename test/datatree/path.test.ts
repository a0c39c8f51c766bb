/*
 * Java's rules for paths, case by case.
 */

import { describe, expect, it } from 'vitest';
import { invalidPathReason, parentPath } from '../../src/datatree/path.ts';

describe('a path', () => {
  it('is valid', () => {
    const valid = [
      '/',
      '/a',
      '/a/b',
      '/.a',
      '/a.',
      '/a..b',
      '/...',
      '/ ',
      '/é',
      '/名前',
      '/a-b_c',
      '/~',
      '/\u00a0',
      '/\ufeff',
    ];
    expect(valid.map((path) => invalidPathReason(path))).toEqual(valid.map(() => null));
  });

  it('is refused for its form', () => {
    expect(invalidPathReason(null)).toBe('Path cannot be null');
    expect(invalidPathReason('')).toBe('Path length must be > 0');
    expect(invalidPathReason('a/b')).toBe('Path must start with / character');
    expect(invalidPathReason('/a/')).toBe('Path must not end with / character');
  });

  it('is refused for what is in it, with the place', () => {
    const reasons: [string, string][] = [
      ['/a//b', 'empty node name specified @3'],
      ['//a', 'empty node name specified @1'],
      ['/a/.', 'relative paths not allowed @3'],
      ['/./a', 'relative paths not allowed @1'],
      ['/a/..', 'relative paths not allowed @4'],
      ['/../a', 'relative paths not allowed @2'],
      ['/a\u0000', 'null character not allowed @2'],
      ['/a\u0001', 'invalid character @2'],
      ['/\u001f', 'invalid character @1'],
      ['/\u007f', 'invalid character @1'],
      ['/\u009f', 'invalid character @1'],
      ['/a😀', 'invalid character @2'],
      ['/\uf8ff', 'invalid character @1'],
      ['/\ufff0', 'invalid character @1'],
      ['/\uffff', 'invalid character @1'],
    ];
    for (const [path, reason] of reasons) {
      expect(invalidPathReason(path)).toBe(`Invalid path string "${path}" caused by ${reason}`);
    }
  });

  it('that will be sequential is checked with its number', () => {
    expect(invalidPathReason('/a/', true)).toBeNull();
    expect(invalidPathReason('/.', true)).toBeNull();
    expect(invalidPathReason('/a//', true)).toContain('empty node name');
  });

  it('has a parent', () => {
    expect(['/', '/a', '/a/b', '/a/b/c'].map(parentPath)).toEqual(['/', '/', '/a', '/a/b']);
  });
});
