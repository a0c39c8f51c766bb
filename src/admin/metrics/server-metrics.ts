/*
 * Every metric that this server keeps, under Java's names, with the place where each of them is recorded.
 *
 * The fields stand in groups, one for each part of the server that records; a group is wired in one place. One object
 * lasts as long as the process, through all roles of a member. Left out are the metrics of what does not exist here: the
 * commit processor, observer masters, TLS and netty, the ensemble scheme, dead watchers, pauses of the JVM, and some queues
 * and caches (docs/ARCHITECTURE.md has the table).
 * Not for gauges, which are asked of the server when they are printed (ServerView of src/fourletter).
 *
 * Answers to ServerMetrics and to DefaultMetricsProvider.dump.
 */

import type { MetricEntry } from '../../fourletter/index.ts';
import { AvgMinMaxCounter } from './avg-min-max-counter.ts';
import { AvgMinMaxPercentileCounter } from './avg-min-max-percentile-counter.ts';
import type { Metric } from './metric.ts';
import { NamespaceSummarySet } from './namespace-summary-set.ts';
import { OperationCounters } from './operation-counters.ts';
import { SimpleCounter, SimpleCounterSet } from './simple-counter.ts';
import { SummarySet } from './summary-set.ts';
import type { Random } from './uniform-reservoir.ts';

/** The metrics of one server. All times are whole milliseconds, all sizes bytes. */
export class ServerMetrics {
  // The client listener and its connections (NIOServerCnxnFactory, NIOServerCnxn).

  /** A connection closed at accept by maxCnxns or maxClientCnxns, or at its handshake by the connection throttle. */
  readonly connectionRejected = new SimpleCounter('connection_rejected');
  /** A read found the connection closed by its client. */
  readonly connectionDropCount = new SimpleCounter('connection_drop_count');
  /** A connection closed because the queue of connections expired it. */
  readonly sessionlessConnectionsExpired = new SimpleCounter('sessionless_connections_expired');
  /** Every packet: its bytes with the length prefix, 4 for a four-letter word (ServerStats.countReceived). */
  readonly bytesReceivedCount = new SimpleCounter('bytes_received_count');
  /** Every reply: its bytes without the length prefix (ServerStats.countRead and countUpdate). */
  readonly responseBytes = new SimpleCounter('response_bytes');
  /** Every watch event sent: its bytes without the length prefix (ServerStats.countNotification). */
  readonly watchBytes = new SimpleCounter('watch_bytes');
  /** A request refused by largeRequestMaxBytes. */
  readonly largeRequestsRejected = new SimpleCounter('large_requests_rejected');

  // The handshake and sessions (ZooKeeperServer.processConnectRequest, SessionTrackerImpl).

  /** A connect request that passed the throttle. */
  readonly connectionRequestCount = new SimpleCounter('connection_request_count');
  /** At each of those: the deficit of the connection throttle, 0 when it is off. */
  readonly connectionTokenDeficit = new AvgMinMaxCounter('connection_token_deficit');
  /** A connect request that asks for an existing session. */
  readonly connectionRevalidateCount = new SimpleCounter('connection_revalidate_count');
  /** A session closed because the queue of sessions expired it. */
  readonly staleSessionsExpired = new SimpleCounter('stale_sessions_expired');

  // The request throttle, in front of the pipeline (RequestThrottler).

  /** A request that had to wait: milliseconds from its arrival until it was let through. Java records 0 for all others. */
  readonly requestThrottleQueueTime: AvgMinMaxPercentileCounter;
  /** Requests were held back because request_throttle_max_requests are in process. */
  readonly requestThrottleWaitCount = new SimpleCounter('request_throttle_wait_count');
  /** A request answered ThrottledOp because it waited longer than throttled_op_wait_time. */
  readonly throttledOps = new SimpleCounter('throttled_ops');
  /** A request let through whose connection is gone or which is late (request_stale_*). */
  readonly staleRequests = new SimpleCounter('stale_requests');
  /** A stale request dropped with its connection. */
  readonly staleRequestsDropped = new SimpleCounter('stale_requests_dropped');

  // Preparation of requests (PrepRequestProcessor).

