/*
 * Whatever a file holds, reading it ends with a configuration that keeps the promises of its type, or with a ConfigError.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/server/config/config-error.ts';
import { settings } from '../../../src/server/config/settings.ts';
import { LEAST, parseText } from './memory-files.ts';

const keys = [
  ...Object.values(settings).map((setting) => setting.key),
  'server.1',
  'server.2',
  'group.1',
  'weight.1',
  'version',
  'ssl.keyStore.location',
];

const value = fc.oneof(
  fc.integer().map(String),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '',
    'true',
    'no',
    '-1',
    '0x10',
    '1e3',
    'a:1:2',
    '[::1]:1:2;3',
    '1:2',
    '\\u00',
    '30m',
  ),
);

const line = fc.tuple(fc.constantFrom(...keys), fc.constantFrom('=', ':', ' '), value);

describe('any file', () => {
  it('of known keys with any values is a configuration or a ConfigError', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const text = LEAST + lines.map((one) => one.join('')).join('\n');
        try {
          const config = parseText(text, { '/data/myid': '1' });
          expect(config.minSessionTimeout).toBeLessThanOrEqual(config.maxSessionTimeout);
          expect(config.tickTime).toBeGreaterThan(0);
          expect(config.autopurge.snapRetainCount).toBeGreaterThanOrEqual(3);
          expect(config.fourLetterWordsWhitelist.has('srvr')).toBe(true);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          expect(error.message.startsWith(error.file)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('of any bytes is a configuration or a ConfigError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => parseText('', { 'zoo.cfg': bytes })).toThrow(ConfigError);
      }),
    );
  });
});
