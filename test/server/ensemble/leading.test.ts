/*
 * A leader's server: what it logs is what it proposes, whose sessions are whose, and how they end.
 */
import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../../src/jute/error-code.ts';
import type { SessionId } from '../../../src/jute/int64.ts';
import { toSessionId } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { JuteReader } from '../../../src/jute/reader.ts';
import { readTxn, readTxnHeader } from '../../../src/jute/txn.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { PacketType } from '../../../src/quorum/zab/packet.ts';
import { OPEN_ACL, recoverFrom, seen } from '../../datatree/storage/scene.ts';
import { int, type RawPeer, shown, zx } from '../../quorum/zab/links.ts';
import { Member } from './member.ts';

const ANN = toSessionId(0x200000000000001n);

/** A follower passes on what a client asks. */
function asks(
  peer: RawPeer,
  sessionId: SessionId,
  request: { readonly cxid: number; readonly type: number; readonly body?: Buffer },
): void {
  const writer = new JuteWriter();
  writer.writeLong(sessionId);
  writer.writeInt(request.cxid);
  writer.writeInt(request.type);
  writer.writeBytes(request.body ?? Buffer.alloc(0));
  peer.say('request', -1n, writer.toBuffer());
}

/** CreateRequest: path, data, acl, flags. */
function createBody(path: string): Buffer {
  const writer = new JuteWriter();
  writer.writeString(path);
  writer.writeBuffer(Buffer.alloc(0));
  writer.writeInt(OPEN_ACL.length);
  for (const { perms, id } of OPEN_ACL) {
    writer.writeInt(perms);
    writer.writeString(id.scheme);
    writer.writeString(id.id);
  }
  writer.writeInt(0);
  return writer.toBuffer();
}

/** The transactions that a follower was sent: zxid, session, what they are, and the code of a refusal. */
function proposed(peer: RawPeer): string[] {
  return peer.data
    .filter(({ name }) => name === 'PROPOSAL')
    .map(({ bytes }) => {
      const reader = new JuteReader(bytes);
      const header = readTxnHeader(reader);
      const txn = readTxn(header.type, reader);
      const what = txn.type === OpCode.error ? `error ${txn.err}` : `type ${txn.type}`;
      return `${shown(header.zxid)} 0x${header.clientId.toString(16)} ${what}`;
    });
}

/** Acknowledges everything, and lets the leader's disk do its work. */
function settle(member: Member, follower: RawPeer): void {
  for (let round = 0; round < 3; round++) {
    member.settle();
    for (const packet of follower.take()) {
      const match = /^PROPOSAL (\d+):(\d+)$/.exec(packet);
      if (match !== null) follower.say('ack', zx(Number(match[1]), Number(match[2])));
      if (packet.startsWith('PING')) follower.say('ping', 0n);
    }
  }
  member.settle();
}

/** A leader, a follower, and a session of one of that one's clients. */
function withSession() {
  const member = new Member();
  const parts = member.lead();
  asks(parts.follower, ANN, { cxid: 0, type: OpCode.createSession, body: int(4000) });
  settle(member, parts.follower);
  return { member, ...parts };
}

describe('a request of a follower', () => {
  it('is proposed, committed by a quorum, and applied', () => {
    const { member, follower } = withSession();
    const body = createBody('/a');
    asks(follower, ANN, { cxid: 1, type: OpCode.create, body });
    settle(member, follower);
    expect(proposed(follower)).toEqual([
      '1:1 0x200000000000001 type -10',
      '1:2 0x200000000000001 type 1',
    ]);
    expect(member.history.tree.findPath('/a')).toBeGreaterThan(0);
    expect(recoverFrom(member.disk).lastZxid).toBe(zx(1, 2));
  });

  it.each([
    ['a read', OpCode.getData],
    ['what nobody knows', 77],
    ['a bare check', OpCode.check],
  ])('that is no write is answered with an error: %s', (_what, type) => {
    const { member, follower } = withSession();
    asks(follower, ANN, { cxid: 1, type });
    settle(member, follower);
    expect(proposed(follower).at(-1)).toBe(
      `1:2 0x200000000000001 error ${ErrorCode.unimplemented}`,
    );
  });

  it.each([
    ['a create', OpCode.create],
    ['a multi', OpCode.multi],
    ['a session', OpCode.createSession],
  ])('that ends early is answered with an error, and harms nobody: %s', (_what, type) => {
    const { member, leader, follower } = withSession();
    asks(follower, toSessionId(5n), { cxid: 1, type, body: Buffer.alloc(3) });
    settle(member, follower);
    expect(proposed(follower).at(-1)).toContain('1:2 0x5 error');
    expect(leader.phase).toBe('broadcast');
  });

  it('behind a sync is proposed without waiting for the answer, which comes before its commit', () => {
    const { member, follower } = withSession();
    asks(follower, ANN, { cxid: 1, type: OpCode.sync, body: createBody('/') });
    asks(follower, ANN, { cxid: 2, type: OpCode.create, body: createBody('/a') });
    member.turn();
    expect(follower.take()).toEqual(['PING 1:1', 'PROPOSAL 1:2']);
    follower.say('ack', zx(1, 2));
    member.settle();
    expect(follower.take()).toEqual(['SYNC 0:0', 'COMMIT 1:2']);
  });
});

