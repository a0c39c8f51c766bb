import { describe, expect, it } from 'vitest';
import { ServerMetrics } from '../../../src/admin/metrics/index.ts';
import { ErrorCode } from '../../../src/jute/error-code.ts';
import type { Zxid } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import type { Request } from '../../../src/server/pipeline/request.ts';
import { Serving } from '../../../src/server/serving.ts';
import { LearnerSessions } from '../../../src/server/session/learner-sessions.ts';
import { sessionPassword } from '../../../src/server/session/password.ts';
import { SESSION, Story, TIME } from '../../datatree/trees.ts';
import { hostFacts } from '../../harness/host-facts.ts';
import { Op, pathAndWatch, setData } from '../../harness/requests.ts';
import { Client } from '../client.ts';
import { LEAST, parseText } from '../config/memory-files.ts';

/** What a learner has asked its leader. */
interface Question {
  readonly sessionId: bigint;
  readonly timeout: number;
  readonly answer: (isValid: boolean) => void;
}

/** The part of a learner that serves clients, its leader being the test. */
class Learner {
  readonly clock = { elapsed: 1_000_000, wall: TIME };
  readonly questions: Question[] = [];
  readonly lines: string[] = [];
  readonly proposed: Request[] = [];
  readonly server: Serving;
  private clientCount = 0;

  constructor() {
    const log = (message: string) => void this.lines.push(message);
    this.server = new Serving(
      {
        clock: this.clock,
        log: { debug: log, info: log, warn: log, error: log },
        facts: hostFacts(),
        random: () => 0.5,
        tree: new Story().tree,
        metrics: new ServerMetrics(() => 0.5),
        sessions: new LearnerSessions(SESSION, () => false),
        revalidate: (_connection, sessionId, timeout, answer) =>
          this.questions.push({ sessionId, timeout, answer }),
        ensemble: null,
        isLogFull: () => false,
      },
      { config: parseText(`${LEAST}4lw.commands.whitelist=*\n`), serverId: 1, listeningPort: -1 },
    );
    this.server.pipeline.setWritePath({
      propose: (request) => void this.proposed.push(request),
      sync: null,
      lastOf: () => null,
    });
  }

  settle(): void {
    while (this.server.clientPort.endTurn());
  }

  /** A client that wants its session back. */
  comeBack(): Client {
    const client = new Client(this, '10.0.0.1', 40_000 + this.clientCount++);
    client.shakeHands({ sessionId: SESSION, password: sessionPassword(SESSION), timeout: 20_000 });
    this.settle();
    return client;
  }

  /** Its leader says of the oldest write that the session is another server's by now. */
  refuseAsMoved(): void {
    const request = this.proposed.shift();
    if (request === undefined) throw new Error('nothing was proposed');
    const { sessionId: clientId, cxid } = request;
    const txn = { type: OpCode.error, err: ErrorCode.sessionMoved } as const;
    const header = { clientId, cxid, zxid: 100n as Zxid, time: TIME, type: txn.type };
    this.server.pipeline.commit(header, txn, null, request);
    this.settle();
  }

  answer(isValid: boolean): void {
    const question = this.questions.shift();
    if (question === undefined) throw new Error('nothing was asked');
    question.answer(isValid);
    this.settle();
  }
}

