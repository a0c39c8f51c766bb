/*
 * A wire that can break: it stands between clients and a server, and cuts connections, at once or so that the server has done what
 * it was asked and the client does not hear of it.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export class Wire {
  readonly #listener: Server;
  readonly #pairs = new Set<Pair>();
  #target: number;
  #isLosingAnswers = false;
  #isOpen = true;
  /** How many connections there were. */
  connectionCount = 0;
  /** How many times something that the server said got through. */
  answerCount = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#listener = createServer((client) => this.#accept(client));
  }

  static async to(port: number): Promise<Wire> {
    const wire = new Wire(port);
    wire.#listener.listen(0, '127.0.0.1');
    await once(wire.#listener, 'listening');
    return wire;
  }

  get address(): string {
    const address = this.#listener.address();
    if (address === null || typeof address === 'string') throw new Error('the wire has no port');
    return `127.0.0.1:${address.port}`;
  }

  #accept(client: Socket): void {
    if (!this.#isOpen) {
      client.destroy();
      return;
    }
    this.connectionCount += 1;
    const server = connect(this.#target, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    const end = (): void => this.#end(pair);
    client.on('data', (chunk) => server.write(chunk));
    server.on('data', (chunk) => {
      if (this.#isLosingAnswers) {
        this.#isLosingAnswers = false;
        end();
      } else {
        this.answerCount += 1;
        client.write(chunk);
      }
    });
    for (const socket of [client, server]) {
      // What breaks here is what these tests are about; both ends hear of it by 'close'.
      socket.on('error', () => {});
      socket.once('close', end);
    }
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  }

  /** Cuts all connections. New ones are let through. */
  cut(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }

  /** Cuts the connection on which the server speaks next, and what it has said is lost. */
  loseNextAnswer(): void {
    this.#isLosingAnswers = true;
  }

  /** Keeps back what the clients say, until goOn(). What the server says gets through. */
  stall(): void {
    for (const { client } of this.#pairs) client.pause();
  }

  /** Carries what was kept back, and goes on. */
  goOn(): void {
    for (const { client } of this.#pairs) client.resume();
  }

  /** Cuts all, and lets nobody through until open(). */
  shut(): void {
    this.#isOpen = false;
    this.cut();
  }

  /** Lets connections through again. */
  open(): void {
    this.#isOpen = true;
  }

  close(): void {
    this.cut();
    this.#listener.close();
  }
}
