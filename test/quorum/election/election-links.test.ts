import { describe, expect, it } from 'vitest';
import { ElectionLinks } from '../../../src/quorum/election/election-links.ts';
import { FrameReader, frame } from '../../../src/quorum/election/frames.ts';
import { HandshakeReader, writeHandshake } from '../../../src/quorum/election/handshake.ts';
import type { DialEvents, LinkHandler, PeerLink } from '../../../src/quorum/ports.ts';
import type { ServerId } from '../../../src/quorum/server-id.ts';

/** The other end of a link, in the hands of the test. */
class FakeLink implements PeerLink {
  readonly remoteAddress = '192.0.2.1';
  unsentSize = 0;
  isDestroyed = false;
  handler: LinkHandler | null = null;
  readonly written: Uint8Array[] = [];

  write(bytes: Uint8Array): void {
    this.written.push(bytes);
  }

  pause(): void {}

  resume(): void {}

  destroy(): void {
    this.isDestroyed = true;
  }

  deliver(bytes: Uint8Array): void {
    this.handler?.receive(bytes, bytes.length);
  }

  /** The messages that were written, behind a handshake if there was one. */
  messages(hasHandshake: boolean): string[] {
    const bytes = Buffer.concat(this.written);
    const start = hasHandshake ? new HandshakeReader().take(bytes, 0, bytes.length) : 0;
    const texts: string[] = [];
    new FrameReader().take(bytes, start, bytes.length, (one) => {
      texts.push(Buffer.from(one).toString());
      return true;
    });
    return texts;
  }
}

/** Links of server 2 in an ensemble of 1, 2 and 3, with every dial in the hands of the test. */
function scene() {
  const clock = { elapsed: 0 };
  const dials: { readonly host: string; readonly at: number; readonly events: DialEvents }[] = [];
  const warnings: string[] = [];
  const received: string[] = [];
  const unreachable: ServerId[] = [];
  const links = new ElectionLinks(
    {
      clock,
      log: { debug() {}, info() {}, warn: (text) => warnings.push(text), error() {} },
      random: () => 0.5,
      network: {
        dial(addresses, _timeoutMs, events) {
          const host = addresses.map((one) => one.host).join();
          dials.push({ host, at: clock.elapsed, events });
          return { cancel() {} };
        },
      },
      receive: (from, message) => {
        received.push(`${from} ${Buffer.from(message).toString()}`);
        return null;
      },
      unreachable: (sid) => unreachable.push(sid),
    },
    {
      myId: 2,
      addressesOf: (sid) => (sid >= 1 && sid <= 3 ? [{ host: `s${sid}`, port: 3888 }] : null),
      ownAddresses: () => [{ host: 's2', port: 3888 }],
      multiAddressEnabled: false,
      cnxTimeoutMs: 5000,
    },
  );
  const accept = (): FakeLink => {
    const link = new FakeLink();
    link.handler = links.accept(link);
    return link;
  };
  const introduced = (sid: ServerId): FakeLink => {
    const link = accept();
    link.deliver(writeHandshake(sid, [{ host: `said-by-${sid}`, port: 3888 }], false));
    return link;
  };
  const connect = (events: DialEvents | undefined): FakeLink => {
    const link = new FakeLink();
    link.handler = events?.connected(link) ?? null;
    return link;
  };
  return { clock, dials, warnings, received, unreachable, links, accept, introduced, connect };
}

const text = (message: string): Uint8Array => Buffer.from(message);

