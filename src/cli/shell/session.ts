/*
 * The connection of a shell, and the lines about what happens to it and to what it watches (Java: ZooKeeperMain.MyWatcher).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ConnectionLossError,
  type SessionState,
  type WatchedEvent,
  ZooKeeper,
  ZooKeeperError,
  type ZooKeeperOptions,
} from '../../client/index.ts';
import { CliError, cliErrorOf } from './cli-error.ts';

/** What happened: in the words of Java's WatchedEvent. */
export interface ShellEvent {
  readonly state: string;
  readonly type: string;
  /** Null for what is about the session. */
  readonly path: string | null;
}

/** How long a command waits for the first server at most, ms; the timeout of the session where that is less. */
const SERVER_WAIT_MS = 10_000;
/** How long each server of the list has to refuse before the command fails, ms. */
const REFUSAL_MS = 1_000;
/** ms between two looks whether every server refuses. */
const LOOK_INTERVAL_MS = 250;

const KEEPER_STATES: Readonly<Record<SessionState, string>> = {
  connected: 'SyncConnected',
  connectedReadOnly: 'ConnectedReadOnly',
  connecting: 'Disconnected',
  closed: 'Closed',
  expired: 'Expired',
  authFailed: 'AuthFailed',
};

/** One session, from its beginning to its end. */
export class ShellSession {
  readonly zk: ZooKeeper;
  /** Prints an event. */
  readonly watcher: (event: WatchedEvent) => void;
  readonly #serverCount: number;
  readonly #timeoutMs: number;
  #isQuiet = false;

  /** Raises CliError for a connection string or a timeout that is none. */
  constructor(servers: string, options: ZooKeeperOptions, tell: (event: ShellEvent) => void) {
    this.zk = made(servers, options);
    this.#serverCount = servers.split(',').length;
    this.#timeoutMs = options.sessionTimeoutMs ?? SERVER_WAIT_MS;
    this.watcher = ({ type, path }) => {
      // Java says it by the event of the session alone.
      if (type === 'none') return;
      tell({ state: 'SyncConnected', type: type[0]?.toUpperCase() + type.slice(1), path });
    };
    this.zk.on('state', (state) => {
      if (!this.#isQuiet) tell({ state: KEEPER_STATES[state], type: 'None', path: null });
    });
    this.zk.on('saslAuthenticated', () => {
      if (!this.#isQuiet) tell({ state: 'SaslAuthenticated', type: 'None', path: null });
    });
  }

  /** False when the session is over. */
  get isAlive(): boolean {
    const { state } = this.zk;
    return state !== 'closed' && state !== 'expired' && state !== 'authFailed';
  }

  /** What the prompt calls the state (Java: ZooKeeper.States). */
  get stateName(): string {
    if (this.zk.state === 'authFailed') return 'AUTH_FAILED';
    if (this.zk.state === 'expired') return 'CLOSED';
    return this.zk.state.toUpperCase();
  }

  /** Waits a moment for a server; there may be none. */
  async looked(timeoutMs: number): Promise<void> {
    try {
      await this.zk.connected({ timeoutMs });
    } catch (error) {
      if (!(error instanceof ZooKeeperError)) throw error;
    }
  }

  /** Waits as -waitforconnection does. Raises CliError. */
  async connected(): Promise<void> {
    try {
      await this.zk.connected({ timeoutMs: this.#timeoutMs });
    } catch (error) {
      this.#isQuiet = true;
      this.zk.abandon();
      if (!(error instanceof ConnectionLossError)) throw cliErrorOf(error) ?? error;
      throw new CliError(`KeeperErrorCode = ConnectionLoss. ${error.message}`);
    }
  }

  /**
   * Waits until a server can be asked. Where all refuse it gives up soon, as Java's client does. Raises CliError.
   *
   * @param path what the command is about, for the line that says that there is none
   */
  async served(path: string | null, signal: AbortSignal): Promise<void> {
    const limitMs = Math.min(this.#timeoutMs, SERVER_WAIT_MS);
    for (let waitedMs = 0; !this.zk.isConnected; ) {
      const timeoutMs = Math.min(LOOK_INTERVAL_MS, limitMs - waitedMs);
      try {
        await this.zk.connected({ timeoutMs, signal });
      } catch (error) {
        if (!(error instanceof ConnectionLossError) || !this.isAlive) throw error;
        waitedMs += timeoutMs;
        const isHopeless = isRefusal(error.cause) && waitedMs >= this.#serverCount * REFUSAL_MS;
        if (waitedMs < limitMs && !isHopeless) continue;
        const about = path === null ? '' : ` for ${path}`;
        const why = error.cause instanceof Error ? error.cause.message : 'no server has answered';
        throw new CliError(`KeeperErrorCode = ConnectionLoss${about} (${why})`);
      }
    }
  }

  /** Ends the session without a line about it. */
  async end(): Promise<void> {
    this.#isQuiet = true;
    if (this.zk.isConnected) await this.zk.close();
    else this.zk.abandon();
  }

  /** Ends the session, and says so. */
  async close(): Promise<void> {
    if (this.zk.isConnected) await this.zk.close();
    else this.zk.abandon();
    // The line about it is written in a turn of its own.
    await sleep(0);
  }
}

function made(servers: string, options: ZooKeeperOptions): ZooKeeper {
  try {
    return new ZooKeeper(servers, options);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new CliError(error.message);
    }
    throw error;
  }
}

/** True where nobody listens at the address: waiting longer for that one helps nobody. */
function isRefusal(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && each.code === 'ECONNREFUSED') return true;
  }
  return false;
}
