/*
 * Random steps for a differential test: requests of several sessions, sessions that are closed, left and come back to, and
 * handshakes of strangers.
 */

import type { Random } from '../../harness/random.ts';
import * as requests from '../../harness/requests.ts';
import { Op, type WireString } from '../../harness/requests.ts';
import { show, superUser, users } from './arguments.ts';
import { RequestMaker, type RequestOptions } from './random-requests.ts';
import type { Request, Step } from './world.ts';

/** Makes the steps of one run. */
export class StepMaker {
  /** Makes the requests in them. */
  readonly requests: RequestMaker;
  readonly #random: Random;
  readonly #slotCount: number;

  constructor(random: Random, slotCount: number, options: RequestOptions = {}) {
    this.#random = random;
    this.#slotCount = slotCount;
    this.requests = new RequestMaker(random, options);
  }

  /** The next step. */
  next(): Step {
    const random = this.#random;
    const slot = random.below(this.#slotCount);
    return random.weighted<() => Step>([
      [880, () => ({ kind: 'requests', slot, requests: [this.requests.request(slot)] })],
      [80, () => ({ kind: 'requests', slot, requests: this.requests.pipeline(slot) })],
      [8, () => ({ kind: 'close', slot, timeoutMs: 40_000 })],
      [12, () => ({ kind: 'reattach', slot, cut: random.chance(0.5) })],
      [12, () => this.#knock()],
      [8, () => ({ kind: 'requests', slot, requests: [this.#auth()] })],
      [3, () => ({ kind: 'requests', slot, requests: [this.#unknown()] })],
    ])();
  }

  #knock(): Step {
    const random = this.#random;
    const readOnly = random.pick(['absent', 'no', 'no', 'yes']);
    const request = {
      protocolVersion: random.pick([0, 0, 1, -1]),
      lastZxidSeen: random.pick([0n, 0n, 0n, -1n, 1n << 40n]),
      timeoutMs: random.pick([-1, 0, 1, 4_000, 9_999, 40_000, 2_147_483_647, -2_147_483_648]),
      password: random.pick([
        Buffer.alloc(16),
        Buffer.alloc(16),
        Buffer.alloc(0),
        Buffer.alloc(17, 1),
        null,
        random.bytes(16),
      ]),
      readOnly: readOnly === 'absent' ? undefined : readOnly === 'yes',
      sessionId: random.pick([0n, 0n, 0n, 1n, -1n, 1n << 63n, 0x100000000000000n]),
    };
    const slot = random.chance(0.2) ? random.below(this.#slotCount) : null;
    const trailing = random.chance(0.1) ? random.bytes(1 + random.below(20)) : null;
    const shown = Object.entries(request).map(([key, value]) =>
      value instanceof Uint8Array ? `${key}=${value.length} bytes` : `${key}=${String(value)}`,
    );
    const label = `connect ${shown.join(' ')}${trailing === null ? '' : ' and more'}`;
    return { kind: 'knock', label, request, slot, trailing };
  }

  #unknown(): Request {
    const op = this.#random.pick([-1, 0, -12, 10, 23, 99, 108, 2_147_483_647, -2_147_483_648]);
    return { op, body: this.#random.bytes(this.#random.below(30)), label: `unknown op ${op}` };
  }

  #auth(): Request {
    const random = this.#random;
    const user = random.pick(users);
    const [scheme, credentials] = random.weighted<readonly [WireString, Buffer | null]>([
      [20, ['digest', Buffer.from(user)]],
      [4, ['digest', Buffer.from(superUser)]],
      [1, ['digest', Buffer.from('super:wrong')]],
      [1, ['digest', Buffer.from('no colon')]],
      [1, ['digest', Buffer.alloc(0)]],
      [1, ['digest', null]],
      [1, ['ip', Buffer.from('10.0.0.1')]],
      [1, ['world', Buffer.from('anyone')]],
      [1, ['nosuch', Buffer.from('x')]],
      [1, ['', Buffer.alloc(0)]],
    ]);
    return {
      op: Op.auth,
      xid: -4,
      body: requests.auth(scheme, credentials),
      label: `auth ${show(scheme)} ${credentials?.toString() ?? 'null'}`,
    };
  }
}
