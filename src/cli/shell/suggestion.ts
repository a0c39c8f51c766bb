/*
 * "Did you mean": the known word that is nearest to one that nobody knows.
 */

/** Fewer letters are the beginning of too many words. */
const MIN_BEGINNING = 3;

/** How many letters must be put in, left out, changed or swapped with their neighbour to make one word of the other. */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      current[column] = Math.min(
        (above[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped && row > 1 && column > 1 ? (before[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = above;
    above = current;
  }
  return above[other.length] ?? 0;
}

/**
 * The nearest of `words`, whatever its capitals: one that begins so, or one of which at most a third of the letters differ. Null where none
 * is near.
 */
export function nearest(word: string, words: readonly string[]): string | null {
  const begun = words.find((each) => each.toLowerCase().startsWith(word.toLowerCase()));
  if (word.length >= MIN_BEGINNING && begun !== undefined) return begun;
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: string | null = null;
  let bestDistance = limit + 1;
  for (const each of words) {
    const steps = distance(word.toLowerCase(), each.toLowerCase());
    if (steps < bestDistance) {
      best = each;
      bestDistance = steps;
    }
  }
  return best;
}
