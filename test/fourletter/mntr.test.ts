import { describe, expect, it } from 'vitest';
import { AvgMinMaxCounter } from '../../src/admin/metrics/avg-min-max-counter.ts';
import { AvgMinMaxPercentileCounter } from '../../src/admin/metrics/avg-min-max-percentile-counter.ts';
import { ServerMetrics } from '../../src/admin/metrics/index.ts';
import { NamespaceSummarySet } from '../../src/admin/metrics/namespace-summary-set.ts';
import { OperationCounters } from '../../src/admin/metrics/operation-counters.ts';
import { SimpleCounter, SimpleCounterSet } from '../../src/admin/metrics/simple-counter.ts';
import { SummarySet } from '../../src/admin/metrics/summary-set.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import { answer, freshGauges, golden, requestStats, serverView } from './view.ts';

/** What Java prints and this server does not, by the part of Java that it tells of. */
const leftOut = new Set(
  `
  skip_learner_request_to_next_processor_count socket_closing_time learner_request_processor_queue_size
  proposal_ack_creation_latency om_proposal_process_time_ms om_commit_process_time_ms
  requests_not_forwarded_to_commit_processor request_commit_queued commit_process_time session_queues_drained
  pending_session_queue_size requests_in_session_queue reads_issued_from_session_queue
  reads_after_write_in_session_queue read_commit_proc_req_queued write_commit_proc_req_queued
  commit_commit_proc_req_queued read_commit_proc_issued write_commit_proc_issued read_commitproc_time_ms
  write_commitproc_time_ms read_final_proc_time_ms write_final_proc_time_ms local_write_committed_time_ms
  server_write_committed_time_ms write_batch_time_in_commit_processor
  concurrent_request_processing_in_commit_processor time_waiting_empty_pool_in_commit_processor_read_ms
  netty_queued_buffer_capacity cnxn_closed_without_zk_server_running unsuccessful_handshake tls_handshake_exceeded
  insecure_admin_count ensemble_auth_success ensemble_auth_fail ensemble_auth_skip dead_watchers_queued
  dead_watchers_cleared dead_watchers_cleaner_latency add_dead_watcher_stall_time jvm_pause_time_ms stale_replies
  prep_processor_request_queued prep_processor_queue_size prep_processor_queue_time_ms prep_process_time
  proposal_process_time close_session_prep_time sync_processor_queue_size sync_processor_queue_time_ms
  sync_process_time response_packet_cache_hits response_packet_cache_misses
  `.match(/\S+/g),
);

/** What later versions of Java print, and 3.8.0 does not. */
const isAddedLater = (name: string) => /^op_count_|^ttl_node_|^snapshot_error_count$/.test(name);

/** The lines of a text but those of some metrics, all lines of a summary being of one metric. */
function linesWithout(text: string, isLeftOut: (name: string) => boolean): string[] {
  return text.split('\n').filter((line) => {
    const [key = ''] = line.split('\t');
    return !isLeftOut(key.replace(/^zk_((avg|min|max|cnt|sum|p50|p95|p99|p999)_)?/, ''));
  });
}

/** Records what Java had recorded when the golden text was taken. */
function recordAsCaptured(metrics: ServerMetrics): void {
  const times = (count: number, value: number) => new Array<number>(count).fill(value);
  const recorded: [{ add(value: number): void }, number[]][] = [
    [metrics.outstandingChangesQueued, [25]],
    [metrics.outstandingChangesRemoved, [25]],
    [metrics.bytesReceivedCount, [1322]],
    [metrics.responseBytes, [973]],
    [metrics.connectionRequestCount, [3]],
    [metrics.syncProcessorRequestQueued, [24]],
    [metrics.connectionTokenDeficit, times(3, 0)],
    [metrics.fsyncTime, times(16, 0)],
    [metrics.snapshotTime, [0]],
    [metrics.dbInitTime, [15]],
    [metrics.syncProcessorBatchSize, times(16, 1)],
    [metrics.startupSnapLoadTime, [1]],
    [metrics.updateLatency, [...times(7, 1), ...times(5, 2), 3, 4, 4, 7]],
    [metrics.requestThrottleQueueTime, [...times(4, 1), ...times(20, 0)]],
    [metrics.readLatency, [...times(5, 1), ...times(3, 0)]],
    [metrics.syncProcessorQueueAndFlushTime, [...times(9, 1), ...times(7, 0)]],
    [metrics.propagationLatency, [...times(10, 1), ...times(3, 2), 3, 3, 5]],
    [metrics.syncProcessorQueueFlushTime, [...times(3, 1), ...times(13, 0)]],
  ];
  for (const [metric, values] of recorded) for (const value of values) metric.add(value);
  for (const size of [75, 76, 76, 114]) metrics.readPerNamespace.add('/app/a', size);
  metrics.readPerNamespace.add('/zookeeper', 84);
  for (const size of [7, 21, ...times(6, 11), 12, 12]) metrics.writePerNamespace.add('/app', size);
  for (const size of [20, 52, 93]) metrics.writePerNamespace.add('/zookeeper/quota', size);
}

