import { describe, expect, it } from 'vitest';
import { containersOf } from '../../datatree/trees.ts';
import {
  create,
  createTTL,
  Op,
  pathAndInt,
  pathAndWatch,
  setData,
} from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { storyOf } from '../replies.ts';
import { World } from '../world.ts';

const MINUTE = 60_000;

/** A client that stays, though the clock runs. */
function patientClient(keys = {}): { world: World; ann: Client } {
  const world = new World({ maxSessionTimeout: 100 * MINUTE, ...keys });
  return { world, ann: world.connect(100 * MINUTE) };
}

const isThere = (client: Client, path: string) =>
  client.ask(Op.exists, pathAndWatch(path)).err === 0;

describe('a container', () => {
  it('goes once its last child has gone', () => {
    const { world, ann } = patientClient();
    ann.ask(Op.createContainer, create('/box', null, 4));
    ann.ask(Op.create, create('/box/x'));
    world.advance(MINUTE);
    expect(isThere(ann, '/box')).toBe(true);
    ann.ask(Op.delete, pathAndInt('/box/x', -1));
    ann.ask(Op.exists, pathAndWatch('/box', true));
    world.advance(MINUTE);
    expect(storyOf(ann.take())).toEqual(['deleted /box']);
    expect(isThere(ann, '/box')).toBe(false);
  });

  it('that never had a child stays', () => {
    const { world, ann } = patientClient();
    ann.ask(Op.createContainer, create('/box', null, 4));
    world.advance(10 * MINUTE);
    expect(isThere(ann, '/box')).toBe(true);
  });

  it('that never had a child goes after a time, where there is one', () => {
    const { world, ann } = patientClient({ 'znode.container.maxNeverUsedIntervalMs': 2 * MINUTE });
    ann.ask(Op.createContainer, create('/box', null, 4));
    world.advance(2 * MINUTE);
    expect(isThere(ann, '/box')).toBe(true);
    world.advance(MINUTE);
    expect(isThere(ann, '/box')).toBe(false);
  });

  it('that gets a child again in the last moment stays', () => {
    const { world, ann } = patientClient();
    ann.ask(Op.createContainer, create('/box', null, 4));
    ann.ask(Op.create, create('/box/x'));
    ann.ask(Op.delete, pathAndInt('/box/x', -1));
    const due = world.server.deadline;
    expect(due).toBeGreaterThan(world.clock.elapsed);
    world.moveClock(world.clock.elapsed + MINUTE);
    ann.request(Op.create, create('/box/y'));
    world.server.run();
    world.settle();
    expect(isThere(ann, '/box/y')).toBe(true);
  });

  it('is found again after a restart', () => {
    const { world: before, ann } = patientClient();
    ann.ask(Op.createContainer, create('/box', null, 4));
    ann.ask(Op.create, create('/box/x'));
    ann.ask(Op.delete, pathAndInt('/box/x', -1));
    const world = before.crashAndRestart();
    world.advance(MINUTE);
    expect(isThere(world.connect(), '/box')).toBe(false);
  });
});

describe('many containers', () => {
  it('go no faster than they may', () => {
    const { world, ann } = patientClient({ 'znode.container.maxPerMinute': 6 });
    for (let index = 0; index < 4; index++) {
      ann.ask(Op.createContainer, create(`/box${index}`, null, 4));
      ann.ask(Op.create, create(`/box${index}/x`));
      ann.ask(Op.delete, pathAndInt(`/box${index}/x`, -1));
    }
    const left = () => containersOf(world.tree).length;
    world.advance(MINUTE);
    expect(left()).toBe(3);
    world.advance(9999);
    expect(left()).toBe(3);
    world.advance(1);
    expect(left()).toBe(2);
    world.advance(20_000);
    expect(left()).toBe(0);
  });
});

describe('a znode with a time to live', () => {
  it('goes when nobody has changed it for so long', () => {
    const { world, ann } = patientClient();
    ann.ask(Op.createTTL, createTTL('/t', null, 5, BigInt(90_000)));
    world.advance(80_000);
    ann.ask(Op.setData, setData('/t', Buffer.from('x')));
    world.advance(80_000);
    expect(isThere(ann, '/t')).toBe(true);
    world.advance(MINUTE);
    expect(isThere(ann, '/t')).toBe(false);
  });

  it('stays as long as it has children', () => {
    const { world, ann } = patientClient();
    ann.ask(Op.createTTL, createTTL('/t', null, 5, 1000n));
    ann.ask(Op.create, create('/t/x'));
    world.advance(5 * MINUTE);
    expect(isThere(ann, '/t')).toBe(true);
    ann.ask(Op.delete, pathAndInt('/t/x', -1));
    world.advance(MINUTE);
    expect(isThere(ann, '/t')).toBe(false);
  });
});
