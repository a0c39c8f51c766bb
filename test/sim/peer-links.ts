/*
 * PeerLinks: what a simulated server has of its links to other servers. It dials and takes them, and what was written in a turn leaves
 * at its end, as with peer-network.ts, peer-listener.ts and peer-link.ts of src/server/host.
 */
import type {
  Address,
  Dial,
  DialEvents,
  LinkHandler,
  PeerLink,
  PeerNetwork,
} from '../../src/quorum/ports.ts';
import type { Life } from './life.ts';
import { read } from './life.ts';
import type { ConnectionEnd, EndEvents, Network } from './network.ts';
import type { Sabotage } from './sabotage.ts';

/** The links of one process. */
export class PeerLinks implements PeerNetwork {
  private readonly life: Life;
  private readonly network: Network;
  private readonly sabotage: Sabotage;
  /** Those with something to send at the end of the turn. */
  private touched: SimPeerLink[] = [];

  constructor(life: Life, network: Network, sabotage: Sabotage) {
    this.life = life;
    this.network = network;
    this.sabotage = sabotage;
  }

  dial(addresses: readonly Address[], timeoutMs: number, events: DialEvents): Dial {
    const [address] = addresses;
    if (address === undefined) throw new Error('a dial without an address');
    const cancel = this.network.dial(this.life, address, timeoutMs, {
      connected: (end) => this.open(end, address.port, (link) => events.connected(link)).events,
      failed: (error) => events.failed(error),
    });
    return { cancel };
  }

  /** Takes connections to a port from now on; `accept` gives null for one that is not wanted. */
  listen(port: number, accept: (link: PeerLink) => LinkHandler | null): void {
    this.network.listen(this.life, port, (end) => {
      const { handler, events } = this.open(end, port, accept);
      return handler === null ? null : events;
    });
  }

  /** Refuses connections to a port. */
  unlisten(port: number): void {
    this.network.unlisten(this.life, port);
  }

  private open<T extends LinkHandler | null>(
    end: ConnectionEnd,
    port: number,
    connected: (link: PeerLink) => T,
  ): { handler: T; events: EndEvents } {
    const { network, sabotage } = this;
    const link = new SimPeerLink(
      end,
      (one) => this.touched.push(one),
      () => network.random.chance(network.options.resetChance),
      sabotage.toServer({ from: this.life.host, to: end.other?.host ?? '', port }),
    );
    const handler = connected(link);
    const events = {
      receive: (bytes: Buffer) => read(bytes, (buffer, size) => handler?.receive(buffer, size)),
      drained: () => handler?.drained(),
      closed: (error: string | null) => handler?.closed(error),
    };
    return { handler, events };
  }

  /** Sends what was written in this turn. */
  flush(): void {
    const { touched } = this;
    this.touched = [];
    for (const link of touched) link.flush();
  }
}

/** A PeerLink over a simulated connection (SocketPeerLink). */
class SimPeerLink implements PeerLink {
  readonly remoteAddress: string;
  private readonly end: ConnectionEnd;
  private readonly touch: (link: SimPeerLink) => void;
  private readonly isReset: () => boolean;
  private readonly outgoing: (bytes: Buffer) => Buffer;
  private pending: Uint8Array[] = [];
  private pendingSize = 0;

  constructor(
    end: ConnectionEnd,
    touch: (link: SimPeerLink) => void,
    isReset: () => boolean,
    outgoing: (bytes: Buffer) => Buffer,
  ) {
    this.end = end;
    this.touch = touch;
    this.isReset = isReset;
    this.outgoing = outgoing;
    this.remoteAddress = `${end.other?.host ?? 'nobody'}:0`;
  }

  get unsentSize(): number {
    return this.pendingSize + this.end.unsentSize;
  }

  write(bytes: Uint8Array): void {
    if (this.end.isClosed || bytes.length === 0) return;
    if (this.pending.length === 0) this.touch(this);
    this.pending.push(bytes);
    this.pendingSize += bytes.length;
  }

  flush(): void {
    const bytes = Buffer.concat(this.pending, this.pendingSize);
    this.pending = [];
    this.pendingSize = 0;
    this.end.send(this.outgoing(bytes));
  }

  pause(): void {
    this.end.pause();
  }

  resume(): void {
    this.end.resume();
  }

  destroy(): void {
    this.pending = [];
    this.pendingSize = 0;
    this.end.close(this.isReset());
  }
}
