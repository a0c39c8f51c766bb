/*
 * How the log is shown to a person, and how much of it there is.
 */
import { describe, expect, it } from 'vitest';
import { logLevel, readable } from '../../src/cli/log.ts';

const entry = (fields: object) =>
  readable(JSON.stringify({ level: 'info', time: '2026-03-01T12:00:00.123Z', pid: 1, ...fields }));

describe('an entry for a person', () => {
  it('is one line of time, level, message and fields', () => {
    expect(entry({ msg: 'serving', port: 2181, host: '::1' })).toMatch(
      /^2026-0[23]-[0-9]{2} [0-9:]{8}\.123 INFO {2}serving port=2181 host=::1$/,
    );
  });

  it('shows the stack of an error below', () => {
    const err = { type: 'Error', message: 'no disk', stack: 'Error: no disk\n    at write' };
    expect(entry({ msg: 'stopped', err }).split('\n').slice(1)).toEqual([
      'Error: no disk',
      '    at write',
    ]);
  });

  it('shows a field of several values as JSON', () => {
    expect(entry({ msg: 'm', keys: ['a', 'b'] })).toContain('keys=["a","b"]');
  });

  it('is left as it is where it is no entry', () => {
    expect(readable('Segmentation fault')).toBe('Segmentation fault');
    expect(readable('[1]')).toBe('[1]');
  });
});

describe('the level of the log', () => {
  it.each([
    [{}, 'info'],
    [{ ZOO_LOG_LEVEL: 'DEBUG' }, 'debug'],
    [{ ZOO_LOG_LEVEL: 'warn' }, 'warn'],
    [{ ZOO_LOG_LEVEL: 'OFF' }, 'silent'],
    [{ ZOO_LOG_LEVEL: 'LOUD' }, 'info'],
    [{ ZOO_LOG4J_PROP: 'ERROR,ROLLINGFILE' }, 'error'],
    [{ ZOO_LOG_LEVEL: 'TRACE', ZOO_LOG4J_PROP: 'ERROR,CONSOLE' }, 'trace'],
  ])('of %j is %s', (variables, level) => {
    expect(logLevel(variables)).toBe(level);
  });
});
