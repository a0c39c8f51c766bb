/*
 * Whose turn it is. Two servers of a round are measured second by second in turn, and what the machine does meanwhile happens to both;
 * all that loads the machine, starting a server and warming it up too, waits for its turn.
 */

/** A turn that several take one after the other, in the order in which they ask. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;

  /** Resolves when it is the caller's turn, with what ends that turn; to end it again does nothing. */
  async take(): Promise<() => void> {
    if (this.#isTaken) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#isTaken = true;
    let isOver = false;
    return () => {
      if (!isOver) this.#pass();
      isOver = true;
    };
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#isTaken = false;
    else next();
  }
}
