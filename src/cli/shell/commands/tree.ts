/*
 * `tree`: a subtree as a drawing. zkCli has no such command.
 */
import { childOf, NoAuthError, NoNodeError, nameOf, retryOnLoss } from '../../../client/index.ts';
import { type CommandContext, intOf, type ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** How many requests of one level are under way at most. */
const WINDOW = 256;

/** Draws a subtree. */
export const tree: ServerCommand = {
  name: 'tree',
  usage: '[-L depth] [path]',
  summary: 'draw everything below a znode',
  help: ['-L depth  no deeper than this; what is left out is counted'],
  options: { values: ['L'] },
  async run(context, { operands, options }) {
    const { zk, console, signal } = context;
    const [path = '/'] = operands;
    const depth = options.get('L');
    const maxDepth =
      depth === undefined
        ? Number.POSITIVE_INFINITY
        : intOf(depth, '-L argument must be an int value');
    checkPath(path);
    const children = await zk.getChildren(path, { signal });
    if (console.isJson) console.json({ path, depth: 0, children: children.length });
    else console.line(console.styled(path, 'path'));
    const drawing = new Drawing(context, maxDepth);
    await drawing.below(path, children, '', 1);
    if (!console.isJson) console.line(`${drawing.count} below ${path}`);
  },
};

class Drawing {
  count = 0;
  readonly #context: CommandContext;
  readonly #maxDepth: number;

  constructor(context: CommandContext, maxDepth: number) {
    this.#context = context;
    this.#maxDepth = maxDepth;
  }

  async below(
    path: string,
    names: readonly string[],
    margin: string,
    depth: number,
  ): Promise<void> {
    const { console } = this.#context;
    if (depth > this.#maxDepth) {
      return;
    }
    const places = [...names].sort().map((name) => childOf(path, name));
    // Asked ahead, so that a level does not cost a way to the server and back for each of its znodes.
    const answers: Promise<readonly string[] | 'denied' | null>[] = [];
    for (const [index, place] of places.entries()) {
      for (const next of places.slice(answers.length, index + WINDOW)) {
        answers.push(this.#childrenOf(next));
      }
      const answer = (await answers[index]) ?? null;
      const isDenied = answer === 'denied';
      const children = isDenied ? [] : answer;
      // It was deleted meanwhile.
      if (children === null) continue;
      this.count++;
      const isLast = index === places.length - 1;
      const isCut = depth === this.#maxDepth && children.length > 0;
      const left = isDenied ? ' (no permission)' : isCut ? ` (${children.length} below)` : '';
      const hidden = left === '' ? '' : console.styled(left, 'faint');
      if (console.isJson)
        console.json({ path: place, depth, children: isDenied ? null : children.length });
      else {
        const branch = console.styled(`${margin}${isLast ? '└── ' : '├── '}`, 'faint');
        console.line(`${branch}${console.styled(nameOf(place), 'path')}${hidden}`);
      }
      await console.drained();
      await this.below(place, children, `${margin}${isLast ? '    ' : '│   '}`, depth + 1);
    }
  }

  /** Null for one that was deleted meanwhile. */
  #childrenOf(path: string): Promise<readonly string[] | 'denied' | null> {
    const { zk, signal } = this.#context;
    const answer = retryOnLoss(() => zk.getChildren(path, { signal })).catch((error: unknown) => {
      if (error instanceof NoNodeError) return null;
      if (error instanceof NoAuthError) return 'denied';
      throw error;
    });
    // Whoever comes to it hears of a failure; the drawing may have ended before.
    answer.catch(() => {});
    return answer;
  }
}
