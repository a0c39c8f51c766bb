/*
 * A client that writes without pause and remembers what it was told. It keeps the server busy on one connection with a
 * window of requests, of which some must be refused; when the server dies it knows what was acknowledged, what was refused
 * and what is open, and it can say later whether a server that came back holds what it must and nothing that it must not.
 */
import { openSession, type RawConnection, type RawSession } from '../../harness/raw-client.ts';
import * as requests from '../../harness/requests.ts';
import { Op } from '../../harness/requests.ts';
import { WireReader } from '../../harness/wire.ts';

/** The timeout of a session: longer than it takes to look at all that all writers have made, which none of them does anything in. */
const longSessionMs = 40_000;

/** Requests on their way at a time. */
const windowSize = 12;

/** What no znode may ever hold: data of requests that are refused. */
const never = 'never';

const path = (bytes: Buffer): string => new WireReader(bytes).string() ?? '';

/** What was sent and not yet answered. */
interface Open {
  readonly acknowledge: (body: Buffer, zxid: bigint) => void;
  /** Error code with which the request is refused, or 0. */
  readonly expectedErr: number;
}

export class Writer {
  readonly #index: number;
  readonly #port: number;
  #session: RawSession | null = null;
  #credentials: { sessionId: bigint; password: Buffer } | null = null;
  #open: Open[] = [];
  #xid = 0;
  #n = 0;
  /** The newest counter that was acknowledged; newer ones up to #n may have been applied. */
  #counter = 0;
  #pair = 0;
  /** Names the server made up, with the data they must hold. */
  readonly #sequential = new Map<string, string>();
  readonly #ephemerals = new Set<string>();
  readonly #deleted = new Set<string>();
  /** Zxids of acknowledged writes: none is given twice, and they grow. */
  readonly zxids: bigint[] = [];
  /** Requests that were answered with something else than they should have been. */
  readonly surprises: string[] = [];

  constructor(port: number, index: number) {
    this.#port = port;
    this.#index = index;
  }

  /** How many writes were acknowledged. */
  get acknowledged(): number {
    return this.zxids.length;
  }

