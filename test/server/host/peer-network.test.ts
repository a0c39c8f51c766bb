/*
 * Dials and links over real sockets: who wins, what is refused, what is told when a peer dies, and in which order bytes arrive
 * when the network cannot keep up.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  closedPort,
  deferred,
  dial,
  eventually,
  linkTo,
  type PlainServer,
  plainServer,
  silentAddress,
  Turns,
} from './peers.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function turns(): Turns {
  const made = new Turns();
  closers.push(() => made.network.close());
  return made;
}

async function server(): Promise<PlainServer> {
  const made = await plainServer();
  closers.push(() => made.server.close());
  return made;
}

async function silent() {
  const made = await silentAddress();
  closers.push(made.close);
  return made.address;
}

describe('a dial', () => {
  it('gives a link to who answers', async () => {
    const peer = await server();
    const { link } = await linkTo(turns(), peer.address);
    expect(link.remoteAddress).toBe(`127.0.0.1:${peer.address.port}`);
  });

  it('resolves names, addresses of IPv4 first', async () => {
    const peer = await server();
    const { link } = await linkTo(turns(), { host: 'localhost', port: peer.address.port });
    expect(link.remoteAddress).toBe(`127.0.0.1:${peer.address.port}`);
  });

  it('fails at once where nobody listens', async () => {
    const { host, port } = await closedPort();
    expect(await dial(turns(), [{ host, port }])).toBe(`${host}:${port}: connection refused`);
  });

  it('tells what is wrong with each address', async () => {
    const { host, port } = await closedPort();
    const end = await dial(turns(), [
      { host, port },
      { host: 'no-such-host.invalid', port },
      { host, port: 0 },
    ]);
    expect(end).toContain(`${host}:${port}: connection refused`);
    expect(end).toMatch(/cannot resolve no-such-host.invalid: /);
    expect(end).toContain(`${host}:0: there is no such port`);
  });

  it('goes on to the next address at once where one refuses', async () => {
    const peer = await server();
    const { link } = await linkTo(turns(), await closedPort(), peer.address);
    expect(link.remoteAddress).toBe(`127.0.0.1:${peer.address.port}`);
  });

  it('does not wait for an address that is silent', async () => {
    const peer = await server();
    const started = performance.now();
    const { link } = await linkTo(turns(), await silent(), peer.address);
    expect(link.remoteAddress).toBe(`127.0.0.1:${peer.address.port}`);
    // A dial may take 20 s, of which the first address would have had its part.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('connects once, however many addresses answer', async () => {
    const peer = await server();
    const other = await server();
    await linkTo(turns(), peer.address, other.address);
    const accepted = vi.fn();
    other.server.on('connection', accepted);
    await linkTo(turns(), other.address);
    expect(accepted).toHaveBeenCalledTimes(1);
  });

  it('ends when its time is over', async () => {
    expect(await dial(turns(), [await silent()], 100)).toBe('no answer within 100 ms');
  });

  it('fails without an address', async () => {
    expect(await dial(turns(), [])).toBe('it has no address');
  });

  it('that was cancelled is not heard of again', async () => {
    const [peer, mine] = [await server(), turns()];
    const events = { connected: vi.fn(), failed: vi.fn() };
    mine.network.dial([peer.address], 1000, events).cancel();
    await linkTo(mine, peer.address);
    expect(events.connected).not.toHaveBeenCalled();
    expect(events.failed).not.toHaveBeenCalled();
  });
});

describe('a link', () => {
  it('sends what was written in one turn, in order', async () => {
    const [peer, mine] = [await server(), turns()];
    const { link } = await linkTo(mine, peer.address);
    const socket = await peer.next();
    for (const byte of [1, 2, 3]) link.write(Uint8Array.of(byte));
    expect(link.unsentSize).toBe(3);
    mine.network.flush();
    expect(link.unsentSize).toBe(0);
    const { promise, resolve } = deferred<Buffer>();
    socket.once('data', resolve);
    expect([...(await promise)]).toEqual([1, 2, 3]);
  });

  it('hears the peer within a turn', async () => {
    const peer = await server();
    const { heard } = await linkTo(turns(), peer.address);
    (await peer.next()).end(Buffer.from('hello'));
    expect(await heard.end).toBeNull();
    expect(Buffer.from(heard.bytes).toString()).toBe('hello');
    expect(heard.isOutsideTurn).toBe(false);
  });

  it('tells at once that a peer was killed', async () => {
    const peer = await server();
    const { heard } = await linkTo(turns(), peer.address);
    (await peer.next()).resetAndDestroy();
    expect(await heard.end).toBe('connection reset by peer');
  });

  it('is silent once it is destroyed, and so is its network', async () => {
    const [peer, mine] = [await server(), turns()];
    const first = await linkTo(mine, peer.address);
    const second = await linkTo(mine, peer.address);
    const ends = vi.fn();
    first.heard.end.then(ends);
    second.heard.end.then(ends);
    const closed = [await peer.next(), await peer.next()].map(
      (socket) => new Promise((resolve) => socket.resume().once('close', resolve)),
    );
    first.link.destroy();
    first.link.write(Uint8Array.of(1));
    expect(first.link.unsentSize).toBe(0);
    mine.network.close();
    await Promise.all(closed);
    expect(ends).not.toHaveBeenCalled();
  });

  it('reads nothing while it is paused', async () => {
    const [peer, mine] = [await server(), turns()];
    const { link, heard } = await linkTo(mine, peer.address);
    link.pause();
    const socket = await peer.next();
    await new Promise((resolve) => socket.write('x', resolve));
    const other = await linkTo(mine, peer.address);
    (await peer.next()).end('y');
    await other.heard.end;
    expect(heard.size).toBe(0);
    link.resume();
    socket.end();
    await heard.end;
    expect(heard.size).toBe(1);
  });

  it('tells that much was sent, though the network has taken it at once', async () => {
    const [peer, mine] = [await server(), turns()];
    const { link, heard } = await linkTo(mine, peer.address);
    (await peer.next()).resume();
    link.write(Buffer.alloc(64 * 1024));
    mine.network.flush();
    expect(heard.drains).toBe(0);
    await eventually(() => expect(heard.drains).toBe(1));
    expect([link.unsentSize, heard.isOutsideTurn]).toEqual([0, false]);
  });

  it('does not tell of every little thing that was sent', async () => {
    const [peer, mine] = [await server(), turns()];
    const { link, heard } = await linkTo(mine, peer.address);
    const socket = await peer.next();
    for (let i = 0; i < 10; i += 1) {
      link.write(Uint8Array.of(i));
      mine.network.flush();
    }
    socket.end();
    await heard.end;
    expect(heard.drains).toBe(0);
  });

  it('keeps the order of many megabytes that the peer takes slowly, and tells when they are gone', async () => {
    const [peer, mine] = [await server(), turns()];
    const { link, heard } = await linkTo(mine, peer.address);
    const socket = await peer.next();
    const sent = Array.from({ length: 40 }, (_, i) => Buffer.alloc(1 + i * 20_011, i));
    const small = Array.from({ length: 500 }, (_, i) => Buffer.of(i & 255));
    for (const bytes of [...sent, ...small]) link.write(bytes);
    mine.network.flush();
    const total = [...sent, ...small].reduce((sum, bytes) => sum + bytes.length, 0);
    const unsent = link.unsentSize;
    expect(unsent).toBeGreaterThan(0);
    expect(unsent).toBeLessThanOrEqual(total);
    const received: Buffer[] = [];
    const { promise, resolve } = deferred<void>();
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk);
      size += chunk.length;
      if (size === total) resolve();
    });
    await promise;
    expect(Buffer.concat(received).equals(Buffer.concat([...sent, ...small]))).toBe(true);
    await eventually(() => expect(heard.drains).toBe(1));
    expect(link.unsentSize).toBe(0);
  });
});
