/*
 * SASL in a client: DIGEST-MD5 by itself, and a session that authenticates before it asks anything.
 */
import { describe, expect, it } from 'vitest';
import { SaslError, type SaslExchange } from '../../src/client/sasl.ts';
import { DigestMd5 } from '../../src/client/sasl-digest-md5.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { answer, Conversation, tokenAnswer } from './conversation.ts';

/** What Apache ZooKeeper 3.8.0 said to a client with the cnonce below, and how it proved itself. */
const CHALLENGE =
  'realm="zk-sasl-md5",nonce="N+tu0LLYLIZ0zH7JI/06G75Kne4mXEKOARUkV3N7",charset=utf-8,algorithm=md5-sess';
const CNONCE = '00112233445566778899aabbccddeeff';
const PROOF = 'rspauth=213d4984f1bfa44b8630ac3e857ec044';

const bob = { username: 'bob', password: 'builder' };
const bytes = (text: string): Buffer => Buffer.from(text);

describe('DIGEST-MD5', () => {
  it('responds as a server of Java accepts it, and accepts the proof of that server', () => {
    const exchange = new DigestMd5(bob, CNONCE);
    const response = Buffer.from(exchange.respond(bytes(CHALLENGE)) ?? '').toString();
    expect(response).toContain('charset=utf-8,username="bob",realm="zk-sasl-md5",nonce=');
    expect(response).toContain(
      'digest-uri="zookeeper/zk-sasl-md5",response=ba41d3300befe9a3d6fa7f654af7de00,qop=auth',
    );
    expect(exchange.respond(bytes(PROOF))).toBeNull();
  });

  it('does not believe a server that cannot prove that it knows the password', () => {
    for (const proof of [PROOF.replace(/.$/, 'x'), 'rspauth=""', '', 'other=1']) {
      const exchange = new DigestMd5(bob, CNONCE);
      exchange.respond(bytes(CHALLENGE));
      expect(() => exchange.respond(bytes(proof))).toThrow(SaslError);
    }
  });

  it('quotes names, and takes quoted ones', () => {
    const exchange = new DigestMd5({ username: 'b"\\', password: 'x' }, CNONCE);
    const challenge = 'realm="a\\"b" , nonce="n",algorithm=md5-sess';
    const response = Buffer.from(exchange.respond(bytes(challenge)) ?? '').toString();
    expect(response).toMatch(/^username="b\\"\\\\",realm="a\\"b",nonce="n",/);
  });

  it.each([
    [''],
    ['realm="a"'],
    ['nonce="n"'],
    ['nonce="n",algorithm=md5'],
    ['nonce="n",algorithm=md5-sess,qop="auth-conf,auth-int"'],
    ['nonce="n,algorithm=md5-sess'],
    [`nonce="${'n'.repeat(3000)}",algorithm=md5-sess`],
  ])('refuses the challenge %s', (challenge) => {
    expect(() => new DigestMd5(bob, CNONCE).respond(bytes(challenge))).toThrow(SaslError);
  });
});

/** Says "one", "two", and is content. */
class TwoSteps implements SaslExchange {
  readonly #tokens = ['one', 'two'];

  respond(challenge: Uint8Array): Uint8Array | null {
    if (Buffer.from(challenge).toString() === 'lie') throw new SaslError('a lie');
    const next = this.#tokens.shift();
    return next === undefined ? null : bytes(next);
  }
}

describe('a session with SASL', () => {
  const authenticating = (): Conversation => {
    const conversation = new Conversation({ sasl: () => new TwoSteps() });
    conversation.addAuth('digest', 'x:y');
    conversation.ask('/a');
    conversation.accept();
    conversation.story.length = 0;
    return conversation;
  };
  const tokenOf = (conversation: Conversation): unknown => {
    const [sent, ...more] = conversation.sent();
    expect(more).toEqual([]);
    expect(sent?.type).toBe(OpCode.sasl);
    return Buffer.from(sent?.body.readBuffer() ?? '').toString();
  };
  const finish = (conversation: Conversation, firstXid = 1): void => {
    for (const [step, token] of ['', 'one', 'two'].entries()) {
      expect(tokenOf(conversation)).toBe(token);
      expect(conversation.session.isConnected).toBe(false);
      conversation.hear(tokenAnswer(firstXid + step, 'more'));
    }
  };

  it('asks nothing before the server knows who it is, and then says so', () => {
    const conversation = authenticating();
    finish(conversation);
    expect(conversation.story).toEqual(['state connected', 'saslAuthenticated']);
    expect(conversation.sentTypes()).toEqual([OpCode.auth, OpCode.getData]);
  });

  it('authenticates anew on the next connection, before it sets its watches', () => {
    const conversation = authenticating();
    finish(conversation);
    const watcher = conversation.watcher('w');
    conversation.ask('/w', { registration: { kind: 'data', path: '/w', watcher } });
    conversation.sent();
    conversation.hear(answer(4));
    conversation.hear(answer(5));
    conversation.close();
    conversation.pass(1_000);
    conversation.accept();
    finish(conversation, 6);
    expect(conversation.sentTypes()).toEqual([OpCode.auth, OpCode.setWatches]);
  });

  it.each([
    ['refuses the token', answer(1, { err: -115 }), 'refuses the SASL credentials'],
    ['has no SASL', tokenAnswer(1, null), 'has no SASL'],
    ['does not prove itself', tokenAnswer(1, 'lie'), 'cannot be authenticated with by SASL: a lie'],
  ])('is over where the server %s', (_, frame, reason) => {
    const conversation = authenticating();
    conversation.hear(frame);
    const { session, story } = conversation;
    expect(session.state).toBe('authFailed');
    expect(session.lastError?.message).toContain(reason);
    expect(story).toContain('/a: AuthFailedError');
    expect(story).toContain('digest: AuthFailedError');
  });

  it('looks for another server where one says nothing, or nonsense', () => {
    for (const breaks of [
      (conversation: Conversation) => conversation.pass(30_000),
      (conversation: Conversation) => conversation.hear(tokenAnswer(9, 'x')),
      (conversation: Conversation) => conversation.close(),
    ]) {
      const conversation = authenticating();
      breaks(conversation);
      expect(conversation.story).toContain('disconnect');
      expect(conversation.session.state).toBe('connecting');
    }
  });

  it('is closed behind the exchange', () => {
    const conversation = authenticating();
    conversation.session.close(conversation.closeRequest(), conversation.now);
    finish(conversation);
    expect(conversation.sentTypes()).toEqual([OpCode.auth, OpCode.getData, OpCode.closeSession]);
  });
});