  /** A change record of a znode kept for the requests behind it. */
  readonly outstandingChangesQueued = new SimpleCounter('outstanding_changes_queued');
  /** A change record dropped, its transaction being applied. */
  readonly outstandingChangesRemoved = new SimpleCounter('outstanding_changes_removed');
  /** A request refused by a hard quota, by the top namespace of its path. */
  readonly quotaExceededErrorPerNamespace = new SimpleCounterSet(
    'quota_exceeded_error_per_namespace',
  );

  // The transaction log's queue and disk (SyncRequestProcessor, FileTxnLog).

  /** Every transaction handed to the log. */
  readonly syncProcessorRequestQueued = new SimpleCounter('sync_processor_request_queued');
  /** Each flush: transactions in it. */
  readonly syncProcessorBatchSize = new AvgMinMaxCounter('sync_processor_batch_size');
  /** Each flush: milliseconds from the write to the end of fdatasync. */
  readonly syncProcessorQueueFlushTime: AvgMinMaxPercentileCounter;
  /** Each transaction: milliseconds from its append until it was durable. */
  readonly syncProcessorQueueAndFlushTime: AvgMinMaxPercentileCounter;
  /** Milliseconds of each fdatasync of the log, none with forceSync=no. */
  readonly fsyncTime = new AvgMinMaxCounter('fsynctime');

  // Snapshots, start and failures (ZooKeeperServer.takeSnapshot, ZKDatabase, FileTxnSnapLog).

  /** Milliseconds from the start of a snapshot until it was checked and durable; none of one that failed. */
  readonly snapshotTime = new AvgMinMaxCounter('snapshottime');
  /** A snapshot that could not be written (since 3.9). */
  readonly snapshotErrorCount = new SimpleCounter('snapshot_error_count');
  /** Once at the start: milliseconds to load snapshot and log. */
  readonly dbInitTime = new AvgMinMaxCounter('dbinittime');
  /** Once at the start: milliseconds to load the snapshot. */
  readonly startupSnapLoadTime = new AvgMinMaxCounter('startup_snap_load_time');
  /** Once at the start: transactions replayed from the log; not recorded on an empty directory. */
  readonly startupTxnsLoaded = new AvgMinMaxCounter('startup_txns_loaded');
  /** Beside it: milliseconds that took. */
  readonly startupTxnsLoadTime = new AvgMinMaxCounter('startup_txns_load_time');
  /** A failure that ends the server (ZooKeeperCriticalThread). */
  readonly unrecoverableErrorCount = new SimpleCounter('unrecoverable_error_count');

  // Elections and roles (QuorumPeer, FastLeaderElection).

  /** An election that this server began. */
  readonly lookingCount = new SimpleCounter('looking_count');
  /** An election that this server took part in: milliseconds from its beginning to its result. */
  readonly electionTime = new AvgMinMaxCounter('election_time');
  /** Milliseconds from the end of a role, or the start, until the next role serves. */
  readonly unavailableTime = new AvgMinMaxCounter('unavailable_time');
  /** The same where the next role is that of leader. */
  readonly leaderUnavailableTime = new AvgMinMaxCounter('leader_unavailable_time');
  /** A leader gave up because a voter that it waited for looked for another (ZOOKEEPER-3769). */
  readonly quitLeadingDueToDisloyalVoter = new SimpleCounter('quit_leading_due_to_disloyal_voter');

  // Leading (Leader, LearnerHandler).

  /** A transaction proposed to the followers. */
  readonly proposalCount = new SimpleCounter('proposal_count');
  /** A proposal that a quorum had. */
  readonly commitCount = new SimpleCounter('commit_count');
  /** Each of those: milliseconds from the proposal until a quorum had it. */
  readonly quorumAckLatency: AvgMinMaxPercentileCounter;
  /** By server, of every thousandth proposal: milliseconds until it was acknowledged (leader.ackLoggingFrequency). */
  readonly ackLatency: SummarySet;
  /** A learner brought up to date by transactions, with or without a cut before them. */
  readonly diffCount = new SimpleCounter('diff_count');
  /** A learner that was sent the tree. */
  readonly snapCount = new SimpleCounter('snap_count');
  /** At the beginning and the end of each of those: how many are under way. */
  readonly inflightDiffCount = new AvgMinMaxCounter('inflight_diff_count');
  readonly inflightSnapCount = new AvgMinMaxCounter('inflight_snap_count');
  /** A learner asked whether a session lives. */
  readonly revalidateCount = new SimpleCounter('revalidate_count');
  /** By server, whenever its link is written to: packets that waited for that. */
  readonly learnerHandlerQpSize: SummarySet;

