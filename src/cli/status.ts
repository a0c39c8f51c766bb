/*
 * status: finds the client port as zkServer.sh finds it and prints the mode that `srvr` tells. Line for line zkServer.sh's,
 * so that scripts that read them keep working.
 */
import { diskFiles } from './config-files.ts';
import type { Environment } from './environment.ts';
import { askServer } from './four-letter-word.ts';
import { type StaticKeys, staticKeys } from './static-keys.ts';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface ClientPort {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

function numberOf(text: string | undefined): number | null {
  return text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : null;
}

/** The part behind `;` of this server's own line, in zoo.cfg or in the dynamic file. */
function ownClientPart(keys: StaticKeys, myid: string): string | null {
  const here = clientPart(keys, myid);
  if (here !== null) return here;
  say('Client port not found in static config file. Looking in dynamic config file.');
  const dynamic = keys.get('dynamicConfigFile');
  return dynamic === undefined ? null : clientPart(staticKeys(dynamic), myid);
}

function clientPart(keys: StaticKeys, myid: string): string | null {
  const line = keys.get(`server.${myid}`);
  const part = line?.split(';')[1]?.trim();
  return part === undefined || part === '' ? null : part;
}

function fromServerLine(keys: StaticKeys): ClientPort | null {
  const content = diskFiles.read(`${keys.get('dataDir') ?? ''}/myid`);
  const myid = content.kind === 'file' ? new TextDecoder().decode(content.bytes).trim() : '';
  if (!/^[0-9]+$/.test(myid)) {
    say('myid could not be determined, will not able to locate clientPort in the server configs.');
    return null;
  }
  const part = ownClientPart(keys, myid);
  const [, host, port] = /^(?:\[?([^\]]*)\]?:)?([0-9]+)$/.exec(part ?? '') ?? [];
  if (port !== undefined) {
    return {
      host: host ?? addressOf(keys, 'clientPortAddress'),
      port: Number(port),
      secure: false,
    };
  }
  say('Client port not found in the server configs');
  return null;
}

function addressOf(keys: StaticKeys, key: string): string {
  return keys.get(key) || 'localhost';
}

function clientPort(keys: StaticKeys): ClientPort | null {
  const port = numberOf(keys.get('clientPort'));
  if (port !== null) return { host: addressOf(keys, 'clientPortAddress'), port, secure: false };
  const fromLine = fromServerLine(keys);
  if (fromLine !== null) return fromLine;
  say('Client port not found. Looking for secureClientPort in the static config.');
  const secure = numberOf(keys.get('secureClientPort'));
  if (secure === null) return null;
  return { host: addressOf(keys, 'secureClientPortAddress'), port: secure, secure: true };
}

/**
 * Prints where the server is and its mode.
 *
 * @returns the exit code: 0 when a server answered, 1 otherwise
 */
export async function status(environment: Environment): Promise<number> {
  const found = clientPort(staticKeys(environment.configFile));
  if (found === null) {
    say('Unable to find either secure or unsecure client port in any configs. Terminating.');
    return 1;
  }
  const { host, port, secure } = found;
  say(`Client port found: ${port}. Client address: ${host}. Client SSL: ${secure}.`);
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const answer = secure ? null : await askServer(bare, port, 'srvr');
  const mode = answer?.split('\n').find((line) => line.includes('Mode'));
  if (mode === undefined) {
    say('Error contacting service. It is probably not running.');
    return 1;
  }
  say(mode);
  return 0;
}
