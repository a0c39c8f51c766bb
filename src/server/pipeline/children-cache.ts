/*
 * ChildrenCache: encoded lists of children of znodes that have many (Java: ResponseCache for getChildren).
 *
 * A list of a thousand names is a thousand scattered reads; as long as no child came or went it is one copy. An entry belongs to
 * a row and is good while the znode's czxid, cversion, pzxid and number of children are what they were. Usually pzxid changes with every
 * child; but not where it is ahead of the log, whose end was lost, nor with a create when cversion is at its end.
 */

import type { DataTree, Row } from '../../datatree/data-tree.ts';
import type { Zxid } from '../../jute/int64.ts';
import type { JuteWriter } from '../../jute/writer.ts';

/** Lists shorter than this are as quickly written anew. */
const MIN_CHILDREN = 32;
/** Bytes that all entries together may hold. */
const SIZE_LIMIT = 16 * 1024 * 1024;

interface Entry {
  readonly czxid: Zxid;
  readonly pzxid: Zxid;
  readonly cversion: number;
  readonly childCount: number;
  readonly encoded: Buffer;
}

/** The most recently encoded lists, by row. */
export class ChildrenCache {
  private readonly tree: DataTree;
  private readonly countLimit: number;
  /** Oldest first. */
  private readonly entries = new Map<Row, Entry>();
  private sizeBytes = 0;
  private readonly onHit: () => void;
  private readonly onMiss: () => void;

  /** @param countLimit entries kept (maxGetChildrenResponseCacheSize); 0 for none */
  constructor(
    tree: DataTree,
    options: {
      readonly countLimit: number;
      readonly onHit: () => void;
      readonly onMiss: () => void;
    },
  ) {
    this.tree = tree;
    this.countLimit = options.countLimit;
    this.onHit = options.onHit;
    this.onMiss = options.onMiss;
  }

  /** Appends vector<ustring> with the names of the children of `row`. */
  append(row: Row, out: JuteWriter): void {
    const { tree } = this;
    if (this.countLimit <= 0 || tree.childCount(row) < MIN_CHILDREN) {
      tree.writeChildren(row, out);
      return;
    }
    const entry = this.entries.get(row);
    if (entry !== undefined && this.isCurrent(entry, row)) {
      this.onHit();
      out.writeBytes(entry.encoded);
      return;
    }
    this.onMiss();
    const start = out.length;
    tree.writeChildren(row, out);
    this.keep(row, out.buffer.subarray(start, out.length));
  }

  private isCurrent(entry: Entry, row: Row): boolean {
    const { tree } = this;
    return (
      entry.cversion === tree.cversion(row) &&
      entry.pzxid === tree.pzxid(row) &&
      entry.czxid === tree.czxid(row) &&
      entry.childCount === tree.childCount(row)
    );
  }

  private keep(row: Row, encoded: Buffer): void {
    this.drop(row);
    const { tree } = this;
    this.entries.set(row, {
      czxid: tree.czxid(row),
      pzxid: tree.pzxid(row),
      cversion: tree.cversion(row),
      childCount: tree.childCount(row),
      encoded: Buffer.from(encoded),
    });
    this.sizeBytes += encoded.length;
    while (this.entries.size > this.countLimit || this.sizeBytes > SIZE_LIMIT) {
      const oldest = this.entries.keys().next();
      if (oldest.done) return;
      this.drop(oldest.value);
    }
  }

  private drop(row: Row): void {
    const entry = this.entries.get(row);
    if (entry === undefined) return;
    this.entries.delete(row);
    this.sizeBytes -= entry.encoded.length;
  }
}