function recordSomething(metric: unknown): void {
  if (metric instanceof SimpleCounter) metric.add(1);
  else if (metric instanceof AvgMinMaxCounter) metric.add(1);
  else if (metric instanceof AvgMinMaxPercentileCounter) metric.add(1);
  else if (metric instanceof SimpleCounterSet) metric.add('app', 1);
  else if (metric instanceof SummarySet) metric.add(1, 1);
  else if (metric instanceof NamespaceSummarySet) metric.add('/app', 1);
  else if (metric instanceof OperationCounters) metric.increment(OpCode.create);
  else throw new Error('a metric of a kind that this test does not know');
}

describe('mntr', () => {
  const capturedView = (metrics: ServerMetrics) =>
    serverView({
      requestStats: () =>
        requestStats({
          avgLatency: 1.6667,
          maxLatency: 7,
          packetsReceived: 51,
          packetsSent: 49,
          lastClientResponseSize: 16,
          minClientResponseSize: 16,
          maxClientResponseSize: 93,
        }),
      nodeCount: () => 15,
      numAliveConnections: () => 5,
      gauges: () => ({
        ...freshGauges,
        ephemeralsCount: 4,
        globalSessions: 3,
        watchCount: 5,
        approximateDataSize: 297,
        openFileDescriptorCount: 43,
        maxFileDescriptorCount: 20000,
        uptime: 1658,
      }),
      quotas: () => [
        {
          namespace: 'app',
          limits: { count: 100n, bytes: 1000n },
          usage: { count: 7n, bytes: 12n },
        },
      ],
      metrics: () => metrics.entries(),
    });

  it('prints what Java prints, line by line, of all that is kept', () => {
    const metrics = new ServerMetrics(() => 0);
    recordAsCaptured(metrics);
    const ours = answer('mntr', capturedView(metrics));
    const expected = linesWithout(golden('mntr'), (name) => leftOut.has(name));
    expect(linesWithout(ours, isAddedLater)).toEqual(expected);
  });

  it('prints each key once', () => {
    const lines = answer('mntr', capturedView(new ServerMetrics(() => 0)))
      .trimEnd()
      .split('\n');
    const keys = lines.map((line) => line.split('\t')[0]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('prints a fraction of a gauge as Java prints doubles', () => {
    const gauges = { ...freshGauges, connectionDropProbability: 0.02 };
    expect(answer('mntr', serverView({ gauges: () => gauges }))).toContain(
      '\nzk_connection_drop_probability\t0.02\n',
    );
  });

  it('prints of a namespace what there is: limits without usage, usage without limits', () => {
    const quotas = () => [
      { namespace: 'a', limits: { count: -1n, bytes: 2n ** 63n - 1n }, usage: null },
      { namespace: 'b', limits: null, usage: { count: 3n, bytes: 4n } },
    ];
    const text = answer('mntr', serverView({ quotas }));
    expect(text.split('\n').filter((line) => line.includes('quota'))).toEqual([
      'zk_a_quota_bytes_limit_per_namespace\t9223372036854775807',
      'zk_b_quota_count_usage_per_namespace\t3',
      'zk_a_quota_count_limit_per_namespace\t-1',
      'zk_b_quota_bytes_usage_per_namespace\t4',
    ]);
  });
});

describe('the metrics of a server', () => {
  it('print every field that is kept, and start anew together', () => {
    const metrics = new ServerMetrics(() => 0);
    const printed = JSON.stringify(metrics.entries());
    const fields: [string, unknown][] = Object.entries(metrics);
    for (const [field, metric] of fields) {
      recordSomething(metric);
      const after = JSON.stringify(metrics.entries());
      expect(after, field).not.toBe(printed);
      metrics.resetAll();
    }
    expect(fields.length).toBe(67);
  });
});
