/*
 * The log of the bare server: what it is given becomes durable as this project's server does it, one write through O_DSYNC at a time, of
 * everything that has come meanwhile. Nothing is made of it but a copy.
 */
import fs from 'node:fs';

/** The log begins at its start again when it is this long, so that it lies where the disk has room for it already. */
const LOG_BYTES = 64 * 1024 * 1024;

/** Somebody who is told when what was appended is durable. */
export interface Waiting {
  durable(): void;
}

class Batch {
  readonly bytes = Buffer.allocUnsafeSlow(1024 * 1024);
  readonly waiting: Waiting[] = [];
  size = 0;
}

/** A log that is written and never read. */
export class BareLog {
  readonly #descriptor: number;
  #appending = new Batch();
  #spare = new Batch();
  #position = 0;
  #isWriting = false;
  #isFlushDue = false;

  constructor(path: string) {
    const { O_WRONLY, O_DSYNC } = fs.constants;
    fs.writeFileSync(path, Buffer.alloc(LOG_BYTES));
    this.#descriptor = fs.openSync(path, O_WRONLY | (O_DSYNC ?? 0));
  }

  /** Writes `bytes[start, end)` at the end of this turn, or as soon as the write at hand is done. */
  append(bytes: Buffer, start: number, end: number, waiting: Waiting): void {
    const batch = this.#appending;
    bytes.copy(batch.bytes, batch.size, start, end);
    batch.size += end - start;
    batch.waiting.push(waiting);
    if (this.#isWriting || this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#isFlushDue = false;
    const batch = this.#appending;
    if (batch.size === 0) return;
    this.#isWriting = true;
    this.#appending = this.#spare;
    this.#spare = batch;
    if (this.#position + batch.size > LOG_BYTES) this.#position = 0;
    fs.write(this.#descriptor, batch.bytes, 0, batch.size, this.#position, (error) => {
      if (error !== null) throw error;
      this.#written(batch);
    });
    this.#position += batch.size;
  }

  #written(batch: Batch): void {
    const told = batch.waiting.splice(0);
    batch.size = 0;
    this.#isWriting = false;
    this.#flush();
    for (const waiting of told) waiting.durable();
  }
}
