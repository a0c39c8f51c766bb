/*
 * The paths of writes as bytes say the same of themselves as they do as strings.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { invalidPathReason } from '../../../src/datatree/path.ts';
import { JuteReader } from '../../../src/jute/reader.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { RequestPath } from '../../../src/server/pipeline/request-path.ts';

function read(text: string | null): { readonly path: RequestPath; readonly isThere: boolean } {
  const writer = new JuteWriter();
  writer.writeInt(7);
  writer.writeString(text);
  const reader = new JuteReader(writer.toBuffer(), 4);
  const path = new RequestPath();
  const isThere = path.read(reader);
  return { path, isThere };
}

const character = fc.constantFrom(
  '/',
  '/',
  '.',
  '.',
  'a',
  'b',
  '-',
  ' ',
  '\0',
  '\x1f',
  '\x7f',
  'é',
  '€',
  '😀',
);
const text = fc.oneof(
  fc.array(character, { maxLength: 12 }).map((all) => all.join('')),
  fc.array(character, { maxLength: 12 }).map((all) => `/${all.join('')}`),
);

describe('the path of a write', () => {
  it('is as good or bad as its string', () => {
    fc.assert(
      fc.property(text, (given) => {
        const { path } = read(given);
        expect(path.isValid).toBe(invalidPathReason(given) === null);
        expect(path.hasNull).toBe(given.includes('\0'));
        expect(path.text).toBe(given);
        expect(path.charCount).toBe(given.length);
      }),
    );
  });

  it('knows where its last component begins', () => {
    fc.assert(
      fc.property(text, (given) => {
        const { path } = read(given);
        const slash = given.lastIndexOf('/');
        const before = path.bytes.subarray(path.start, Math.max(path.start, path.lastSlash));
        expect(path.lastSlash < 0).toBe(slash < 0);
        expect(before.toString()).toBe(given.slice(0, Math.max(0, slash)));
      }),
    );
  });

  it('is another one with a sequence number behind it', () => {
    const { path } = read('/a/b-');
    path.append('0000000001');
    expect([path.text, path.isVerbatim, path.isValid]).toEqual(['/a/b-0000000001', false, true]);
    const { path: parent } = read('/é/');
    expect(parent.isValid).toBe(false);
    parent.append('0000000002');
    expect([parent.text, parent.isValid]).toEqual(['/é/0000000002', true]);
  });

  it('can be absent', () => {
    expect(read(null).isThere).toBe(false);
    expect(read('').isThere).toBe(true);
  });
});
