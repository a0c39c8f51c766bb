/*
 * `watch`: what happens at and below a znode, as it happens, until Ctrl-C. zkCli has no such command.
 */
import { NoNodeError, toHex, type WatchedEvent } from '../../../client/index.ts';
import { jsonData } from '../../tool/json-values.ts';
import { type CommandContext, intOf, type ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';

/** Watches a subtree. */
export const watch: ServerCommand = {
  name: 'watch',
  usage: '[-d] [-1] [-n count] [path]',
  summary: 'show what happens at and below a znode, until Ctrl-C',
  help: [
    '-d        with the new data',
    '-1        only this znode and the list of its children',
    '-n count  leave after so many events',
  ],
  options: { flags: ['d', '1'], values: ['n'] },
  async run(context, { operands, options }) {
    const { zk, console, signal } = context;
    const [path = '/'] = operands;
    const count = options.get('n');
    let left = count === undefined ? Infinity : intOf(count, '-n argument must be an int value');
    checkPath(path);
    const mode = options.has('1') ? 'persistent' : 'persistentRecursive';
    const events = zk.watch(path, { mode, signal });
    await events.ready;
    if (console.isTerminal && !console.isJson) {
      console.line(console.styled(`Watching ${path}; Ctrl-C ends it.`, 'faint'));
    }
    await console.flush();
    while (left > 0) {
      const { done, value } = await events.next();
      if (done === true) break;
      await show(context, value, options.has('d'));
      await console.flush();
      left--;
    }
    await events.return();
  },
};

async function show(context: CommandContext, event: WatchedEvent, hasData: boolean): Promise<void> {
  const { console } = context;
  const time = new Date();
  const isDataThere = event.type === 'nodeCreated' || event.type === 'nodeDataChanged';
  const data = hasData && isDataThere ? await dataOf(context, event.path) : null;
  if (console.isJson) {
    console.json({
      time: time.toISOString(),
      type: event.type,
      path: event.path,
      ...(event.zxid === null ? {} : { zxid: `0x${toHex(event.zxid)}` }),
      ...(data === null ? {} : jsonData(data.bytes, 'auto')),
    });
    return;
  }
  const what = event.type === 'none' ? 'connected again, look anew' : event.type;
  const rest = data === null ? '' : ` ${JSON.stringify(data.bytes?.toString('utf8') ?? null)}`;
  const clock = time.toTimeString().slice(0, 8);
  console.line(
    `${console.styled(clock, 'faint')} ${console.styled(what, 'event')} ${event.path}${rest}`,
  );
}

/** Null for a znode that is gone already. */
async function dataOf(
  { zk, signal }: CommandContext,
  path: string,
): Promise<{ readonly bytes: Buffer | null } | null> {
  try {
    return { bytes: (await zk.getData(path, { signal })).data };
  } catch (error) {
    if (error instanceof NoNodeError) return null;
    throw error;
  }
}
