import { describe, expect, it } from 'vitest';
import { ConnectionStats, ServerMetrics, ServerStats } from '../../src/admin/metrics/index.ts';
import type { ConnectionView } from '../../src/fourletter/index.ts';
import { answer, connection, golden, serverView } from '../fourletter/view.ts';

function metricsOf(metrics: ServerMetrics): Map<string, number | string> {
  return new Map(metrics.entries());
}

describe('the stats of a server', () => {
  it('know no response before the first', () => {
    const stats = new ServerStats(new ServerMetrics(() => 0));
    expect([stats.lastClientResponseSize(), stats.minClientResponseSize()]).toEqual([-1, -1]);
    expect(stats.maxClientResponseSize()).toBe(-1);
    expect([stats.minLatency(), stats.avgLatency(), stats.maxLatency()]).toEqual([0, 0, 0]);
  });

  it('count a read, an update and an event with their metrics', () => {
    const metrics = new ServerMetrics(() => 0);
    const stats = new ServerStats(metrics);
    stats.countReceived(44);
    stats.countRead(2, 93);
    stats.countUpdate(5, 16);
    stats.countNotification(40);
    expect([stats.minLatency(), stats.avgLatency(), stats.maxLatency()]).toEqual([2, 3.5, 5]);
    expect([stats.packetsReceived(), stats.packetsSent()]).toEqual([1, 3]);
    expect(stats.lastClientResponseSize()).toBe(40);
    expect([stats.minClientResponseSize(), stats.maxClientResponseSize()]).toEqual([16, 93]);
    const entries = metricsOf(metrics);
    expect(entries.get('bytes_received_count')).toBe(44);
    expect(entries.get('response_bytes')).toBe(109);
    expect(entries.get('watch_bytes')).toBe(40);
    expect(entries.get('max_readlatency')).toBe(2);
    expect(entries.get('p99_updatelatency')).toBe(5);
  });

  it('count the making of a session as an update without a response', () => {
    const metrics = new ServerMetrics(() => 0);
    const stats = new ServerStats(metrics);
    stats.countSessionCreated(3);
    stats.countSent();
    expect([stats.packetsSent(), stats.lastClientResponseSize()]).toEqual([2, -1]);
    expect(metricsOf(metrics).get('cnt_updatelatency')).toBe(1);
    expect(stats.maxLatency()).toBe(3);
  });

  it('start anew with a reset, and all metrics with them', () => {
    const metrics = new ServerMetrics(() => 0);
    const stats = new ServerStats(metrics);
    metrics.snapshotTime.add(12);
    stats.countReceived(10);
    stats.countUpdate(9, 100);
    stats.reset();
    const fresh = new ServerMetrics(() => 0);
    expect(metrics.entries()).toEqual(fresh.entries());
    expect([stats.packetsReceived(), stats.packetsSent(), stats.maxLatency()]).toEqual([0, 0, 0]);
    expect(stats.maxClientResponseSize()).toBe(-1);
    stats.countRead(1, 50);
    expect([stats.minClientResponseSize(), stats.maxClientResponseSize()]).toEqual([50, 50]);
  });
});

/** The client of the golden texts, with real stats behind it. */
function clientOf(
  stats: ConnectionStats,
  port: number,
  timeout: number,
  id: bigint,
): ConnectionView {
  const facts = connection({ port, timeout, interestOps: 1, sessionId: id });
  return { ...facts, stats: () => stats };
}

describe('the stats of a connection', () => {
  it('are those of Java after a reset, and after a request behind it', () => {
    const first = new ConnectionStats(1795268721102);
    const second = new ConnectionStats(1795268721113);
    const third = new ConnectionStats(1795268721140);
    const silent = new ConnectionStats(0);
    for (const stats of [first, second, third, silent]) {
      stats.countReceived();
      stats.countSent();
      stats.updateForResponse(3, 5n, 'CREA', 100, 150);
      stats.reset();
    }
    const a = clientOf(first, 37822, 10000, 0x100000c6bf20000n);
    const b = clientOf(second, 37824, 30000, 0x100000c6bf20001n);
    const c = clientOf(third, 37844, 4000, 0x100000c6bf20002n);
    const d = clientOf(silent, 37834, 10000, 0n);
    const asking = (port: number) => connection({ port });
    const view = (...connections: ConnectionView[]) =>
      serverView({ connections: () => connections });
    expect(answer('cons', view(c, b, d, a, asking(38046)))).toBe(golden('cons-after-crst'));

    first.countReceived();
    first.countSent();
    first.updateForResponse(15, 0x10n, 'GETD', 815675, 815675);
    expect(answer('cons', view(c, b, d, asking(38070), a))).toBe(golden('cons-after-crst-and-get'));
  });

  it('keep the last real cxid when a ping is answered', () => {
    const stats = new ConnectionStats(0);
    stats.updateForResponse(7, 1n, 'SETD', 10, 13);
    stats.updateForResponse(-2, 2n, 'PING', 20, 20);
    expect([stats.lastCxid(), stats.lastZxid(), stats.lastOperation()]).toEqual([7, 2n, 'PING']);
    expect([stats.lastLatency(), stats.lastResponseTime()]).toEqual([0, 20]);
  });

  it('show least, average in whole milliseconds and greatest latency', () => {
    const stats = new ConnectionStats(0);
    stats.reset();
    for (const latency of [3, 2, 9]) stats.updateForResponse(1, 1n, 'GETD', 0, latency);
    expect([stats.minLatency(), stats.avgLatency(), stats.maxLatency()]).toEqual([2, 4, 9]);
  });

  it('show a least latency of 0 until the first reset, as Java does', () => {
    const stats = new ConnectionStats(0);
    stats.updateForResponse(1, 1n, 'GETD', 0, 5);
    expect([stats.minLatency(), stats.maxLatency()]).toEqual([0, 5]);
  });
});
