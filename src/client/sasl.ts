/*
 * SASL as ZooKeeper carries it (op 102, Java: ZooKeeperSaslClient): client and server send each other tokens, GetSASLRequest and
 * SetSASLResponse, until both are content. What is in the tokens is a matter of the mechanism: see sasl-digest-md5.ts.
 */

/** One exchange, on one connection. */
export interface SaslExchange {
  /**
   * Takes a token of the server.
   *
   * @returns the next token for it, or null when both know of each other what there is to know
   * @throws SaslError where the server says what it may not, or does not prove that it knows the password
   */
  respond(challenge: Uint8Array): Uint8Array | null;
}

/** An exchange that cannot succeed. */
export class SaslError extends Error {
  override readonly name = 'SaslError';
}
