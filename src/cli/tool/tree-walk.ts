/*
 * Walks over a tree, parents before their children, in the order of creation or in that of Java's tools, and the sums of every subtree.
 */
import type { DataTree, Row } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import { hashSetOrder } from './java-text.ts';
import { ToolError } from './tool-error.ts';

/** In which order children are met. */
export type ChildOrder = 'created' | 'java';

/** One znode of a walk; the object is used again for the next. */
export interface Visit {
  path: string;
  row: Row;
  /** How far below the start of the walk. */
  level: number;
  childCount: number;
}

interface Pending {
  readonly names: readonly string[];
  readonly prefix: string;
  next: number;
}

/**
 * Meets the znode at `start`, which is `row`, and those below it. Raises ToolError for a name that is no UTF-8.
 *
 * @param maxLevel how far below the start the walk goes
 */
export function* walk(
  tree: DataTree,
  start: string,
  row: Row,
  order: ChildOrder,
  maxLevel = Number.POSITIVE_INFINITY,
): Generator<Visit> {
  const visit: Visit = { path: start, row, level: 0, childCount: tree.childCount(row) };
  yield visit;
  const stack: Pending[] = [];
  if (visit.childCount > 0 && maxLevel > 0) stack.push(childrenOf(tree, start, row, order));
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const name = top.names[top.next];
    if (name === undefined) {
      stack.pop();
      continue;
    }
    top.next++;
    visit.path = top.prefix + name;
    visit.row = tree.findPath(visit.path);
    // No server makes such a name.
    if (visit.row === NO_ROW) {
      throw new ToolError(`a znode below ${top.prefix} has a name that is no UTF-8`);
    }
    visit.level = stack.length;
    visit.childCount = tree.childCount(visit.row);
    yield visit;
    if (visit.childCount > 0 && stack.length < maxLevel) {
      stack.push(childrenOf(tree, visit.path, visit.row, order));
    }
  }
}

function childrenOf(tree: DataTree, path: string, row: Row, order: ChildOrder): Pending {
  const names = tree.childNames(row);
  return {
    names: order === 'java' ? hashSetOrder(names) : names,
    prefix: path === '/' ? '/' : `${path}/`,
    next: 0,
  };
}

/** The znodes of a subtree by numbers, in the order of a walk: the first is its root, parents come before their children. */
export class TreeTotals {
  readonly rows: Row[] = [];
  /** How far below the root. */
  readonly levels: number[] = [];
  /** Bytes of data of a znode and everything below it. */
  readonly dataSizes: number[] = [];
  /** How many znodes are below. */
  readonly descendantCounts: number[] = [];
  private readonly numberOfRow = new Map<Row, number>();

  constructor(tree: DataTree, start: string, row: Row) {
    const parents: number[] = [];
    const path: number[] = [];
    for (const visit of walk(tree, start, row, 'created')) {
      const number = this.rows.length;
      path[visit.level] = number;
      parents.push(path[visit.level - 1] ?? -1);
      this.rows.push(visit.row);
      this.levels.push(visit.level);
      this.dataSizes.push(Math.max(0, tree.dataSize(visit.row)));
      this.descendantCounts.push(0);
      if (visit.childCount > 0) this.numberOfRow.set(visit.row, number);
    }
    for (let number = this.rows.length - 1; number > 0; number--) {
      const parent = parents[number] as number;
      this.dataSizes[parent] = (this.dataSizes[parent] as number) + this.dataSize(number);
      this.descendantCounts[parent] =
        (this.descendantCounts[parent] as number) + this.descendantCount(number) + 1;
    }
  }

  /** The number of a znode that has children. */
  numberOf(row: Row): number {
    return this.numberOfRow.get(row) as number;
  }

  dataSize(number: number): number {
    return this.dataSizes[number] as number;
  }

  descendantCount(number: number): number {
    return this.descendantCounts[number] as number;
  }
}