  // Following and observing (Learner, Follower, Observer).

  /** Milliseconds from the leader's epoch until this server was in sync, as a follower and as an observer. */
  readonly followerSyncTime = new AvgMinMaxCounter('follower_sync_time');
  readonly observerSyncTime = new AvgMinMaxCounter('observer_sync_time');
  /** A proposal came in. */
  readonly learnerProposalReceivedCount = new SimpleCounter('learner_proposal_received_count');
  /** A commit came in; to an observer, a transaction. */
  readonly learnerCommitReceivedCount = new SimpleCounter('learner_commit_received_count');
  /** Each proposal: milliseconds of the wall's clock since the time in its header, the leader's. */
  readonly proposalLatency: AvgMinMaxPercentileCounter;
  /** Each commit: the same. */
  readonly commitPropagationLatency: AvgMinMaxPercentileCounter;

  // What is done to the tree (DataTree, WatchManager).

  /**
   * getData, exists and the getChildren kinds that found their znode: characters of the path, 68 for the Stat, and
   * the data, or the names of the children.
   */
  readonly readPerNamespace = new NamespaceSummarySet('read_per_namespace');
  /** create, delete and setData when applied: characters of the path and the new data. */
  readonly writePerNamespace = new NamespaceSummarySet('write_per_namespace');
  /** A NodeCreated event: watchers it went to; none recorded without any. So for the three below. */
  readonly nodeCreatedWatchCount = new AvgMinMaxCounter('node_created_watch_count');
  /** NodeDeleted, data and child watches each by itself. */
  readonly nodeDeletedWatchCount = new AvgMinMaxCounter('node_deleted_watch_count');
  /** NodeDataChanged. */
  readonly nodeChangedWatchCount = new AvgMinMaxCounter('node_changed_watch_count');
  /** NodeChildrenChanged. */
  readonly nodeChildrenWatchCount = new AvgMinMaxCounter('node_children_watch_count');
  /** A transaction after which the digest of the tree was not the one in the log. */
  readonly digestMismatchesCount = new SimpleCounter('digest_mismatches_count');
  /** A TTL znode created (since 3.10). */
  readonly ttlNodeCreatedCount = new SimpleCounter('ttl_node_created_count');
  /** A TTL znode deleted (since 3.10). */
  readonly ttlNodeDeletedCount = new SimpleCounter('ttl_node_deleted_count');

  // Answering (FinalRequestProcessor, ServerStats.updateLatency, ServerCnxn.serialize).

  /** Every request that is no transaction: milliseconds from its arrival (ServerStats.countRead). */
  readonly readLatency: AvgMinMaxPercentileCounter;
  /** Every request that is one (ServerStats.countUpdate). */
  readonly updateLatency: AvgMinMaxPercentileCounter;
  /** Every transaction applied: milliseconds of the wall's clock since the time in its header. */
  readonly propagationLatency: AvgMinMaxPercentileCounter;
  /** getChildren and getChildren2 answered from the cache of lists. */
  readonly responsePacketGetChildrenCacheHits = new SimpleCounter(
    'response_packet_get_children_cache_hits',
  );
  /** Those that it did not have. */
  readonly responsePacketGetChildrenCacheMisses = new SimpleCounter(
    'response_packet_get_children_cache_misses',
  );
  /** Every operation when it is carried out (since 3.10). */
  readonly operations = new OperationCounters();

  readonly #inPrintedOrder: readonly Metric[];