  #path(name: string): string {
    return `/writer-${this.#index}${name}`;
  }

  /** Opens the session, the same again after the first time; the first time it makes its znodes. */
  async connect(timeoutMs = longSessionMs): Promise<void> {
    const credentials = this.#credentials;
    this.#session = await openSession(this.#port, {
      timeoutMs,
      readOnly: false,
      ...(credentials ?? {}),
    });
    const { sessionId, password } = this.#session.handshake;
    if (credentials !== null) {
      if (sessionId !== credentials.sessionId) throw new Error('the session is gone');
      return;
    }
    this.#credentials = { sessionId, password };
    for (const name of ['', '/pair', '/pair/a', '/pair/b', '/seq', '/eph']) {
      const { err } = await this.#session.request(
        Op.create,
        requests.create(this.#path(name), Buffer.from('0')),
        this.#next(),
      );
      if (err !== 0) throw new Error(`creating ${this.#path(name)} failed with ${err}`);
    }
  }

  #next(): number {
    return ++this.#xid;
  }

  /** Writes until the server closes the connection. */
  async write(): Promise<void> {
    const connection = this.#session?.connection;
    if (connection === undefined) throw new Error('not connected');
    for (;;) {
      while (this.#open.length < windowSize && !connection.closed) this.#send(connection);
      const reply = await connection.reply();
      if (reply === null) break;
      if (reply.xid === -1) continue;
      const open = this.#open.shift();
      if (open === undefined) throw new Error('an answer to nothing');
      if (reply.err !== open.expectedErr) {
        this.surprises.push(`err ${reply.err} instead of ${open.expectedErr}`);
      } else if (reply.err === 0) {
        this.zxids.push(reply.zxid);
        open.acknowledge(reply.body, reply.zxid);
      }
    }
    this.#open = [];
  }

  #request(connection: RawConnection, op: number, body: Buffer, open: Partial<Open>): void {
    this.#open.push({ expectedErr: 0, acknowledge: () => {}, ...open });
    connection.send(this.#next(), op, body);
  }

  #send(connection: RawConnection): void {
    const n = ++this.#n;
    const data = Buffer.from(String(n));
    switch (n % 8) {
      case 0:
        this.#pairOfSets(connection, n, data);
        return;
      case 1: {
        const body = requests.create(this.#path('/seq/n-'), data, 2);
        const acknowledge = (reply: Buffer): void => {
          this.#sequential.set(path(reply), String(n));
        };
        this.#request(connection, Op.create, body, { acknowledge });
        return;
      }
      case 2: {
        const body = requests.setData(this.#path(''), Buffer.from(never), 2_000_000_000);
        this.#request(connection, Op.setData, body, { expectedErr: -103 });
        return;
      }
      case 3: {
        const ephemeral = this.#path(`/eph/${n}`);
        const body = requests.create(ephemeral, data, 1);
        const acknowledge = (): void => void this.#ephemerals.add(ephemeral);
        this.#request(connection, Op.create, body, { acknowledge });
        return;
      }
      case 4:
        this.#refusedMulti(connection);
        return;
      case 5:
        this.#deleteOne(connection);
        return;
      default: {
        const acknowledge = (): void => {
          this.#counter = n;
        };
        const body = requests.setData(this.#path(''), data);
        this.#request(connection, Op.setData, body, { acknowledge });
        return;
      }
    }
  }

  #pairOfSets(connection: RawConnection, n: number, data: Buffer): void {
    const body = requests.multi(
      ['/pair/a', '/pair/b'].map((name) => ({
        op: Op.setData,
        body: requests.setData(this.#path(name), data),
      })),
    );
    const acknowledge = (): void => {
      this.#pair = n;
    };
    this.#request(connection, Op.multi, body, { acknowledge });
  }

  /** A multi whose last part fails, so that none of it may be seen. Its header has no error; the results have. */
  #refusedMulti(connection: RawConnection): void {
    const body = requests.multi([
      { op: Op.setData, body: requests.setData(this.#path('/pair/a'), Buffer.from(never)) },
      { op: Op.create, body: requests.create(this.#path('/never'), Buffer.from(never)) },
      { op: Op.check, body: requests.pathAndInt(this.#path('/pair/b'), 2_000_000_000) },
    ]);
    const acknowledge = (reply: Buffer): void => {
      const reader = new WireReader(reply);
      if (reader.int() !== -1) this.surprises.push('a multi was carried out that must be refused');
    };
    this.#request(connection, Op.multi, body, { acknowledge });
  }

  /** Deletes a sequential znode that was acknowledged. Until that is answered, nobody knows whether it is there. */
  #deleteOne(connection: RawConnection): void {
    const [name] = this.#sequential.keys();
    if (name === undefined || this.#sequential.size < 20) {
      this.#request(connection, Op.sync, requests.pathOnly('/'), {});
      return;
    }
    this.#sequential.delete(name);
    const acknowledge = (): void => void this.#deleted.add(name);
    this.#request(connection, Op.delete, requests.pathAndInt(name, -1), { acknowledge });
  }

  /** What is wrong with what a server holds, as seen by another session: nothing, if all is well. */
  async complaints(reader: RawSession): Promise<string[]> {
    const wrong: string[] = [...this.surprises];
    const read = async (name: string): Promise<string | null> => {
      const { err, body } = await reader.request(Op.getData, requests.pathAndWatch(name));
      return err === 0 ? (new WireReader(body).buffer()?.toString() ?? '') : null;
    };
    const within = (what: string, seen: string | null, acknowledged: number): void => {
      const value = Number(seen ?? Number.NaN);
      if (!(value >= acknowledged && value <= this.#n)) {
        wrong.push(`${what} is ${seen}, acknowledged was ${acknowledged}, sent ${this.#n}`);
      }
    };
    within(this.#path(''), await read(this.#path('')), this.#counter);
    const [a, b] = [await read(this.#path('/pair/a')), await read(this.#path('/pair/b'))];
    within(this.#path('/pair/a'), a, this.#pair);
    if (a !== b) wrong.push(`half of a multi: ${a} and ${b}`);
    if ((await read(this.#path('/never'))) !== null) wrong.push('a refused create is there');
    for (const [name, data] of this.#sequential) {
      const seen = await read(name);
      if (seen !== data) wrong.push(`${name} is ${seen} instead of ${data}`);
    }
    for (const name of this.#deleted) {
      if ((await read(name)) !== null) wrong.push(`${name} was deleted and is there`);
    }
    for (const name of this.#ephemerals) {
      if ((await read(name)) === null) wrong.push(`the ephemeral ${name} is gone`);
    }
    return [...wrong, ...(await this.#strangers(reader))];
  }

  /** Sequential znodes that nobody asked for, or that hold the data of another. */
  async #strangers(reader: RawSession): Promise<string[]> {
    const { body } = await reader.request(
      Op.getChildren,
      requests.pathAndWatch(this.#path('/seq')),
    );
    const children = new WireReader(body);
    const names = children.vector(() => children.string() ?? '') ?? [];
    const wrong: string[] = [];
    const seen = new Set<string>();
    for (const name of names) {
      const found = await reader.request(
        Op.getData,
        requests.pathAndWatch(this.#path(`/seq/${name}`)),
      );
      const data = new WireReader(found.body).buffer()?.toString() ?? '';
      if (Number(data) % 8 !== 1 || Number(data) > this.#n) wrong.push(`${name} holds ${data}`);
      if (seen.has(data)) wrong.push(`${data} was created twice`);
      seen.add(data);
    }
    return wrong;
  }

  /** Leaves the session to expire. */
  abandon(): readonly string[] {
    this.#session?.connection.destroy();
    return [...this.#ephemerals];
  }
}
