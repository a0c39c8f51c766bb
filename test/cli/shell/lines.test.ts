/*
 * How zk-cli reads what it is given: lines, options, paths and access lists, as Java's zkCli does.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAcls, permsText } from '../../../src/cli/shell/acl-words.ts';
import { CliError } from '../../../src/cli/shell/cli-error.ts';
import { checkPath } from '../../../src/cli/shell/java-path.ts';
import { parseOptions } from '../../../src/cli/shell/option-parser.ts';
import { parseStart } from '../../../src/cli/shell/start-options.ts';
import { wordsOf } from '../../../src/cli/shell/words.ts';
import { validatePath } from '../../../src/client/path.ts';

describe('a line', () => {
  it('is words, which may be quoted as a whole', () => {
    expect(wordsOf(`create  /a "two words" 'a "b" c' ""`)).toEqual([
      'create',
      '/a',
      'two words',
      'a "b" c',
      '',
    ]);
  });

  it('keeps a quotation mark inside of a word, and drops one that is not closed', () => {
    expect(wordsOf(`set /a it's`)).toEqual(['set', '/a', "it's"]);
    expect(wordsOf('ls "/')).toEqual(['ls', '/']);
  });
});

describe('options', () => {
  const rules = { flags: ['s', 'R'], values: ['v', 'members'] };
  const read = (...words: string[]) => {
    const { operands, options } = parseOptions(words, rules);
    return { operands, options: Object.fromEntries(options) };
  };

  it('may stand anywhere, and together', () => {
    expect(read('/a', '-sR', 'x')).toEqual({ operands: ['/a', 'x'], options: { s: '', R: '' } });
  });

  it('take their value from the next word, or behind themselves', () => {
    for (const words of [['-v', '3'], ['-v3'], ['-v=3']]) {
      expect(read(...words, '/a')).toEqual({ operands: ['/a'], options: { v: '3' } });
    }
    expect(read('-members', 'a,b').options).toEqual({ members: 'a,b' });
  });

  it('may have a negative number, or a word with a dash, as their value', () => {
    expect(read('-v', '-1').options).toEqual({ v: '-1' });
    expect(read('-v', '-x').options).toEqual({ v: '-x' });
  });

  it('end with two dashes', () => {
    expect(read('--', '-s')).toEqual({ operands: ['-s'], options: {} });
  });

  it.each([
    [['-q'], 'UnrecognizedOptionException: Unrecognized option: -q'],
    [['-sq'], 'UnrecognizedOptionException: Unrecognized option: -sq'],
    [['--s'], 'UnrecognizedOptionException: Unrecognized option: --s'],
    [['-v'], 'MissingArgumentException: Missing argument for option: v'],
    [['-v', '-s'], 'MissingArgumentException: Missing argument for option: v'],
  ])('%j is refused in the words of Commons CLI', (words, message) => {
    expect(() => read(...words)).toThrow(`org.apache.commons.cli.${message}`);
  });
});

describe('a path', () => {
  it.each([
    ['', 'Path length must be > 0'],
    ['a', 'Path must start with / character'],
    ['/a/', 'Path must not end with / character'],
    ['/a//b', 'Invalid path string "/a//b" caused by empty node name specified @3'],
    ['/a/../b', 'Invalid path string "/a/../b" caused by relative paths not allowed @4'],
    ['/a/.', 'Invalid path string "/a/." caused by relative paths not allowed @3'],
    ['/a\u0001', 'Invalid path string "/a\u0001" caused by invalid character @2'],
  ])('%j is refused in the words of PathUtils', (path, message) => {
    expect(() => checkPath(path)).toThrow(new CliError(message));
  });

  it('is refused exactly where the client library refuses it', () => {
    const throws = (check: () => void): boolean => {
      try {
        check();
        return false;
      } catch {
        return true;
      }
    };
    const letters = fc.constantFrom('/', '.', 'a', '\0', '\u007f', '\ud800', '\ufff0', 'ä');
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 8 }),
        fc.boolean(),
        (path, isSequential) => {
          const isRefused = throws(() => validatePath(path, isSequential));
          expect(throws(() => checkPath(path, isSequential))).toBe(isRefused);
        },
      ),
    );
  });
});

describe('an access list', () => {
  it('may have colons in its ids', () => {
    expect(parseAcls('digest:u:hash=:crw,world:anyone:r', () => {})).toEqual([
      { perms: 7, id: { scheme: 'digest', id: 'u:hash=' } },
      { perms: 1, id: { scheme: 'world', id: 'anyone' } },
    ]);
  });

  it('loses what is no entry and no permission, and says so', () => {
    const warnings: string[] = [];
    const acls = parseAcls('foo,world:anyone:zr', (line) => warnings.push(line));
    expect(acls.map(({ perms }) => permsText(perms))).toEqual(['r']);
    expect(warnings).toEqual(['foo does not have the form scheme:id:perm', 'Unknown perm type: z']);
  });
});

describe('the command line of zk-cli', () => {
  it('has options before the command, and the rest is the command', () => {
    const start = parseStart(['-server', 'h:1', '-r', '-x', 'ls', '-R', '/']);
    expect(start).toMatchObject({ servers: 'h:1', isReadOnly: true, command: ['ls', '-R', '/'] });
    expect(start.unknown).toEqual(['-x']);
  });

  it('is refused without the value of an option', () => {
    expect(() => parseStart(['-server'])).toThrow('Error: no argument found for option -server');
    expect(() => parseStart(['-timeout', 'soon'])).toThrow('-timeout is a number of ms');
  });
});