describe('a client that comes back to a server which has to ask whether its session is valid', () => {
  it('is let in when the answer is yes', () => {
    const learner = new Learner();
    const ann = learner.comeBack();
    expect(learner.questions).toMatchObject([{ sessionId: SESSION, timeout: 20_000 }]);
    expect(ann.takeHandshake()).toBeNull();
    learner.answer(true);
    expect(ann.takeHandshake()).toMatchObject({ sessionId: SESSION, timeout: 20_000 });
  });

  it('hears zeros and is closed when it is no', () => {
    const learner = new Learner();
    const ann = learner.comeBack();
    learner.answer(false);
    expect(ann.takeHandshake()).toMatchObject({ sessionId: 0n, timeout: 0 });
    expect(ann.link.state).toBe('ended');
  });

  it('may ask for more meanwhile, and is answered in order', () => {
    const learner = new Learner();
    const ann = learner.comeBack();
    for (let xid = 1; xid <= 3; xid++) ann.request(Op.getData, pathAndWatch('/'), xid);
    learner.settle();
    expect([ann.link.isPaused, ann.link.delivered]).toEqual([true, []]);
    learner.answer(true);
    ann.expectSession();
    expect(ann.take().map(({ xid, err }) => [xid, err])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    expect(ann.link.isPaused).toBe(false);
  });

  it.each([true, false])('may go away before the answer comes, though it is %s', (isValid) => {
    const learner = new Learner();
    const ann = learner.comeBack();
    ann.request(Op.getData, pathAndWatch('/'));
    ann.disconnect();
    learner.answer(isValid);
    expect(ann.link.delivered).toEqual([]);
    expect(learner.server.clientPort.connections.size).toBe(0);
  });

  it('hears nothing any more when it turns out to be elsewhere, not even what it has read since', () => {
    const learner = new Learner();
    const ann = learner.comeBack();
    learner.answer(true);
    ann.expectSession();
    ann.request(Op.setData, setData('/', Buffer.from('x')), 1);
    ann.request(Op.getData, pathAndWatch('/'), 2);
    learner.settle();
    learner.refuseAsMoved();
    expect([ann.take(), ann.link.state]).toEqual([[], 'ended']);
    expect(learner.server.pipeline.inProcess).toBe(0);
  });

  it('gives way to a later one of the same session', () => {
    const learner = new Learner();
    const [ann, again] = [learner.comeBack(), learner.comeBack()];
    expect(ann.link.state).toBe('destroyed');
    learner.answer(true);
    expect(again.takeHandshake()).toBeNull();
    learner.answer(true);
    expect(again.takeHandshake()?.sessionId).toBe(SESSION);
  });

  it('is closed when the session is closed before the answer comes', () => {
    const learner = new Learner();
    const ann = learner.comeBack();
    const type = OpCode.closeSession;
    const header = { clientId: SESSION, cxid: 0, zxid: 1n as never, time: TIME, type };
    learner.server.pipeline.commit(header, { type, paths2Delete: [] }, null, null);
    learner.answer(true);
    expect([ann.link.state, ann.link.delivered]).toEqual(['destroyed', []]);
  });

  it.each([false, true])('does not wait for ever, whether it asks for more (%s) or not', (asks) => {
    const learner = new Learner();
    const ann = learner.comeBack();
    if (asks) ann.request(Op.getData, pathAndWatch('/'));
    learner.settle();
    for (let second = 0; second < 25; second++) {
      learner.clock.elapsed += 1000;
      learner.server.clientPort.lookAtPaused();
      learner.server.clientPort.expireConnections();
    }
    expect(ann.link.state).toBe('destroyed');
    learner.answer(true);
    expect(ann.link.delivered).toEqual([]);
  });
});

describe('a server that does not serve', () => {
  it('closes who wants a session, and says why in its log', () => {
    const learner = new Learner();
    learner.server.view.isServing = false;
    const ann = learner.comeBack();
    expect([ann.link.state, ann.link.delivered]).toEqual(['destroyed', []]);
    expect(learner.lines).toEqual([expect.stringContaining('ZooKeeperServer not running')]);
  });

  it('takes nothing more from who has a session', () => {
    const learner = new Learner();
    const ann = learner.comeBack();
    learner.answer(true);
    ann.expectSession();
    learner.server.view.isServing = false;
    ann.request(Op.getData, pathAndWatch('/'));
    learner.settle();
    expect([ann.link.state, ann.take()]).toEqual(['destroyed', []]);
  });

  it.each([
    ['ruok', 'imok'],
    ['isro', 'null'],
    ['stat', 'This ZooKeeper instance is not currently serving requests\n'],
  ])('still answers %s', (word, text) => {
    const learner = new Learner();
    learner.server.view.isServing = false;
    const ann = new Client(learner, '10.0.0.1', 40_000);
    ann.send(Buffer.from(word));
    learner.settle();
    expect(ann.takeText()).toBe(text);
  });
});
