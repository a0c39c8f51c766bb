/*
 * Asks a server a four-letter word over its client port, as FourLetterWordMain does for zkServer.sh.
 *
 * `status` asks with it, and `start` to see that the server serves. What a word answers is the business of src/fourletter.
 */
import { connect } from 'node:net';

/** How long a server may take to answer, in ms; FourLetterWordMain's own limit. */
const TIMEOUT_MS = 5000;

/** No answer of `srvr` is near this; what sends more is no ZooKeeper. */
const ANSWER_LIMIT_BYTES = 1 << 20;

/**
 * Sends a word and reads until the server closes the connection.
 *
 * @returns the answer, or null where there is no server, none that answers in time, or none that answers at all
 */
export function askServer(host: string, port: number, word: string): Promise<string | null> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host, port });
    const finish = (result: string | null) => {
      socket.destroy();
      resolve(result);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => finish(null));
    socket.on('connect', () => socket.write(word));
    socket.on('data', (part: string) => {
      answer += part;
      if (answer.length > ANSWER_LIMIT_BYTES) finish(null);
    });
    socket.on('error', () => finish(null));
    socket.on('close', () => finish(answer === '' ? null : answer));
  });
}
