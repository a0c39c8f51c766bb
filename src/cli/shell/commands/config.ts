/*
 * `config`: the servers of the ensemble (Java: GetConfigCommand, ConfigUtils.getClientConfigStr).
 */
import type { ServerCommand } from '../command.ts';
import { statJson, statLines } from '../stat-lines.ts';

/** Shows the configuration of the ensemble. */
export const config: ServerCommand = {
  name: 'config',
  usage: '[-c] [-w] [-s]',
  summary: 'show the servers of the ensemble',
  help: [
    '-c  only what a client needs to connect',
    '-w  tell when it changes',
    '-s  with the Stat of its znode',
  ],
  options: { flags: ['s', 'w', 'c'] },
  takesPath: false,
  async run({ zk, console, signal, watcher }, { options }) {
    const watch = options.has('w') ? watcher : undefined;
    const { data, stat } = await zk.getConfig({ signal, watch });
    const text = data === null ? 'null' : data.toString('utf8');
    const shown = options.has('c') ? clientConfig(text) : text;
    if (console.isJson) {
      console.json({ config: shown, ...(options.has('s') ? { stat: statJson(stat) } : {}) });
      return;
    }
    console.line(shown);
    if (options.has('s')) console.lines(statLines(stat));
  },
};

/** The version and the client addresses: `100000000 one:2181,two:2181`. */
function clientConfig(text: string): string {
  let version = '';
  const addresses: string[] = [];
  for (const line of text.split('\n')) {
    const [, key = '', value = ''] = /^([^=]*)=(.*)$/.exec(line.trim()) ?? [];
    if (key === 'version') version = value;
    if (!key.startsWith('server.')) continue;
    const [, client = ''] = value.split(';');
    const colon = client.lastIndexOf(':');
    const host = colon < 0 ? '0.0.0.0' : client.slice(0, colon).replace(/^\[|\]$/g, '');
    // A server without a client address leaves nothing between the commas.
    addresses.push(client === '' ? '' : `${host}:${client.slice(colon + 1)}`);
  }
  return `${version} ${addresses.join(',')}`;
}