describe('election links', () => {
  it('dial a server that refuses less and less often, but never seldom', () => {
    const { clock, dials, links, unreachable } = scene();
    links.connectAll([3]);
    for (clock.elapsed = 1; clock.elapsed <= 10_000; clock.elapsed++) {
      if (dials.at(-1)?.at === clock.elapsed - 1) dials.at(-1)?.events.failed('refused');
      if (clock.elapsed >= links.deadline) links.run();
    }
    const waits = dials.slice(1).map((dial, index) => dial.at - (dials[index]?.at ?? 0));
    expect(waits.slice(0, 6)).toEqual([39, 76, 151, 301, 601, 751]);
    expect(Math.max(...waits)).toBe(751);
    expect(unreachable).toHaveLength(dials.length);
  });

  it('do not dial a second time while a dial is under way', () => {
    const { dials, links, introduced } = scene();
    links.connectAll([1, 3]);
    links.send(1, text('a'));
    links.send(1, text('b'));
    introduced(1);
    expect(dials.map((dial) => dial.host)).toEqual(['s1', 's3']);
  });

  it('send the newest message alone when a link comes up, and again on the next', () => {
    const { dials, links, connect, introduced } = scene();
    links.connectAll([1]);
    links.send(1, text('old'));
    links.send(1, text('new'));
    const link = connect(dials[0]?.events);
    expect(link.messages(true)).toEqual(['new']);
    link.handler?.closed('reset');
    expect(dials).toHaveLength(2);
    expect(connect(dials[1]?.events).messages(true)).toEqual(['new']);
    expect(introduced(3).isDestroyed).toBe(false);
  });

  it('do not repeat what was said when nobody looked for a leader any more', () => {
    const { links, introduced } = scene();
    links.connectAll([3]);
    links.send(3, text('vote'));
    links.settle();
    expect(introduced(3).messages(false)).toEqual([]);
    links.send(3, text('answer'));
    expect(introduced(3).messages(false)).toEqual([]);
  });

  it('call a smaller server back, and take a link from a larger one', () => {
    const { dials, introduced, received } = scene();
    const smaller = introduced(1);
    expect(smaller.isDestroyed).toBe(true);
    expect(dials.map((dial) => dial.host)).toEqual(['s1,said-by-1']);
    const larger = introduced(3);
    larger.deliver(frame(text('hello')));
    expect(larger.isDestroyed).toBe(false);
    expect(received).toEqual(['3 hello']);
  });

  it('only say who they are to a larger server, and wait for its dial', () => {
    const { clock, dials, links, connect } = scene();
    links.connectAll([3]);
    const call = connect(dials[0]?.events);
    expect(Buffer.concat(call.written)).toEqual(
      Buffer.from(writeHandshake(2, [{ host: 's2', port: 3888 }], false)),
    );
    call.handler?.closed(null);
    clock.elapsed = links.deadline;
    links.run();
    expect(dials).toHaveLength(2);
  });

  it('keep the newest message while a link takes nothing', () => {
    const { links, introduced } = scene();
    const link = introduced(3);
    link.unsentSize = 1_000_000;
    links.send(3, text('first'));
    links.send(3, text('second'));
    expect(link.written).toHaveLength(0);
    link.unsentSize = 0;
    link.handler?.drained();
    expect(link.messages(false)).toEqual(['second']);
  });

  it('listen to servers outside the configuration, and answer them', () => {
    const { links, introduced, connect, dials, received } = scene();
    const larger = introduced(9);
    larger.deliver(frame(text('who leads')));
    links.send(9, text('3 does'));
    expect(larger.messages(false)).toEqual(['3 does']);
    introduced(0);
    expect(dials.map((dial) => dial.host)).toEqual(['said-by-0']);
    connect(dials[0]?.events).deliver(frame(text('and I')));
    expect(received).toEqual(['9 who leads', '0 and I']);
  });

  it('listen to so many of those and no more', () => {
    const { introduced, warnings } = scene();
    const all = Array.from({ length: 101 }, (_, index) => introduced(1000 + index));
    expect(all.filter((link) => link.isDestroyed)).toHaveLength(1);
    expect(warnings).toEqual(['Too many servers outside the configuration, closing 1100']);
  });

  it('say nothing of links that come when they are closed', () => {
    const { links, accept, warnings } = scene();
    links.close();
    expect(accept().isDestroyed).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('hold so many links without a handshake, for so long', () => {
    const { clock, links, accept } = scene();
    const all = Array.from({ length: 65 }, accept);
    expect(all.filter((link) => link.isDestroyed)).toHaveLength(1);
    expect(links.deadline).toBe(5000);
    clock.elapsed = 5000;
    links.run();
    expect(all.filter((link) => link.isDestroyed)).toHaveLength(65);
    expect(links.deadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('give an observer without an id one of its own, and dial it back', () => {
    const { accept, connect, dials, links, received } = scene();
    const hello = Buffer.from(writeHandshake(7, [{ host: 'observer', port: 3888 }], false));
    hello.writeBigInt64BE(-1n, 8);
    accept().deliver(hello);
    expect(dials.map((dial) => dial.host)).toEqual(['observer']);
    const link = connect(dials[0]?.events);
    link.deliver(frame(text('who leads')));
    expect(received).toEqual(['-2 who leads']);
    links.send(-2, text('3 does'));
    expect(link.messages(true)).toEqual(['3 does']);
  });

  it('end everything when they are closed', () => {
    const { links, accept, introduced, dials } = scene();
    const all = [accept(), introduced(3)];
    links.close();
    expect(all.every((link) => link.isDestroyed)).toBe(true);
    links.send(1, text('too late'));
    expect(accept().isDestroyed).toBe(true);
    expect(dials).toHaveLength(0);
  });
});
