/*
 * Whose turn it is. Two servers of a round are measured second by second in turn, and what the machine does meanwhile happens to both;
 * all that loads the machine, starting a server and warming it up too, waits for its turn.
 */

/** A turn that several take one after the other, in the order in which they ask. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /** Resolves when it is the caller's turn. */
  take(): Promise<void> {
    if (!this.#isTaken) {
      this.#isTaken = true;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  /** Ends the caller's turn. */
  pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
