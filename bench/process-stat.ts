/*
 * CPU time and memory of another process, as the system accounts them: from /proc on Linux, from `ps`
 * elsewhere (macOS), where there is no proportional set size.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Linux counts CPU time for user space in hundredths of a second on every architecture. */
const US_PER_TICK = 10_000;

/** Memory of a process in bytes. */
export interface ProcessMemory {
  readonly rssBytes: number;
  /** Shared pages counted by share; undefined where the system does not tell. */
  readonly pssBytes: number | undefined;
}

/** CPU time, user and system of all threads, that the process has used so far, in microseconds. */
export function cpuTimeUs(pid: number): number {
  if (process.platform === 'linux') return parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return parsePsTime(execFileSync('ps', ['-o', 'time=', '-p', String(pid)], { encoding: 'utf8' }));
}

/**
 * CPU time that all processes of the machine have used so far, and that a hypervisor took away, in
 * microseconds; undefined where the system does not tell.
 */
export function machineCpuTimeUs(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return parseMachineStat(readFileSync('/proc/stat', 'utf8'));
}

/** Resident memory of a process. */
export function memoryOf(pid: number): ProcessMemory {
  if (process.platform === 'linux') {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return {
      rssBytes: parseKilobytes(rollup, 'Rss') ?? 0,
      pssBytes: parseKilobytes(rollup, 'Pss'),
    };
  }
  const rss = execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return { rssBytes: Number.parseInt(rss, 10) * 1024, pssBytes: undefined };
}

/** utime and stime (fields 14 and 15) of a /proc/<pid>/stat line, in microseconds. The name may hold blanks and brackets. */
export function parseProcStat(line: string): number {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  if (!Number.isFinite(ticks)) throw new Error(`not a /proc/<pid>/stat line: ${line}`);
  return ticks * US_PER_TICK;
}

/** user, nice, system and steal of the first line of /proc/stat, in microseconds. Interrupts belong to nobody and are left out. */
export function parseMachineStat(text: string): number {
  const match = /^cpu +(\d+) (\d+) (\d+) \d+ \d+ \d+ \d+ (\d+)/.exec(text);
  if (match === null) throw new Error('not a /proc/stat');
  return match.slice(1).reduce((sum, ticks) => sum + Number(ticks), 0) * US_PER_TICK;
}

/** The `time` of ps, [[dd-]hh:]mm:ss[.cc], in microseconds. */
export function parsePsTime(text: string): number {
  const match = /^(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text.trim());
  if (match === null) throw new Error(`not a time of ps: ${text}`);
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  const whole = ((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0);
  return Math.round((whole * 60 + (seconds ?? 0)) * 1e6);
}

/** The value of a line "Name:   123 kB" in bytes; undefined when there is none. */
export function parseKilobytes(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text);
  return match?.[1] === undefined ? undefined : Number(match[1]) * 1024;
}
