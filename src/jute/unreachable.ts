/*
 * The end of a switch over a union: the compiler shows that it cannot be reached, the program stops if it is.
 *
 * A kind that is added later is so found at every switch that does not know it, at compile time.
 */

/** Raises an error; to be called where the type system says that no value is left. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
