/*
 * compare with thresholds: which znodes have grown or shrunk from one snapshot to another, level by level (Java: SnapshotComparer). It
 * knows sizes alone; what exactly differs is for snapshot-difference.ts to say.
 *
 * Java sums up `Descendant count` over the number of children, as here.
 */
import { basename } from 'node:path';
import type { DataTree } from '../../datatree/data-tree.ts';
import { NO_ROW } from '../../datatree/data-tree.ts';
import type { ToolConsole } from './output.ts';
import { readSnapshotFile } from './snapshot-file.ts';
import { ToolExit } from './tool-error.ts';
import { TreeTotals } from './tree-walk.ts';

/** What is shown of the comparison. */
export interface CompareOptions {
  /** A znode is shown whose data with everything below differ by more bytes than this … */
  readonly bytes: number;
  /** … or the number of znodes below by more than this. */
  readonly nodes: number;
  readonly debug: boolean;
  /** Asks which level or znode to show next. */
  readonly interactive: boolean;
}

/** One znode of a level. */
interface Labelled {
  /** Its path; the root's is empty. */
  readonly label: string;
  readonly size: number;
  readonly count: number;
}

/** A snapshot with its sums, by levels. */
class Side {
  readonly tree: DataTree;
  readonly totals: TreeTotals;
  /** The numbers of the znodes of each level. */
  readonly byLevel: number[][] = [];

  constructor(tree: DataTree) {
    this.tree = tree;
    this.totals = new TreeTotals(tree, '/', tree.root);
    for (const [number, level] of this.totals.levels.entries()) {
      const numbers = this.byLevel[level];
      if (numbers === undefined) this.byLevel[level] = [number];
      else numbers.push(number);
    }
  }

  /** The znodes of a level by their paths. */
  level(level: number): Labelled[] {
    return sorted((this.byLevel[level] ?? []).map((number) => this.labelled(number)));
  }

  /** The children of a znode by their paths; null where there is none of that path. */
  childrenOf(path: string): Labelled[] | null {
    const row = this.tree.findPath(path);
    if (row === NO_ROW || path === '/') return null;
    const level = path.split('/').length;
    const inside = (this.byLevel[level] ?? []).filter((number) => {
      return this.tree.parentOf(this.totals.rows[number] as number) === row;
    });
    return sorted(inside.map((number) => this.labelled(number)));
  }

  private labelled(number: number): Labelled {
    const row = this.totals.rows[number] as number;
    return {
      label: row === this.tree.root ? '' : this.tree.pathOf(row),
      size: this.totals.dataSize(number),
      count: this.totals.descendantCount(number),
    };
  }

  summary(): string {
    const lines = [
      `Node count: ${this.totals.rows.length}`,
      `Total size: ${this.totals.dataSize(0)}`,
      `Max depth: ${this.byLevel.length}`,
      ...this.byLevel.map(
        (numbers, level) => `Count of nodes at depth ${level}: ${numbers.length}`,
      ),
    ];
    return `${lines.join('\n')}\n`;
  }
}

function sorted(nodes: Labelled[]): Labelled[] {
  return nodes.sort((one, other) => (one.label < other.label ? -1 : 1));
}

/** Compares two snapshots. Gives the exit code, which is 0 also where they differ. Raises ToolError. */
export async function compareSnapshots(
  tool: ToolConsole,
  leftPath: string,
  rightPath: string,
  options: CompareOptions,
): Promise<number> {
  const { out } = tool;
  out.line('Successfully parsed options!');
  const left = readSide(tool, leftPath);
  const right = readSide(tool, rightPath);
  out.line(left.summary());
  out.line(right.summary());
  const comparison = new Comparison(tool, left, right, options);
  if (options.interactive) await comparison.interact();
  else await comparison.all();
  out.line('All layers compared.');
  await out.flush();
  return ToolExit.done;
}

function readSide(tool: ToolConsole, path: string): Side {
  const start = performance.now();
  const tree = readSnapshotFile(tool, path);
  const loaded = performance.now();
  tool.out.line(`Deserialized snapshot in ${basename(path)} in ${seconds(loaded - start)} seconds`);
  const side = new Side(tree);
  tool.out.line(`Processed data tree in ${seconds(performance.now() - loaded)} seconds`);
  return side;
}

const seconds = (ms: number): string => (ms / 1000).toFixed(6);

const QUESTION =
  '- Press enter to move to print current depth layer;\n' +
  '- Type a number to jump to and print all nodes at a given depth;\n' +
  "- Enter an ABSOLUTE path to print the immediate subtree of a node. Path must start with '/'.\n";

