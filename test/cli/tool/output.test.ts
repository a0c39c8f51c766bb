/*
 * What the tools write on: output that waits for its reader, and progress for terminals only.
 */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Output, OutputClosed, Progress } from '../../../src/cli/tool/output.ts';

describe('Output', () => {
  it('is full after a while, and waits until what it had is taken', async () => {
    const taken: string[] = [];
    let take: () => void = () => undefined;
    const slow = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        taken.push(chunk.toString());
        take = done;
      },
    });
    const out = new Output(slow);
    while (!out.isFull) out.line('some text');
    let isFlushed = false;
    const flushing = out.flush().then(() => {
      isFlushed = true;
    });
    await Promise.resolve();
    expect([taken.length, isFlushed, out.isFull]).toEqual([1, false, false]);
    take();
    await flushing;
    expect(isFlushed).toBe(true);
  });

  it('says when its reader is gone', async () => {
    const gone = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(), { code: 'EPIPE' })),
    });
    const out = new Output(gone);
    out.line('more');
    await expect(out.flush()).rejects.toBeInstanceOf(OutputClosed);
    await expect(out.flush()).rejects.toBeInstanceOf(OutputClosed);
  });
});

describe('an Output that cannot be written', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    syscall: 'write',
  });

  it.each([
    ['later', new Writable({ write: (_chunk, _encoding, done) => done(full) })],
    [
      'at once, as a file',
      new Writable({
        write: () => {
          throw full;
        },
      }),
    ],
  ])('says so %s', async (_when, stream) => {
    const out = new Output(stream);
    out.line('more');
    const reason = 'standard output: ENOSPC: no space left on device, write';
    await expect(out.flush()).rejects.toThrow(reason);
    await expect(out.flush()).rejects.toThrow(reason);
  });
});

describe('Progress', () => {
  function shown(isTTY: boolean): {
    written: string[];
    progress: Progress;
    pass: (ms: number) => void;
  } {
    const written: string[] = [];
    let now = 0;
    const write = (text: string | Uint8Array): boolean => written.push(String(text)) > 0;
    const progress = new Progress({ write, isTTY }, () => now);
    const pass = (ms: number): void => {
      now += ms;
    };
    return { written, progress, pass };
  }

  it('is one line that changes a few times a second, and goes in the end', () => {
    const { written, progress, pass } = shown(true);
    progress.report('log.1', 10, 200);
    progress.report('log.1', 20, 200);
    pass(150);
    progress.report('znodes', 1234567);
    progress.clear();
    progress.clear();
    expect(written).toEqual(['\r\x1b[Klog.1: 5 %', '\r\x1b[Kznodes: 1,234,567', '\r\x1b[K']);
  });

  it('is nothing where nobody watches', () => {
    const { written, progress } = shown(false);
    progress.report('log.1', 10, 200);
    progress.clear();
    expect(written).toEqual([]);
  });
});
