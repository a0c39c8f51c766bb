/*
 * The server's log: JSON lines for machines, or one readable line per entry where a person watches. Everything is written
 * at once, so that the last words of a process that ends are not lost.
 */
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import type { Variables } from './environment.ts';

/** Log4j's and logback's names, as people set them in ZOO_LOG_LEVEL, and pino's. */
const LEVELS: Readonly<Record<string, string>> = {
  ALL: 'trace',
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  WARNING: 'warn',
  ERROR: 'error',
  FATAL: 'fatal',
  OFF: 'silent',
};

/** The level of the log: ZOO_LOG_LEVEL, else the first part of ZOO_LOG4J_PROP (`INFO,CONSOLE`), else info. */
export function logLevel(variables: Variables): string {
  const fromLog4j = variables['ZOO_LOG4J_PROP']?.split(',')[0];
  for (const name of [variables['ZOO_LOG_LEVEL'], fromLog4j]) {
    const level = LEVELS[name?.trim().toUpperCase() ?? ''];
    if (level !== undefined) return level;
  }
  return 'info';
}

/** What is kept of the log while it cannot be written; the rest is dropped, so that memory does not fill with it. */
const KEPT_WHILE_STUCK_BYTES = 1 << 20;

/** Fields that have their place at the beginning of a readable line, or say nothing on one machine. */
const NOT_REPEATED = new Set(['level', 'time', 'msg', 'pid', 'hostname']);

function fieldText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The stack of an error that pino has put into a field, or undefined. */
function stackOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('stack' in value)) return undefined;
  return typeof value.stack === 'string' ? value.stack : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * One entry as a readable line: local time, level, message, then the other fields as key=value and the stacks of errors
 * below.
 *
 * @param line one line of the log; what is no JSON object comes back as it is
 */
export function readable(line: string): string {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return line;
  }
  if (!isRecord(entry)) return line;
  const time = new Date(String(entry['time']));
  const shown = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  const stamp = Number.isNaN(shown.getTime())
    ? ''
    : shown.toISOString().replace('T', ' ').replace('Z', '');
  const level = String(entry['level']).toUpperCase().padEnd(5);
  const words = [stamp, level, String(entry['msg'] ?? '')];
  const stacks: string[] = [];
  for (const [key, value] of Object.entries(entry)) {
    if (NOT_REPEATED.has(key)) continue;
    const stack = stackOf(value);
    if (stack === undefined) words.push(`${key}=${fieldText(value)}`);
    else stacks.push(`\n${stack}`);
  }
  return words.join(' ') + stacks.join('');
}

/**
 * A log that writes to standard output.
 *
 * @param level one of pino's levels, or `silent`
 * @param forPeople whether lines are for a person instead of a machine
 */
export function createLog(level: string, forPeople: boolean): Logger {
  const stdout = destination({ dest: 1, sync: true, maxLength: KEPT_WHILE_STUCK_BYTES });
  // A reader that went away (EPIPE) or a full disk takes the log away, but is no reason to stop serving.
  stdout.on('error', () => {});
  const target: DestinationStream = forPeople
    ? { write: (line) => stdout.write(`${readable(line.trimEnd())}\n`) }
    : stdout;
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    target,
  );
}
