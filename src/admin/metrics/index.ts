/*
 * Metrics: what the server counts, and how it is printed.
 *
 * ServerMetrics has what `mntr` lists, ServerStats and ConnectionStats what `srvr`, `stat` and `cons` show of the server and of one
 * connection (Java: ServerMetrics, ServerStats, ServerCnxn).
 */

export { ConnectionStats } from './connection-stats.ts';
export { ServerMetrics } from './server-metrics.ts';
export { ServerStats } from './server-stats.ts';
