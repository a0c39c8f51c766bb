import { describe, expect, it } from 'vitest';
import {
  create,
  multi,
  Op,
  openAcl,
  pathAndInt,
  pathAndWatch,
  setData,
} from '../../harness/requests.ts';
import type { Client } from '../client.ts';
import { codesIn, nodeIn } from '../replies.ts';
import { World } from '../world.ts';

const EXCEEDED = -125;
const bytes = (size: number) => Buffer.alloc(size, 'x');

/** /a with ten bytes of data and a quota, as `setquota` of zkCli makes it. */
function worldWithQuota(limits: string, keys = {}): { world: World; ann: Client } {
  const world = new World({ enforceQuota: true, ...keys });
  const ann = world.connect();
  ann.ask(Op.create, create('/a', bytes(10)));
  ann.ask(Op.create, create('/zookeeper/quota/a'));
  const text = Buffer.from(limits);
  ann.ask(Op.create, create('/zookeeper/quota/a/zookeeper_limits', text, 0, openAcl));
  ann.ask(Op.create, create('/zookeeper/quota/a/zookeeper_stats', Buffer.from('count=0,bytes=0')));
  return { world, ann };
}

const usage = (client: Client) =>
  nodeIn(client.ask(Op.getData, pathAndWatch('/zookeeper/quota/a/zookeeper_stats'))).data;

describe('a hard quota', () => {
  it('of znodes refuses one too many', () => {
    const { ann } = worldWithQuota('count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2');
    expect(ann.ask(Op.create, create('/a/b')).err).toBe(0);
    expect(ann.ask(Op.create, create('/a/c')).err).toBe(EXCEEDED);
    expect(usage(ann)).toBe('count=2,bytes=10');
    ann.ask(Op.delete, pathAndInt('/a/b', -1));
    expect(ann.ask(Op.create, create('/a/c')).err).toBe(0);
  });

  it('of bytes refuses a create and a change that go beyond', () => {
    const { ann } = worldWithQuota('count=-1,bytes=-1=;byteHardLimit=15;countHardLimit=-1');
    expect(ann.ask(Op.create, create('/a/b', bytes(6))).err).toBe(EXCEEDED);
    expect(ann.ask(Op.create, create('/a/b', bytes(5))).err).toBe(0);
    expect(ann.ask(Op.setData, setData('/a/b', bytes(6))).err).toBe(EXCEEDED);
    expect(ann.ask(Op.setData, setData('/a', bytes(9))).err).toBe(0);
    expect(usage(ann)).toBe('count=2,bytes=14');
  });

  it('is asked before the version', () => {
    const { ann } = worldWithQuota('count=-1,bytes=-1=;byteHardLimit=15;countHardLimit=-1');
    expect(ann.ask(Op.setData, setData('/a', bytes(20), 7)).err).toBe(EXCEEDED);
    expect(ann.ask(Op.setData, setData('/a', bytes(12), 7)).err).toBe(-103);
  });

  it('holds in a multi, by what was applied before it', () => {
    const { ann } = worldWithQuota('count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1');
    const parts = ['/a/b', '/a/c'].map((path) => ({ op: Op.create, body: create(path) }));
    expect(codesIn(ann.ask(Op.multi, multi(parts)))).toEqual([EXCEEDED, -2]);
  });

  it('does not hold for others', () => {
    const { ann } = worldWithQuota('count=-1,bytes=-1=;byteHardLimit=1;countHardLimit=1');
    expect(ann.ask(Op.create, create('/ab', bytes(100))).err).toBe(0);
    expect(ann.ask(Op.create, create('/b', bytes(100))).err).toBe(0);
  });

  it('does not hold where quotas are not enforced', () => {
    const limits = 'count=-1,bytes=-1=;byteHardLimit=1;countHardLimit=1';
    const { ann } = worldWithQuota(limits, { enforceQuota: false });
    expect(ann.ask(Op.create, create('/a/b')).err).toBe(0);
    expect(usage(ann)).toBe('count=2,bytes=10');
  });

  it('is counted for each write that it refuses, and told of', () => {
    const { world, ann } = worldWithQuota('count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1');
    ann.ask(Op.create, create('/a/b'));
    expect(world.monitor('a_quota_exceeded_error_per_namespace')).toBe(1);
    expect(world.logged('warn')).toEqual([
      'warn Quota exceeded: /a [current count=2, hardCountLimit=1]',
    ]);
  });
});

describe('a soft quota', () => {
  it('lets writes through and only tells of them, now and then', () => {
    const { world, ann } = worldWithQuota('count=1,bytes=12=;byteHardLimit=-1;countHardLimit=-1');
    expect(ann.ask(Op.create, create('/a/b', bytes(1))).err).toBe(0);
    expect(ann.ask(Op.create, create('/a/c', bytes(1))).err).toBe(0);
    world.advance(10_000);
    expect(ann.ask(Op.setData, setData('/a/b', bytes(4))).err).toBe(0);
    expect(world.logged('warn')).toEqual([
      'warn Quota exceeded: /a [current count=2, softCountLimit=1]',
      'warn Quota exceeded: /a [current bytes=15, softByteLimit=12] (1 more of this kind left out)',
    ]);
    expect(world.word('mntr').includes('quota_exceeded')).toBe(false);
  });
});

describe('mntr', () => {
  it('shows limits and usage by the top of the path', () => {
    const { world } = worldWithQuota('count=5,bytes=-1=;byteHardLimit=100;countHardLimit=-1');
    const text = world.word('mntr');
    expect(text).toContain('zk_a_quota_count_limit_per_namespace\t5\n');
    expect(text).toContain('zk_a_quota_bytes_limit_per_namespace\t100\n');
    expect(text).toContain('zk_a_quota_count_usage_per_namespace\t1\n');
    expect(text).toContain('zk_a_quota_bytes_usage_per_namespace\t10\n');
  });
});

describe('limits that cannot be read', () => {
  it('make writes below them fail with MarshallingError', () => {
    const { ann } = worldWithQuota('nonsense');
    expect(ann.ask(Op.create, create('/a/b')).err).toBe(-5);
    expect(ann.ask(Op.create, create('/b')).err).toBe(0);
  });
});
