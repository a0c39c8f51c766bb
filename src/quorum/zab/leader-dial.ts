/*
 * LeaderDial: a learner's way to its leader's port, dialled again and again while it is not open (Java: Learner.connectToLeader,
 * LeaderConnector). Who has just been elected opens it in a moment; who cannot be reached for longer may be gone again.
 */

import type { Address, Clock, Dial, LinkHandler, Log, PeerLink, PeerNetwork } from '../ports.ts';
import type { ServerId } from '../server-id.ts';

/** Pauses between dials of a leader whose port is not open yet, in ms: at first it is about to be. */
const DIAL_PAUSE_MIN = 5;
const DIAL_PAUSE_MAX = 500;
/** A leader that cannot be reached for so long is given up, in ms: it may have gone again (Java: five dials with pauses of a second). */
const DIAL_LIMIT = 2_000;

/** What a dial is given. */
export interface LeaderDialPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly network: PeerNetwork;
  readonly connected: (link: PeerLink) => LinkHandler;
  /** The leader is given up. */
  readonly failed: (reason: string) => void;
}

/** Whom to dial, and for how long. */
export interface LeaderDialOptions {
  readonly leader: ServerId;
  readonly addresses: readonly Address[];
  /** ms */
  readonly connectLimitMs: number;
}

/** Dials until it is connected, or has tried for long enough. */
export class LeaderDial {
  private readonly ports: LeaderDialPorts;
  private readonly options: LeaderDialOptions;
  private readonly giveUpAt: number;
  private dial: Dial | null = null;
  private pause = DIAL_PAUSE_MIN;
  /** When run() wants to be called, in ms. */
  deadline = Number.POSITIVE_INFINITY;

  constructor(ports: LeaderDialPorts, options: LeaderDialOptions) {
    this.ports = ports;
    this.options = options;
    this.giveUpAt = ports.clock.elapsed + Math.min(options.connectLimitMs, DIAL_LIMIT);
  }

  /** Dials, now. */
  start(): void {
    const { network, clock, connected } = this.ports;
    this.deadline = Number.POSITIVE_INFINITY;
    const timeout = Math.max(1, this.giveUpAt - clock.elapsed);
    this.dial = network.dial(this.options.addresses, timeout, {
      connected: (link) => {
        this.dial = null;
        return connected(link);
      },
      failed: (error) => this.failed(error),
    });
  }

  private failed(error: string): void {
    const { clock, log, failed } = this.ports;
    const { leader } = this.options;
    this.dial = null;
    const { elapsed } = clock;
    if (elapsed + this.pause >= this.giveUpAt) {
      failed(`leader ${leader} cannot be reached: ${error}`);
      return;
    }
    log.debug(`leader ${leader} cannot be reached yet: ${error}`);
    this.deadline = elapsed + this.pause;
    this.pause = Math.min(2 * this.pause, DIAL_PAUSE_MAX);
  }

  /** Dials again if it is time to. */
  run(): void {
    if (this.ports.clock.elapsed >= this.deadline) this.start();
  }

  /** Gives up. */
  cancel(): void {
    this.dial?.cancel();
  }
}
