/*
 * The forwarder: of all transactions of the ensemble, which answer whom.
 */
import { describe, expect, it } from 'vitest';
import { wholeRange } from '../../../src/jute/byte-range.ts';
import type { SessionId, Zxid } from '../../../src/jute/int64.ts';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { JuteError } from '../../../src/jute/reader.ts';
import { Forwarder } from '../../../src/server/pipeline/forwarder.ts';
import { Request } from '../../../src/server/pipeline/request.ts';
import { setTxn } from '../../datatree/storage/scene.ts';
import { shown, zx } from '../../quorum/zab/links.ts';
import { record } from '../ensemble/member.ts';

const [ANN, BOB] = [toSessionId(0xan), toSessionId(0xbn)];

function request(sessionId: SessionId, cxid: number, type: number = OpCode.setData): Request {
  const body = wholeRange(Buffer.from(`body ${cxid}`));
  const rest = { connection: null, owner: 1, authIds: [], receivedAt: 0 };
  return new Request({ ...rest, sessionId, cxid, type, body });
}

/** A forwarder, and what it does as text. */
function scene() {
  const told: string[] = [];
  const nameOf = (one: Request | null): string =>
    one === null ? 'nobody' : `${one.sessionId.toString(16)}/${one.cxid}`;
  const forwarder = new Forwarder({
    forward: (one, body) => told.push(`forward ${nameOf(one)} ${Buffer.from(body)}`),
    commit: (header, _txn, digest, one) => {
      told.push(
        `commit ${shown(header.zxid)} for ${nameOf(one)}${digest === null ? '' : ' compared'}`,
      );
    },
    committed: (zxid) => told.push(`remember ${shown(zxid)}`),
    synced: (one) => told.push(`synced ${nameOf(one)}`),
  });
  const append = (zxid: Zxid, clientId: SessionId, cxid: number, digest?: bigint): void => {
    const given = digest === undefined ? {} : { digest };
    forwarder.append(zxid, record(zxid, setTxn('/a', ''), { clientId, cxid, ...given }));
  };
  return { forwarder, append, take: () => told.splice(0) };
}

describe('a transaction', () => {
  it('answers who asked for it here, and nobody where another server’s client did', () => {
    const { forwarder, append, take } = scene();
    forwarder.propose(request(ANN, 1));
    append(zx(1, 1), BOB, 1);
    append(zx(1, 2), ANN, 1);
    append(zx(1, 3), ANN, 2);
    forwarder.commitThrough(zx(1, 3));
    expect(take()).toEqual([
      'forward a/1 body 1',
      'commit 1:1 for nobody',
      'remember 1:1',
      'commit 1:2 for a/1',
      'remember 1:2',
      'commit 1:3 for nobody',
      'remember 1:3',
    ]);
  });

  it('answers a session’s requests in the order in which they were asked', () => {
    const { forwarder, append, take } = scene();
    for (const cxid of [1, 2]) forwarder.propose(request(ANN, cxid));
    expect(forwarder.lastOf(ANN)?.cxid).toBe(2);
    append(zx(1, 1), ANN, 2);
    append(zx(1, 2), ANN, 1);
    forwarder.commitThrough(zx(1, 2));
    expect(take().filter((line) => line.startsWith('commit'))).toEqual([
      'commit 1:1 for nobody',
      'commit 1:2 for a/1',
    ]);
    expect(forwarder.lastOf(ANN)?.cxid).toBe(2);
    expect(forwarder.lastOf(BOB)).toBeNull();
  });

  it('is applied when it is committed, and is left for the next term when it is not', () => {
    const { forwarder, append, take } = scene();
    for (const counter of [1, 2, 3]) append(zx(1, counter), BOB, counter);
    forwarder.commitThrough(zx(1, 2));
    expect(take()).toHaveLength(4);
    expect(forwarder.uncommitted.map(({ zxid }) => zxid)).toEqual([zx(1, 3)]);
  });

  it('is counted right among many thousands', () => {
    const { forwarder, append } = scene();
    for (let counter = 1; counter <= 10_000; counter++) {
      append(zx(1, counter), BOB, counter);
      if (counter > 3) forwarder.commitThrough(zx(1, counter - 3));
    }
    expect(forwarder.uncommitted.map(({ zxid }) => shown(zxid))).toEqual([
      '1:9998',
      '1:9999',
      '1:10000',
    ]);
  });

  it('has its digest compared, but where the tree may be ahead of it', () => {
    const { forwarder, append, take } = scene();
    forwarder.skipDigestsThrough(zx(1, 1));
    append(zx(1, 1), BOB, 1, 7n);
    append(zx(1, 2), BOB, 2, 7n);
    append(zx(1, 3), BOB, 3);
    forwarder.commitThrough(zx(1, 3));
    expect(take().filter((line) => line.startsWith('commit'))).toEqual([
      'commit 1:1 for nobody',
      'commit 1:2 for nobody compared',
      'commit 1:3 for nobody',
    ]);
  });

  it('that cannot be read is refused before it is logged', () => {
    const { forwarder } = scene();
    const cut = record(zx(1, 1), setTxn('/a', 'some data')).subarray(0, 45);
    expect(() => forwarder.append(zx(1, 1), cut)).toThrow(JuteError);
    expect(forwarder.uncommitted).toEqual([]);
  });
});

describe('syncs', () => {
  it('are passed on, and answered in the order in which they were asked', () => {
    const { forwarder, take } = scene();
    forwarder.sync(request(ANN, 1, OpCode.sync));
    forwarder.sync(request(BOB, 1, OpCode.sync));
    for (let each = 0; each < 3; each++) forwarder.synced();
    expect(take()).toEqual([
      'forward a/1 body 1',
      'forward b/1 body 1',
      'synced a/1',
      'synced b/1',
    ]);
  });
});
