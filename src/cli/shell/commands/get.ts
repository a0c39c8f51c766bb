/*
 * `get`: the data of a znode (Java: GetCommand; -b and -x since 3.9). The bytes are written as they are, where Java writes what
 * UTF-8 makes of them, so that a file can be had back; only a terminal is spared what would disturb it.
 */
import { isUtf8 } from 'node:buffer';
import { jsonData } from '../../tool/json-values.ts';
import type { CommandContext, ServerCommand } from '../command.ts';
import { hexDump } from '../hex-dump.ts';
import { checkPath } from '../java-path.ts';
import { statJson, statLines } from '../stat-lines.ts';

/** Shows the data of a znode. */
export const get: ServerCommand = {
  name: 'get',
  usage: '[-s] [-w] path',
  summary: 'show the data of a znode',
  help: [
    '-s  with its Stat',
    '-w  tell when it changes',
    '-b  as base64',
    '-x  as a table of hexadecimal bytes',
  ],
  options: { flags: ['s', 'w', 'b', 'x'] },
  least: 1,
  oldForm: {
    note: "'get path [watch]' has been deprecated. Please use 'get [-s] [-w] path' instead.",
    word: '-w',
  },
  async run(context, line) {
    const { zk, console, signal } = context;
    const { options } = line;
    const [path = ''] = line.operands;
    checkPath(path);
    const watch = options.has('w') ? context.watcher : undefined;
    const { data, stat } = await zk.getData(path, { signal, watch });
    if (console.isJson) {
      const form = options.has('b') ? 'base64' : 'auto';
      const rest = options.has('s') ? { stat: statJson(stat) } : {};
      console.json({ path, ...jsonData(data, form), ...rest });
      return;
    }
    if (data === null) console.line('null');
    else if (options.has('b')) console.line(data.toString('base64'));
    else if (options.has('x')) console.lines(hexDump(data));
    else await showData(console, data);
    if (options.has('s')) console.lines(statLines(stat));
  },
};

async function showData(console: CommandContext['console'], data: Buffer): Promise<void> {
  if (!console.isTerminal) await console.bytes(data);
  else if (isUtf8(data)) console.line(withoutControls(data.toString('utf8')));
  else console.lines(hexDump(data));
}

/** Escapes that are not of our own making would move the cursor and worse. */
function withoutControls(text: string): string {
  return Array.from(text, (letter) => {
    const unit = letter.charCodeAt(0);
    const isControl = (unit < 0x20 && unit !== 0x09 && unit !== 0x0a) || unit === 0x7f;
    return isControl || (unit >= 0x80 && unit <= 0x9f) ? '\ufffd' : letter;
  }).join('');
}