  /** `random` draws the samples that quantiles are taken from. */
  constructor(random: Random) {
    this.requestThrottleQueueTime = new AvgMinMaxPercentileCounter(
      'request_throttle_queue_time_ms',
      random,
    );
    this.syncProcessorQueueFlushTime = new AvgMinMaxPercentileCounter(
      'sync_processor_queue_flush_time_ms',
      random,
    );
    this.syncProcessorQueueAndFlushTime = new AvgMinMaxPercentileCounter(
      'sync_processor_queue_and_flush_time_ms',
      random,
    );
    this.readLatency = new AvgMinMaxPercentileCounter('readlatency', random);
    this.updateLatency = new AvgMinMaxPercentileCounter('updatelatency', random);
    this.propagationLatency = new AvgMinMaxPercentileCounter('propagation_latency', random);
    this.quorumAckLatency = new AvgMinMaxPercentileCounter('quorum_ack_latency', random);
    this.proposalLatency = new AvgMinMaxPercentileCounter('proposal_latency', random);
    this.commitPropagationLatency = new AvgMinMaxPercentileCounter(
      'commit_propagation_latency',
      random,
    );
    this.ackLatency = new SummarySet(
      'ack_latency',
      (name) => new AvgMinMaxPercentileCounter(name, random),
    );
    this.learnerHandlerQpSize = new SummarySet(
      'learner_handler_qp_size',
      (name) => new AvgMinMaxCounter(name),
    );
    this.#inPrintedOrder = this.#javaOrder();
  }

  /** All metrics as `mntr` prints them, without the `zk_`. */
  entries(): MetricEntry[] {
    const entries: MetricEntry[] = [];
    for (const metric of this.#inPrintedOrder) metric.appendTo(entries);
    return entries;
  }

  /** All metrics start anew. */
  resetAll(): void {
    for (const metric of this.#inPrintedOrder) metric.reset();
  }

  /**
   * Counters, sets of counters, BASIC summaries, ADVANCED ones and sets of summaries; within a kind in the order in which
   * the hash maps of 3.8.0 give them. Counters that came later stand behind those of 3.8.
   */
  #javaOrder(): Metric[] {
    return [
      ...this.#counters(),
      ...this.#basicSummaries(),
      ...this.#advancedSummaries(),
      this.learnerHandlerQpSize,
      this.readPerNamespace,
      this.writePerNamespace,
      this.ackLatency,
    ];
  }

  #counters(): Metric[] {
    return [
      this.proposalCount,
      this.watchBytes,
      this.outstandingChangesRemoved,
      this.throttledOps,
      this.staleRequestsDropped,
      this.largeRequestsRejected,
      this.connectionRejected,
      this.sessionlessConnectionsExpired,
      this.lookingCount,
      this.staleRequests,
      this.connectionDropCount,
      this.learnerProposalReceivedCount,
      this.digestMismatchesCount,
      this.bytesReceivedCount,
      this.requestThrottleWaitCount,
      this.learnerCommitReceivedCount,
      this.connectionRequestCount,
      this.responseBytes,
      this.diffCount,
      this.responsePacketGetChildrenCacheMisses,
      this.connectionRevalidateCount,
      this.quitLeadingDueToDisloyalVoter,
      this.snapCount,
      this.unrecoverableErrorCount,
      this.commitCount,
      this.staleSessionsExpired,
      this.responsePacketGetChildrenCacheHits,
      this.syncProcessorRequestQueued,
      this.outstandingChangesQueued,
      this.revalidateCount,
      this.snapshotErrorCount,
      this.ttlNodeCreatedCount,
      this.ttlNodeDeletedCount,
      this.operations,
      this.quotaExceededErrorPerNamespace,
    ];
  }

  #basicSummaries(): Metric[] {
    return [
      this.leaderUnavailableTime,
      this.nodeCreatedWatchCount,
      this.connectionTokenDeficit,
      this.nodeDeletedWatchCount,
      this.startupTxnsLoadTime,
      this.followerSyncTime,
      this.fsyncTime,
      this.inflightSnapCount,
      this.snapshotTime,
      this.unavailableTime,
      this.startupTxnsLoaded,
      this.dbInitTime,
      this.inflightDiffCount,
      this.electionTime,
      this.syncProcessorBatchSize,
      this.nodeChildrenWatchCount,
      this.observerSyncTime,
      this.nodeChangedWatchCount,
      this.startupSnapLoadTime,
    ];
  }

  #advancedSummaries(): Metric[] {
    return [
      this.updateLatency,
      this.requestThrottleQueueTime,
      this.readLatency,
      this.quorumAckLatency,
      this.commitPropagationLatency,
      this.proposalLatency,
      this.syncProcessorQueueAndFlushTime,
      this.propagationLatency,
      this.syncProcessorQueueFlushTime,
    ];
  }
}
