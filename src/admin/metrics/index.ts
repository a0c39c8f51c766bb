/*
 * Metrics: what the server counts, and how it is printed.
 */

export { ConnectionStats } from './connection-stats.ts';
export { ServerMetrics } from './server-metrics.ts';
export { ServerStats } from './server-stats.ts';
