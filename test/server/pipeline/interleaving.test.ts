/*
 * What holds however requests, turns of the loop, the disk and reconnecting clients fall between each other.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { create, Op, pathAndWatch, setData } from '../../harness/requests.ts';
import type { Client, Reply } from '../client.ts';
import { eventIn, nodeIn, statIn } from '../replies.ts';
import { World } from '../world.ts';

/** What a client does: changes or reads its own znode, looks at that of another, or something else. */
interface Deed {
  readonly who: number;
  readonly what: 'set' | 'get' | 'look' | 'ping' | 'reconnect';
  /** Whose znode it looks at. */
  readonly at: number;
  readonly watch: boolean;
}

type Step = Deed | 'turn' | 'disk';

const who = fc.nat({ max: 2 });
const watch = fc.boolean();
const deed = (...what: readonly Deed['what'][]) =>
  fc.record({ who, what: fc.constantFrom(...what), at: who, watch });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: deed('set') },
  { weight: 6, arbitrary: deed('get', 'look', 'look', 'ping') },
  { weight: 5, arbitrary: fc.constantFrom('turn', 'disk') },
  { weight: 1, arbitrary: deed('reconnect') },
);

/** A client that knows what it has asked for, and checks what it hears. Its own znode is /<name>. */
class Checker {
  private readonly path: string;
  private readonly world: World;
  private client: Client;
  private hasShakenHands = true;
  /** How often this connection has asked to change the own znode. */
  private sets = 0;
  /** The version of the own znode before that; null where it is not known which requests of an older connection were taken. */
  private base: number | null = 0;
  /** A check for each reply that is to come, in order. */
  private expected: ((reply: Reply) => void)[] = [];
  private readonly latest = new Map<string, number>();
  /** The version that each watched znode had when the watch was left. */
  private readonly watched = new Map<string, number>();

  constructor(world: World, name: number) {
    this.world = world;
    this.path = `/${name}`;
    this.client = world.connect();
    this.client.ask(Op.create, create(this.path));
  }

  do({ what, at, watch }: Deed): void {
    const { client, path } = this;
    if (what === 'reconnect') {
      this.reconnect();
    } else if (what === 'ping') {
      client.ping();
      this.expected.push(({ xid }) => expect(xid).toBe(-2));
    } else if (what === 'set') {
      this.sets += 1;
      const { sets } = this;
      client.request(Op.setData, setData(path, null));
      this.expected.push((reply) => this.seeOwn(statIn(reply).version, sets));
    } else {
      this.read(what === 'get' ? path : `/${at}`, watch);
    }
  }

  private read(path: string, watch: boolean): void {
    const { sets } = this;
    this.client.request(Op.getData, pathAndWatch(path, watch));
    this.expected.push((reply) => {
      const { version } = nodeIn(reply).stat;
      if (path === this.path) this.seeOwn(version, sets);
      else this.see(path, version);
      if (watch && !this.watched.has(path)) this.watched.set(path, version);
    });
  }

  /** Nobody else changes the own znode: its version tells which of the own changes have been made. */
  private seeOwn(version: number, sets: number): void {
    this.base ??= version - sets;
    expect(version).toBe(this.base + sets);
    this.see(this.path, version);
  }

  /** Nothing older than what was seen before, and nothing newer than a watch has told of. */
  private see(path: string, version: number): void {
    expect(version).toBeGreaterThanOrEqual(this.latest.get(path) ?? 0);
    expect(version).toBeLessThanOrEqual(this.watched.get(path) ?? Number.POSITIVE_INFINITY);
    this.latest.set(path, version);
  }

  private reconnect(): void {
    const before = this.client;
    this.client = this.world.open();
    this.client.resume(before);
    this.client.sessionId = before.sessionId;
    this.client.password = before.password;
    this.expected = [];
    this.sets = 0;
    this.base = null;
    this.hasShakenHands = false;
    this.watched.clear();
  }

  hear(): void {
    if (!this.hasShakenHands) {
      const handshake = this.client.takeHandshake();
      if (handshake === null) return;
      expect(handshake.sessionId).toBe(this.client.sessionId);
      this.hasShakenHands = true;
    }
    for (const reply of this.client.take()) {
      const event = eventIn(reply);
      if (event !== null) {
        expect(this.watched.delete(event.replace('changed ', ''))).toBe(true);
        continue;
      }
      const check = this.expected.shift();
      if (check === undefined) throw new Error('a reply that nobody asked for');
      check(reply);
    }
  }

  get isContent(): boolean {
    return this.expected.length === 0 && this.hasShakenHands;
  }
}

describe('whatever comes between them', () => {
  it("a session's requests are answered in order, from a state that never goes back", () => {
    const limit = fc.constantFrom(2, 5, 1000);
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60, size: 'max' }),
        limit,
        (steps, globalOutstandingLimit) => {
          const world = new World({ globalOutstandingLimit });
          const checkers = [0, 1, 2].map((name) => new Checker(world, name));
          for (const each of steps) {
            if (each === 'turn') world.turn();
            else if (each === 'disk') world.disk.finishOne();
            else checkers[each.who]?.do(each);
            for (const checker of checkers) checker.hear();
          }
          world.settle();
          for (const checker of checkers) checker.hear();
          expect(checkers.map(({ isContent }) => isContent)).toEqual([true, true, true]);
          expect(world.monitor('outstanding_requests')).toBe(0);
          expect(world.tree.digestMismatchCount).toBe(0);
        },
      ),
      { numRuns: 100 },
    );
  });
});