class Comparison {
  private readonly tool: ToolConsole;
  private readonly left: Side;
  private readonly right: Side;
  private readonly options: CompareOptions;
  private readonly depth: number;

  constructor(tool: ToolConsole, left: Side, right: Side, options: CompareOptions) {
    this.tool = tool;
    this.left = left;
    this.right = right;
    this.options = options;
    this.depth = Math.max(left.byLevel.length, right.byLevel.length);
  }

  async all(): Promise<void> {
    this.thresholds();
    for (let level = 0; level < this.depth; level++) await this.level(level);
  }

  async interact(): Promise<void> {
    const { out } = this.tool;
    for (let current = 0; current < this.depth; ) {
      out.line(`Current depth is ${current}`);
      await out.flush();
      const input = await this.tool.ask(QUESTION);
      if (input === null) return;
      this.thresholds();
      if (input === '') {
        await this.level(current);
        current++;
      } else if (input.startsWith('/')) {
        await this.subtree(input);
      } else if (!/^[+-]?[0-9]{1,9}$/.test(input)) {
        out.line(
          `Input ${input} is not valid. Depth must be in range [0, ${this.depth - 1}]. ` +
            "Path must be an absolute path which starts with '/'.",
        );
      } else if (Number(input) < 0 || Number(input) >= this.depth) {
        out.line(`Depth must be in range [0, ${this.depth - 1}]`);
        continue;
      } else {
        current = Number(input);
        await this.level(current);
      }
      out.line('');
    }
  }

  private thresholds(): void {
    const { bytes, nodes } = this.options;
    this.tool.out.line(
      `Printing analysis for nodes difference larger than ${bytes} bytes or node count difference larger than ${nodes}.`,
    );
  }

  private async level(level: number): Promise<void> {
    this.tool.out.line(`Analysis for depth ${level}`);
    await this.nodes(this.left.level(level), this.right.level(level));
  }

  private async subtree(path: string): Promise<void> {
    this.tool.out.line(`Analysis for node ${path}`);
    const left = this.left.childrenOf(path);
    const right = this.right.childrenOf(path);
    if (left !== null || right !== null) await this.nodes(left ?? [], right ?? []);
    else this.tool.out.line(`Path ${path} is neither found in left tree nor right tree.`);
  }

  /** Two lists in the order of their labels, side by side. */
  private async nodes(lefts: readonly Labelled[], rights: readonly Labelled[]): Promise<void> {
    const { out } = this.tool;
    for (let at = 0, other = 0; at < lefts.length || other < rights.length; ) {
      const left = lefts[at];
      const right = rights[other];
      const order = this.order(left, right);
      if (order <= 0) at++;
      if (order >= 0) other++;
      if (order === 0 && left !== undefined && right !== undefined) this.both(left, right);
      else if (order < 0 && left !== undefined) this.only('left', left);
      else if (right !== undefined) this.only('right', right);
      if (out.isFull) await out.flush();
    }
  }

  /** Below 0 where the left one comes first or is alone, above 0 where the right one is. */
  private order(left: Labelled | undefined, right: Labelled | undefined): number {
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    const order = left.label === right.label ? 0 : left.label < right.label ? -1 : 1;
    if (this.options.debug) {
      const { out } = this.tool;
      out.line(`Comparing ${left.label} to ${right.label}`);
      out.line(order === 0 ? 'same' : order < 0 ? 'left is less' : 'right is less');
    }
    return order;
  }

  private only(side: 'left' | 'right', { label, size, count }: Labelled): void {
    const { out } = this.tool;
    if (size > this.options.bytes || count > this.options.nodes) {
      out.line(
        `Node ${label} found only in ${side} tree. Descendant size: ${size}. Descendant count: ${count}`,
      );
    } else if (this.showsFiltered) {
      out.line(`Filtered ${side} node ${label} of size ${size}`);
    }
  }

  private both(left: Labelled, right: Labelled): void {
    const { out } = this.tool;
    const bytes = right.size - left.size;
    const nodes = right.count - left.count;
    if (Math.abs(bytes) > this.options.bytes || Math.abs(nodes) > this.options.nodes) {
      out.line(
        `Node ${left.label} found in both trees. Delta: ${bytes} bytes, ${nodes} descendants`,
      );
    } else if (this.showsFiltered) {
      out.line(`Filtered node ${left.label} of left size ${left.size}, right size ${right.size}`);
    }
  }

  private get showsFiltered(): boolean {
    return this.options.debug || this.options.interactive;
  }
}
