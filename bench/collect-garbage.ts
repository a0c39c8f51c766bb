/*
 * Makes a server give back its garbage before its memory is measured. Both the JVM and V8 grow their heaps
 * in steps and keep what they freed for later, so without this the growth by ten thousand sessions says
 * more about the last collection than about sessions. The JVM is asked through the JDK's jcmd, V8 through
 * its inspector, for which the server has to be started with one.
 */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { BenchServer } from './server.ts';

const LIMIT_MS = 30_000;
const REQUEST = '{"id":1,"method":"HeapProfiler.collectGarbage"}';

/** Collects the garbage of a server. Without a JDK the JVM's stays. */
export async function collectGarbage(server: BenchServer): Promise<void> {
  if (server.kind === 'java') {
    spawnSync('jcmd', [String(server.pid), 'GC.run'], { stdio: 'ignore', timeout: LIMIT_MS });
    return;
  }
  const url = /ws:\/\/[^\s"]+/.exec(server.log)?.[0];
  if (url === undefined) throw new Error('the server was started without an inspector');
  await askInspector(url.replace('ws:', 'http:'));
}

/** Sends the one request over a WebSocket and waits for its answer. */
function askInspector(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
      },
    });
    request.setTimeout(LIMIT_MS, () => request.destroy(new Error('the inspector did not answer')));
    request.once('error', reject);
    request.once('response', ({ statusCode }) => reject(new Error(`inspector: ${statusCode}`)));
    request.once('upgrade', (_response, socket) => {
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.includes('"id":1')) socket.end();
      });
      socket.once('error', reject);
      socket.once('close', () => resolve());
      // One text frame; a client has to mask what it sends, and zeros are a mask that changes nothing.
      const head = Buffer.from([0x81, 0x80 | REQUEST.length, 0, 0, 0, 0]);
      socket.write(Buffer.concat([head, Buffer.from(REQUEST)]));
    });
  });
}
