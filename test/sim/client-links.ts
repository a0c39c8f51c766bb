/*
 * The connections of clients to a simulated server: what comes goes to its client port, and what that writes goes out (src/server/host:
 * client-listener.ts, and the Link over a socket).
 */
import type { Connection } from '../../src/server/client/connection.ts';
import type { Link } from '../../src/server/client/link.ts';
import type { Replica } from '../../src/server/ensemble/replica.ts';
import type { Life } from './life.ts';
import { read } from './life.ts';
import type { ConnectionEnd, EndEvents } from './network.ts';
import type { Sabotage } from './sabotage.ts';
import type { Timeline } from './timeline.ts';

/** Takes a connection of a client; null where it is not wanted. */
export function acceptClient(
  ports: {
    /** Its client port is another one in each of its roles. */
    readonly replica: Pick<Replica, 'clientPort'>;
    readonly life: Life;
    readonly timeline: Timeline;
    readonly sabotage: Sabotage;
  },
  end: ConnectionEnd,
): EndEvents | null {
  const { replica, life, timeline, sabotage } = ports;
  let connection: Connection | null = null;
  const broke = (): void => {
    timeline.after(0, () => {
      life.deliver(() => {
        if (connection === null) return;
        replica.clientPort.disconnected(connection, 'the connection broke');
      });
    });
  };
  const link = new SimLink(end, broke, sabotage.toClient());
  connection = replica.clientPort.accept(link);
  if (connection === null) return null;
  const made = connection;
  const fromClient = sabotage.fromClient();
  return {
    receive: (bytes) =>
      read(fromClient(bytes), (buffer, size) => replica.clientPort.receive(made, buffer, size)),
    drained: () => replica.clientPort.drained(made),
    closed: (error) => replica.clientPort.disconnected(made, error),
  };
}

/** A Link over a simulated connection (SocketLink). */
class SimLink implements Link {
  readonly remoteAddress: string;
  readonly remotePort = 40_000;
  private readonly end_: ConnectionEnd;
  private readonly broke: () => void;
  private readonly outgoing: (bytes: Buffer) => Buffer;

  constructor(end: ConnectionEnd, broke: () => void, outgoing: (bytes: Buffer) => Buffer) {
    this.end_ = end;
    this.broke = broke;
    this.outgoing = outgoing;
    this.remoteAddress = end.other?.host ?? 'nobody';
  }

  get unsentSize(): number {
    return this.end_.unsentSize;
  }

  write(bytes: Buffer, size: number): boolean {
    this.end_.send(this.outgoing(bytes.subarray(0, size)));
    return this.end_.unsentSize === 0;
  }

  pause(): void {
    this.end_.pause();
  }

  resume(): void {
    this.end_.resume();
  }

  end(): void {
    this.end_.close();
    this.broke();
  }

  destroy(): void {
    this.end_.close();
    this.broke();
  }
}