describe('a session', () => {
  it('that has moved to another server is refused to the old one (ZOOKEEPER-710)', () => {
    const { member, leader, follower } = withSession();
    const three = member.followed(leader, 3);
    const data = Buffer.concat([Buffer.from('0200000000000001', 'hex'), int(4000)]);
    three.say('revalidate', 0n, data);
    member.turn();
    expect(three.data.at(-1)?.bytes.at(-1)).toBe(1);
    asks(follower, ANN, { cxid: 1, type: OpCode.create, body: createBody('/a') });
    asks(three, ANN, { cxid: 1, type: OpCode.create, body: createBody('/b') });
    settle(member, follower);
    expect(proposed(follower).slice(1)).toEqual([
      `1:2 0x200000000000001 error ${ErrorCode.sessionMoved}`,
      '1:3 0x200000000000001 type 1',
    ]);
  });

  it('that nobody knows is not valid, and gets no write', () => {
    const { member, follower } = withSession();
    follower.say('revalidate', 0n, Buffer.concat([Buffer.alloc(8, 7), int(4000)]));
    asks(follower, toSessionId(7n), { cxid: 1, type: OpCode.create, body: createBody('/a') });
    settle(member, follower);
    expect(follower.data.find(({ name }) => name === 'REVALIDATE')?.bytes.at(-1)).toBe(0);
    expect(proposed(follower).at(-1)).toContain('error');
  });

  it('expires once, when no server has heard it for its time-out', () => {
    const { member, leading, follower } = withSession();
    member.clock.elapsed += 3000;
    follower.say('ping', 0n, Buffer.concat([Buffer.from('0200000000000001', 'hex'), int(4000)]));
    member.turn();
    member.clock.elapsed += 3000;
    leading.run();
    settle(member, follower);
    expect(proposed(follower)).toHaveLength(1);
    member.clock.elapsed += 2000;
    leading.run();
    leading.run();
    settle(member, follower);
    leading.run();
    settle(member, follower);
    expect(proposed(follower).slice(1)).toEqual(['1:2 0x200000000000001 type -11']);
  });

  it('that was there before lives on under a new leader, for its whole time-out', () => {
    const { member, leader, follower } = withSession();
    leader.end('enough');
    member.endTerm();
    member.disk.settle();
    member.clock.elapsed += 60_000;
    const next = member.lead();
    next.leading.run();
    settle(member, next.follower);
    expect(proposed(next.follower)).toEqual([]);
    member.clock.elapsed += 5000;
    next.leading.run();
    settle(member, next.follower);
    expect(proposed(next.follower)).toEqual(['2:1 0x200000000000001 type -11']);
    expect(follower.isClosed).toBe(true);
  });
});

it("a leader needs nobody else's tree any more, whatever an earlier leader wanted cut", () => {
  const member = new Member();
  member.history.needsTree = true;
  member.lead();
  expect(member.history.needsTree).toBe(false);
});

describe('the end of leading', () => {
  it('keeps what was proposed: it may have been committed', () => {
    const { member, leader, follower } = withSession();
    asks(follower, ANN, { cxid: 1, type: OpCode.create, body: createBody('/a') });
    member.turn();
    leader.end('enough');
    const end = member.endTerm();
    member.disk.settle();
    expect(end.isDone).toBe(true);
    expect(member.history.lastProcessedZxid).toBe(zx(1, 2));
    expect(seen(recoverFrom(member.disk).tree)).toEqual(seen(member.history.tree));
  });

  it('logs nothing that comes in the same turn: nobody else would ever have it', () => {
    const { member, leader, leading } = withSession();
    leader.end('not enough followers are in sync');
    // The host runs what is due, and delivers what clients have sent, before the role is left.
    member.clock.elapsed += 10_000;
    leading.run();
    const end = member.endTerm(leading.uncommitted);
    member.disk.settle();
    expect(end.isDone).toBe(true);
    expect(recoverFrom(member.disk).lastZxid).toBe(member.history.lastProcessedZxid);
    expect(recoverFrom(member.disk).lastZxid).toBe(zx(1, 1));
  });
});

it('types of packets are those of Leader.java', () => {
  expect(Object.values(PacketType)).toEqual(Array.from({ length: 19 }, (_, index) => index + 1));
});
