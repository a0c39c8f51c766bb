/*
 * Keys of Apache ZooKeeper that are accepted as they stand and change nothing here, by what they belong to. A name that ends
 * with a dot or a star stands for all that begin so. What is in no list is accepted as well, as Java accepts it, and said
 * to be unknown: a misspelt key should not go unnoticed.
 *
 * Keys that are checked before they are ignored are in settings.ts.
 */

interface Family {
  readonly reason: string;
  readonly keys: readonly string[];
}

const families: readonly Family[] = [
  {
    reason: 'TLS is not supported yet',
    keys: [
      'ssl.',
      'client.portUnification',
      'client.certReload',
      'fips-mode',
      'X509AuthenticationProvider.',
    ],
  },
  {
    reason: 'SASL is not supported yet',
    keys: [
      'quorum.auth.',
      'sasl.',
      'kerberos.',
      'SASLAuthenticationProvider.',
      'letAnySaslUserDoX',
      'allowSaslFailedClients',
      'security.auth_to_local',
      'requireKerberosConfig',
      'kinit',
      'superUser*',
      'requireClientAuthScheme',
      'jaasLoginRenew',
      'server.principal',
      'server.realm',
    ],
  },
  {
    reason: 'classes of Java cannot be loaded',
    keys: ['authProvider.', 'audit.impl.class', 'watchManagerName', 'serverCnxnFactory'],
  },
  {
    reason: 'the AdminServer is not there yet',
    keys: ['admin.', 'IPAuthenticationProvider.usexforwardedfor'],
  },
  { reason: 'metrics over HTTP are not there yet', keys: ['metricsProvider.'] },
  { reason: 'the audit log is not there yet', keys: ['audit.'] },
  {
    reason: 'statistics of paths and messages are not there yet',
    keys: ['pathStats.', 'messageTracker.'],
  },
  {
    reason: 'it tunes the threads and buffers of the Java server',
    keys: [
      'nio.',
      'netty.',
      'commitProcessor.',
      'intBufferStartingSizeBytes',
      'watcherCleanThreadsNum',
      'watcherCleanThreshold',
      'watcherCleanIntervalInSeconds',
      'maxInProcessingDeadWatchers',
      'bitHashCacheSize',
      'jvm.pause.',
      'jmx.',
    ],
  },
  {
    reason: 'it tunes the threads and sockets of the Java server',
    keys: [
      'leader.',
      'learner.',
      'follower.',
      'forward_learner_requests_to_commit_processor_disabled',
    ],
  },
  { reason: 'observers connect to the leader', keys: ['observer.', 'observerMaster.'] },
  {
    reason: 'a learner tries again as soon as there is a reason to',
    keys: ['leaderConnectDelayDuringRetryMs'],
  },
  { reason: 'the scheme ensemble is not there yet', keys: ['ensembleAuthName'] },
  {
    reason: 'only clients use it',
    keys: [
      'client.',
      'clientCnxnSocket',
      'request.timeout',
      'disableAutoWatchReset',
      'shuffleDnsResponse',
      'hostProvider.',
    ],
  },
  {
    reason: 'ZOO_LOG_LEVEL sets what is logged, and ZOO_LOG_DIR where',
    keys: ['log.', 'root.logger', 'console.threshold', 'tracelog.'],
  },
  {
    reason: 'only tests of the Java server use it',
    keys: ['controllerPort', 'test.', 'testingonly.'],
  },
];

function belongs(key: string, name: string): boolean {
  if (name.endsWith('*')) return key.startsWith(name.slice(0, -1));
  return name.endsWith('.') ? key.startsWith(name) : key === name;
}

/**
 * Why a key has no effect.
 *
 * @param key the key without `zookeeper.` in front
 */
export function whyIgnored(key: string): string {
  const family = families.find(({ keys }) => keys.some((name) => belongs(key, name)));
  return family?.reason ?? 'this server does not know it';
}
