/*
 * `set`: new data for a znode (Java: SetCommand; -b since 3.9).
 */
import { CliError } from '../cli-error.ts';
import { type ServerCommand, versionOf } from '../command.ts';
import { checkPath } from '../java-path.ts';
import { statJson, statLines } from '../stat-lines.ts';

/** Replaces the data of a znode. */
export const set: ServerCommand = {
  name: 'set',
  usage: '[-s] [-v version] path data',
  summary: 'replace the data of a znode',
  help: [
    '-s          show its Stat afterwards',
    '-v version  only if its data has this version',
    '-b          the data is base64',
  ],
  options: { flags: ['s', 'b'], values: ['v'] },
  least: 2,
  async run({ zk, console, signal }, line) {
    const [path = '', data = ''] = line.operands;
    const version = versionOf(line);
    checkPath(path);
    const bytes = line.options.has('b') ? fromBase64(data) : data;
    const stat = await zk.setData(path, bytes, { signal, version });
    if (console.isJson) console.json({ path, stat: statJson(stat) });
    else if (line.options.has('s')) console.lines(statLines(stat));
  },
};

function fromBase64(text: string): Buffer {
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0;
  if (!isBase64) throw new CliError('-b needs data that is base64');
  return Buffer.from(text, 'base64');
}
