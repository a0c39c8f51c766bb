/*
 * What a correct configuration may ask for and this server cannot do yet. It is kept apart from reading the configuration,
 * where a mistake is a mistake forever, while everything here is to go away.
 */
import type { ServerConfig } from './config.ts';

/**
 * Why a server cannot be started on a configuration, in one sentence for the operator; null where it can.
 *
 * A single server.N line is no obstacle: it means a server alone, as in Java, unless standaloneEnabled=false.
 */
export function obstacle(config: ServerConfig): string | null {
  // A member of an ensemble may vote and serve nobody.
  if (config.clientPort === null && config.ensemble === null) {
    const inLine = [...(config.membership?.members.values() ?? [])].some(
      (one) => one.clientAddress,
    );
    return inLine && config.myid === null
      ? `${config.dataDir}/myid is missing, which says whose client port in ${config.configFile} is this server's.`
      : `${config.configFile} sets no clientPort, so no client could connect (secureClientPort has no effect yet: TLS is not supported).`;
  }
  return null;
}
