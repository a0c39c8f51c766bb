/*
 * Log: what the server needs of a logger. pino's is one; a test's may be a list.
 *
 * A line is one thing that an operator should know, as text; nothing in the server depends on what becomes of it.
 */

/** Takes one line for the operator. */
export interface Log {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
