/*
 * Words: four-letter words as clients send them, in place of a frame's length and as the first thing on a connection
 * (Java: NIOServerCnxn.checkFourLetterWord). What each says is the business of src/fourletter.
 */

import type { FourLetterWord } from '../../fourletter/index.ts';
import { answerFourLetterWord, argumentLength } from '../../fourletter/index.ts';
import type { Connection } from './connection.ts';
import type { OpenConnections } from './open-connections.ts';
import { describe } from './open-connections.ts';
import type { ClientPortPorts } from './ports.ts';

/** Bytes of a word. */
const WORD_SIZE = 4;

/** Answers four-letter words. */
export class Words {
  private readonly ports: ClientPortPorts;
  private readonly connections: OpenConnections;

  constructor(ports: ClientPortPorts, connections: OpenConnections) {
    this.ports = ports;
    this.connections = connections;
  }

  /**
   * Answers a word and ends the connection; false when the word's argument is not there yet.
   * @param rest the bytes behind the word that have arrived
   */
  take(connection: Connection, word: FourLetterWord, rest: Buffer): boolean {
    const { view, log, stats } = this.ports;
    const size = argumentLength(word, view);
    if (rest.length < size) return false;
    connection.stats.countReceived();
    stats.countReceived(WORD_SIZE);
    log.debug(`Processing ${word} command from ${describe(connection)}`);
    const answer = answerFourLetterWord(word, rest.subarray(0, size), view);
    connection.out().writeBytes(Buffer.from(answer, 'utf8'));
    connection.stats.countSent();
    stats.countSent();
    this.connections.closeAfterFlush(connection);
    return true;
  }
}
