/*
 * `mntr`: everything a monitor wants, one `zk_<name>\t<value>` a line.
 *
 * The order is Java's: version and state, then the gauges, the quota gauges by namespace, and what ServerMetrics counts.
 * Java takes the gauges from a hash map, so their order looks arbitrary and is written down here as it was seen.
 * Answers to MonitorCommand, ZooKeeperServer.dumpMonitorValues and registerMetrics, DefaultMetricsProvider.dump.
 */

import { javaDouble } from './java-text.ts';
import type { LeaderGauges, MemberView, MetricEntry, ServerView } from './server-view.ts';

/** `mntr`. */
export function mntr(view: ServerView): string {
  let text = '';
  for (const [name, value] of monitorEntries(view)) text += `zk_${name}\t${value}\n`;
  return text;
}

/** All lines of `mntr` as names and values. */
function* monitorEntries(view: ServerView): Generator<MetricEntry> {
  yield ['version', view.version()];
  yield ['server_state', view.serverState()];
  const member = view.member();
  if (member !== null) yield* stateEntries(member);
  yield* gaugeEntries(view, member?.leader() ?? null);
  if (member !== null) yield ['quorum_size', member.quorumSize()];
  yield* quotaEntries(view);
  yield* view.metrics();
}

function stateEntries(member: MemberView): MetricEntry[] {
  const observerMasterId = member.observerMasterId();
  return [
    ['peer_state', member.peerState()],
    ...(observerMasterId === null ? [] : [['observer_master_id', observerMasterId] as const]),
  ];
}

/** Those that only a leader has stand among the others. */
function gaugeEntries(view: ServerView, leader: LeaderGauges | null): MetricEntry[] {
  const stats = view.requestStats();
  const gauges = view.gauges();
  const ofLeader = (entries: (gauges: LeaderGauges) => MetricEntry[]): MetricEntry[] =>
    leader === null ? [] : entries(leader);
  return [
    ['ephemerals_count', gauges.ephemeralsCount],
    ['num_alive_connections', view.numAliveConnections()],
    ['avg_latency', javaDouble(stats.avgLatency())],
    ...ofLeader(({ minProposalSize }) => [['min_proposal_size', minProposalSize]]),
    ['outstanding_requests', view.outstandingRequests()],
    ['znode_count', view.nodeCount()],
    ['global_sessions', gauges.globalSessions],
    ['non_mtls_remote_conn_count', gauges.nonMtlsRemoteConnCount],
    ['last_client_response_size', stats.lastClientResponseSize()],
    ['packets_sent', stats.packetsSent()],
    ['packets_received', stats.packetsReceived()],
    ...ofLeader(({ maxProposalSize }) => [['max_proposal_size', maxProposalSize]]),
    ['max_client_response_size', stats.maxClientResponseSize()],
    ...ofLeader(({ syncedFollowers }) => [['synced_followers', syncedFollowers]]),
    ['connection_drop_probability', javaDouble(gauges.connectionDropProbability)],
    ['watch_count', gauges.watchCount],
    ...ofLeader(({ syncedNonVotingFollowers, syncedObservers }) => [
      ['synced_non_voting_followers', syncedNonVotingFollowers],
      ['synced_observers', syncedObservers],
    ]),
    ['auth_failed_count', gauges.authFailedCount],
    ['min_latency', stats.minLatency()],
    ['max_file_descriptor_count', gauges.maxFileDescriptorCount],
    ['approximate_data_size', gauges.approximateDataSize],
    ['open_file_descriptor_count', gauges.openFileDescriptorCount],
    ...ofLeader(({ lastProposalSize, pendingSyncs, leaderUptime }) => [
      ['last_proposal_size', lastProposalSize],
      ['pending_syncs', pendingSyncs],
      ['leader_uptime', leaderUptime],
    ]),
    ['local_sessions', gauges.localSessions],
    ['uptime', gauges.uptime],
    ['max_latency', stats.maxLatency()],
    ['outstanding_tls_handshake', gauges.outstandingTlsHandshake],
    ...ofLeader(({ learners }) => [['learners', learners]]),
    ['min_client_response_size', stats.minClientResponseSize()],
    ['non_mtls_local_conn_count', gauges.nonMtlsLocalConnCount],
  ];
}

function quotaEntries(view: ServerView): MetricEntry[] {
  const quotas = Array.from(view.quotas());
  return [
    ...quotas.flatMap(({ namespace, limits }) =>
      perNamespace(namespace, 'quota_bytes_limit', limits?.bytes),
    ),
    ...quotas.flatMap(({ namespace, usage }) =>
      perNamespace(namespace, 'quota_count_usage', usage?.count),
    ),
    ...quotas.flatMap(({ namespace, limits }) =>
      perNamespace(namespace, 'quota_count_limit', limits?.count),
    ),
    ...quotas.flatMap(({ namespace, usage }) =>
      perNamespace(namespace, 'quota_bytes_usage', usage?.bytes),
    ),
  ];
}

function perNamespace(namespace: string, name: string, value: bigint | undefined): MetricEntry[] {
  return value === undefined ? [] : [[`${namespace}_${name}_per_namespace`, String(value)]];
}
