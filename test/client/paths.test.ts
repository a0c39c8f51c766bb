/*
 * Paths, chroots and connection strings as Java's client takes them. Java: PathUtils, ConnectStringParser.
 */
import { describe, expect, it } from 'vitest';
import { parseConnectionString, serverName } from '../../src/client/connection-string.ts';
import { Chroot, validatePath } from '../../src/client/path.ts';

describe('a path', () => {
  it.each(['/', '/a', '/a/b.c', '/a..b/..c', '/ü/€'])('may be %s', (path) => {
    expect(() => validatePath(path)).not.toThrow();
  });

  const bad = [
    '',
    'a',
    '/a/',
    '//',
    '/a//b',
    '/.',
    '/a/..',
    '/a\u0000',
    '/a\u007f',
    '/\ud800',
    '/\uffff',
  ];
  it.each(bad)('may not be %j', (path) => {
    expect(() => validatePath(path)).toThrow(TypeError);
  });

  it('may end with a slash where the server appends a number', () => {
    expect(() => validatePath('/queue/', true)).not.toThrow();
    expect(() => validatePath('/queue/')).toThrow('must not end with a slash');
  });
});

describe('a chroot', () => {
  const chroot = new Chroot('/app');

  it('stands in front of what the server hears', () => {
    expect([chroot.toServer('/'), chroot.toServer('/a')]).toEqual(['/app', '/app/a']);
  });

  it('is taken off what the server says, and off nothing that only looks like it', () => {
    const seen = ['/app', '/app/a', '/application', '/zookeeper/config'];
    expect(seen.map((path) => chroot.toClient(path))).toEqual([
      '/',
      '/a',
      '/application',
      '/zookeeper/config',
    ]);
  });
});

describe('a connection string', () => {
  it('names servers, with or without a port, and a chroot', () => {
    const { servers, chroot } = parseConnectionString('a:1, b ,[::1]:3,[fe80::1]/app/x');
    expect(servers.map(serverName)).toEqual(['a:1', 'b:2181', '[::1]:3', '[fe80::1]:2181']);
    expect(chroot.prefix).toBe('/app/x');
  });

  it('may have / for no chroot', () => {
    expect(parseConnectionString('a:1/').chroot.prefix).toBe('');
  });

  it.each(['', ',', '/app', 'a:0', 'a:65536', 'a:x', '::1', 'a:1/b/', '[::1'])(
    'may not be %j',
    (text) => {
      expect(() => parseConnectionString(text)).toThrow(TypeError);
    },
  );
});
