/*
 * `whoami`: the identities of this session (Java: WhoAmICommand).
 */
import type { ServerCommand } from '../command.ts';

/** Shows who this client is to the server. */
export const whoami: ServerCommand = {
  name: 'whoami',
  usage: '',
  summary: 'show who you are to the server',
  takesPath: false,
  async run({ zk, console, signal }) {
    const identities = await zk.whoAmI({ signal });
    if (console.isJson) {
      console.json(identities);
      return;
    }
    console.line('Auth scheme: User');
    for (const { scheme, user } of identities) console.line(`${scheme}: ${user}`);
  },
};
