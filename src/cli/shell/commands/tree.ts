/*
 * `tree`: a subtree as a drawing. zkCli has no such command.
 */
import { childOf, NoNodeError, nameOf } from '../../../client/index.ts';
import { type CommandContext, intOf, type ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';

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
    // All children are asked for at once: a level costs one way to the server and back.
    const places = [...names].sort().map((name) => childOf(path, name));
    const answers = places.map((each) => this.#childrenOf(each));
    for (const [index, place] of places.entries()) {
      const children = (await answers[index]) ?? null;
      // It was deleted meanwhile.
      if (children === null) continue;
      this.count++;
      const isLast = index === places.length - 1;
      const hidden =
        depth === this.#maxDepth && children.length > 0
          ? console.styled(` (${children.length} below)`, 'faint')
          : '';
      if (console.isJson) console.json({ path: place, depth, children: children.length });
      else {
        const branch = console.styled(`${margin}${isLast ? '└── ' : '├── '}`, 'faint');
        console.line(`${branch}${console.styled(nameOf(place), 'path')}${hidden}`);
      }
      await console.drained();
      await this.below(place, children, `${margin}${isLast ? '    ' : '│   '}`, depth + 1);
    }
  }

  #childrenOf(path: string): Promise<readonly string[] | null> {
    const { zk, signal } = this.#context;
    const answer = zk.getChildren(path, { signal }).catch((error: unknown) => {
      if (error instanceof NoNodeError) return null;
      throw error;
    });
    // Whoever comes to it hears of a failure; the drawing may have ended before.
    answer.catch(() => {});
    return answer;
  }
}
