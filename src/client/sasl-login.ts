/*
 * SaslLogin: what goes on between session and server before anything is served, where there is SASL: op 102, token for token (Java:
 * ZooKeeperSaslClient, ClientCnxn.SendThread). What is in the tokens is a matter of the mechanism: see sasl.ts.
 */

import { ErrorCode, errorName } from '../jute/error-code.ts';
import type { JuteReader } from '../jute/reader.ts';
import { JuteError } from '../jute/reader.ts';
import type { ServerAddress } from './connection-string.ts';
import { serverName } from './connection-string.ts';
import { AuthFailedError, errorOf } from './errors.ts';
import type { SaslExchange } from './sasl.ts';
import { SaslError } from './sasl.ts';
import type { SessionOutput } from './session-output.ts';

/** Where a login stands: it goes on, both sides know each other, or it is the end for this client. */
export type SaslOutcome =
  | { readonly kind: 'goesOn' }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly error: AuthFailedError };

/** The login on one connection. */
export class SaslLogin {
  readonly #exchange: SaslExchange;
  readonly #output: SessionOutput;
  readonly #serverName: string;
  #xid: number;

  /** Begins with an empty token, as where the server speaks first. @param server for what is said of it */
  constructor(exchange: SaslExchange, output: SessionOutput, server: ServerAddress | null) {
    this.#exchange = exchange;
    this.#output = output;
    this.#serverName = server === null ? 'The server' : serverName(server);
    this.#xid = output.writeToken(new Uint8Array(0));
  }

  /**
   * Takes an answer, and writes the next token where there is one. Whatever is wrong with it is the end for this client, as in Java: a
   * server that does not know it would be asked things under the wrong name. A server without SASL, and one with
   * allowSaslFailedClients, sends a token that is null. Raises JuteError for what is no answer to the last token.
   */
  takeToken(xid: number, err: number, reader: JuteReader): SaslOutcome {
    if (xid !== this.#xid) throw new JuteError(`an answer ${xid} that nobody waits for`);
    if (err !== ErrorCode.ok) {
      return this.#refused(`refuses the SASL credentials: ${errorName(err)}`, errorOf(err, null));
    }
    const token = reader.readBuffer();
    if (token === null) {
      return this.#refused('has no SASL, or refuses the credentials: its token is null', undefined);
    }
    try {
      const next = this.#exchange.respond(token);
      if (next === null) return { kind: 'done' };
      this.#xid = this.#output.writeToken(next);
      return { kind: 'goesOn' };
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      return this.#refused(`cannot be authenticated with by SASL: ${error.message}`, error);
    }
  }

  #refused(why: string, cause: unknown): SaslOutcome {
    const message = `${this.#serverName} ${why}`;
    return { kind: 'refused', error: new AuthFailedError(null, { message, cause }) };
  }
}
