/*
 * Reads the CPU profiles that this project's server leaves when it is run with --prof, and tells the
 * functions in which it spent most time itself.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** One function and the share of the non-idle time spent in it, 0 to 1. */
export interface SelfTime {
  readonly name: string;
  readonly share: number;
}

/** The fields of V8's .cpuprofile that are needed here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      /** Both count from 0. */
      readonly lineNumber: number;
      readonly columnNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Time before each sample in microseconds. */
  readonly timeDeltas: readonly number[];
}

/** Where a function was written: "apply.ts:42" for a place in a compiled file, or undefined when that is not known. */
export type FindSource = (url: string, line: number, column: number) => string | undefined;

/** The `count` functions with the largest self time, largest first; waiting for events is left out. */
export function topSelfTimes(
  profile: CpuProfile,
  count: number,
  findSource: FindSource = () => undefined,
): SelfTime[] {
  const names = new Map<number, string>();
  for (const { id, callFrame } of profile.nodes) {
    const { functionName, url, lineNumber, columnNumber } = callFrame;
    const compiled = url === '' ? '' : `${shortUrl(url)}:${lineNumber + 1}`;
    const place = findSource(url, lineNumber, columnNumber) ?? compiled;
    names.set(id, `${functionName || '(anonymous)'} ${place}`.trimEnd());
  }
  const spent = new Map<string, number>();
  let total = 0;
  profile.samples.forEach((id, i) => {
    const name = names.get(id) ?? '(unknown)';
    const us = Math.max(0, profile.timeDeltas[i] ?? 0);
    if (name === '(idle)') return;
    total += us;
    spent.set(name, (spent.get(name) ?? 0) + us);
  });
  return [...spent]
    .map(([name, us]) => ({ name, share: us / total }))
    .sort((a, b) => b.share - a.share)
    .slice(0, count);
}

/** The profiles of a directory, each with its file name, as lines of text. */
export function describeProfiles(directory: string, count: number): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith('.cpuprofile'))
    .flatMap((name) => {
      const profile: CpuProfile = JSON.parse(readFileSync(path.join(directory, name), 'utf8'));
      const lines = topSelfTimes(profile, count, sourceFinder()).map(
        ({ name: where, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${where}`,
      );
      return [path.join(directory, name), ...lines];
    });
}

/** The last two parts of a path: enough to find the file. */
function shortUrl(url: string): string {
  return url.split('/').slice(-2).join('/');
}

/** Looks places up in the source maps that lie beside the compiled files; each map is read once. */
function sourceFinder(): FindSource {
  const maps = new Map<string, SourceMap | undefined>();
  return (url, line, column) => {
    if (!url.startsWith('file:')) return undefined;
    if (!maps.has(url)) {
      const file = `${fileURLToPath(url)}.map`;
      const map = existsSync(file)
        ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')))
        : undefined;
      maps.set(url, map);
    }
    const entry = maps.get(url)?.findEntry(line, column);
    if (entry === undefined || !('originalSource' in entry)) return undefined;
    return `${shortUrl(entry.originalSource)}:${entry.originalLine + 1}`;
  };
}
