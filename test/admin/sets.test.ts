import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AvgMinMaxCounter } from '../../src/admin/metrics/avg-min-max-counter.ts';
import { MAX_KEYS, OTHER_KEYS } from '../../src/admin/metrics/keys.ts';
import type { Metric } from '../../src/admin/metrics/metric.ts';
import { NamespaceSummarySet } from '../../src/admin/metrics/namespace-summary-set.ts';
import { OperationCounters } from '../../src/admin/metrics/operation-counters.ts';
import { SimpleCounterSet } from '../../src/admin/metrics/simple-counter.ts';
import { SummarySet } from '../../src/admin/metrics/summary-set.ts';
import type { MetricEntry } from '../../src/fourletter/index.ts';
import { OpCode } from '../../src/jute/op-code.ts';

function entriesOf(metric: Metric): Map<string, number | string> {
  const entries: MetricEntry[] = [];
  metric.appendTo(entries);
  return new Map(entries);
}

/** Records a path as bytes somewhere inside a buffer, the way it stands in a request. */
function addBytes(set: NamespaceSummarySet, path: string, value: number): void {
  const bytes = Buffer.from(`junk${path}/junk`);
  set.addBytes(bytes, 4, 4 + Buffer.byteLength(path), value);
}

describe('summaries by namespace', () => {
  it('count a path for its first element, given as a string or as bytes', () => {
    const set = new NamespaceSummarySet('read_per_namespace');
    set.add('/app/lock/1', 10);
    addBytes(set, '/app', 20);
    addBytes(set, '/app/lock', 30);
    addBytes(set, '/other', 1);
    const entries = entriesOf(set);
    expect(entries.get('cnt_app_read_per_namespace')).toBe(3);
    expect(entries.get('sum_app_read_per_namespace')).toBe(60);
    expect(entries.get('sum_other_read_per_namespace')).toBe(1);
  });

  it('do not count the root', () => {
    const set = new NamespaceSummarySet('x');
    set.add('/', 1);
    addBytes(set, '/', 1);
    expect(entriesOf(set).size).toBe(0);
  });

  it('keep their keys over a reset, as Java does, with nothing counted', () => {
    const set = new NamespaceSummarySet('x');
    addBytes(set, '/app', 5);
    set.reset();
    expect(entriesOf(set).get('cnt_app_x')).toBe(0);
    addBytes(set, '/app', 7);
    expect(entriesOf(set).get('sum_app_x')).toBe(7);
  });

  it('tell all namespaces apart, however often they change', () => {
    const names = fc.array(fc.stringMatching(/^[a-zé0-9]{1,3}$/), {
      minLength: 1,
      maxLength: 3_000,
    });
    fc.assert(
      fc.property(names, (namespaces) => {
        const set = new NamespaceSummarySet('x');
        const expected = new Map<string, number>();
        for (const [index, name] of namespaces.entries()) {
          if (index % 2 === 0) addBytes(set, `/${name}/child`, index);
          else set.add(`/${name}`, index);
          expected.set(name, (expected.get(name) ?? 0) + index);
        }
        const entries = entriesOf(set);
        for (const [name, sum] of expected) expect(entries.get(`sum_${name}_x`)).toBe(sum);
        expect(entries.size).toBe(expected.size * 5);
      }),
      { numRuns: 30 },
    );
  });

  it('count further namespaces together once there are too many, and names that are too long', () => {
    const set = new NamespaceSummarySet('x');
    for (let index = 0; index < MAX_KEYS; index++) addBytes(set, `/n${index}`, 1);
    addBytes(set, '/one-more', 5);
    set.add('/and-another', 6);
    addBytes(set, `/${'long'.repeat(100_000)}/child`, 7);
    set.add(`/${'long'.repeat(100)}`, 8);
    addBytes(set, '/n0', 1);
    const entries = entriesOf(set);
    expect(entries.get(`sum_${OTHER_KEYS}_x`)).toBe(26);
    expect(entries.get('sum_n0_x')).toBe(2);
    expect(entries.size).toBe((MAX_KEYS + 1) * 5);
  });
});

describe('counters by key', () => {
  it('count each key by itself and survive a reset', () => {
    const set = new SimpleCounterSet('quota_exceeded_error_per_namespace');
    set.add('app', 1);
    set.add('app', 1);
    set.add('other', 1);
    expect([...entriesOf(set)]).toEqual([
      ['app_quota_exceeded_error_per_namespace', 2],
      ['other_quota_exceeded_error_per_namespace', 1],
    ]);
    set.reset();
    expect(entriesOf(set).get('app_quota_exceeded_error_per_namespace')).toBe(0);
  });
});

describe('counters of operations', () => {
  it('count kinds of one operation together, and all in the total', () => {
    const operations = new OperationCounters();
    for (const opCode of [OpCode.create, OpCode.create2, OpCode.createTTL, OpCode.getData]) {
      operations.increment(opCode);
    }
    operations.increment(OpCode.closeSession);
    operations.increment(OpCode.whoAmI);
    const entries = entriesOf(operations);
    expect(entries.get('op_count_create')).toBe(3);
    expect(entries.get('op_count_get_data')).toBe(1);
    expect(entries.get('op_count_close_session')).toBe(1);
    expect(entries.get('op_count_who_am_i')).toBe(1);
    expect(entries.get('op_count_total')).toBe(6);
  });

  it.each([OpCode.auth, OpCode.sasl, 0, -12, 108, 2 ** 31 - 1, -(2 ** 31)])(
    'do not count %d',
    (opCode) => {
      const operations = new OperationCounters();
      operations.increment(opCode);
      expect([...entriesOf(operations).values()].every((value) => value === 0)).toBe(true);
    },
  );
});

describe('summaries by server', () => {
  const newSet = () => new SummarySet('ack_latency', (name) => new AvgMinMaxCounter(name));

  it('keep one for each server that anything was recorded of', () => {
    const set = newSet();
    set.add(3, 10);
    set.add(1, 5);
    set.add(3, 20);
    const entries = entriesOf(set);
    expect(entries.get('avg_3_ack_latency')).toBe('15.0');
    expect(entries.get('cnt_1_ack_latency')).toBe(1);
    expect(entries.size).toBe(10);
  });

  it('keep no more than so many, whatever ids are claimed', () => {
    const set = newSet();
    for (let sid = 0; sid < MAX_KEYS + 5; sid++) set.add(sid, 1);
    expect(entriesOf(set).get(`cnt_${OTHER_KEYS}_ack_latency`)).toBe(5);
  });

  it('forget what was recorded, and not whom', () => {
    const set = newSet();
    set.add(2, 7);
    set.reset();
    expect(entriesOf(set).get('cnt_2_ack_latency')).toBe(0);
  });
});
