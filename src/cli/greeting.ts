/*
 * The first words of a server in the foreground of somebody's terminal: where it is, and what to try next.
 */
import { relative, resolve, sep } from 'node:path';
import type { EnsembleConfig, ServerConfig } from '../server/config/config.ts';
import type { Environment } from './environment.ts';
import { version } from './project.ts';

type Member = EnsembleConfig['own'];

/** How the configuration is named on a command line: short for a file of the project's own conf/. */
function configArgument(environment: Environment): string {
  const inConf = relative(resolve(environment.root, 'conf'), resolve(environment.configFile));
  return inConf.includes(sep) || inConf.startsWith('..') ? environment.configFile : inConf;
}

/** A host as it stands in front of a port. */
function delimited(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function portsOf({ id, addresses, type }: Member): string {
  const places = addresses.map(
    ({ host, quorumPort, electionPort }) =>
      `${delimited(host)}, quorum port ${quorumPort}, election port ${electionPort}`,
  );
  return `server.${id} at ${places.join(' and at ')}${type === 'observer' ? ' (observer)' : ''}`;
}

function ensembleLines({ myid, own, membership }: EnsembleConfig): string[] {
  const others = [...membership.members.values()].filter(({ id }) => id !== myid);
  return [
    `    this is   ${portsOf(own)}`,
    ...others.map(
      (member, index) => `    ${index === 0 ? 'others' : '      '}    ${portsOf(member)}`,
    ),
  ];
}

function headline(ensemble: EnsembleConfig | null): string {
  if (ensemble === null) return `  zk-server ${version()} is serving.`;
  const members = [...ensemble.membership.members.values()];
  const voterCount = members.filter(({ type }) => type === 'participant').length;
  const observerCount = members.length - voterCount;
  const observers =
    observerCount === 0 ? '' : ` and ${observerCount} observer${observerCount === 1 ? '' : 's'}`;
  return (
    `  zk-server ${version()} is server ${ensemble.myid} of an ensemble of ${voterCount}${observers}.\n` +
    '  It looks for the others now, and serves as soon as it follows or leads a quorum of them.'
  );
}

/**
 * What to say to somebody who has started a server in the foreground.
 *
 * @param port that clients reach; null where none is configured
 */
export function greeting(
  environment: Environment,
  config: ServerConfig,
  port: number | null,
): string {
  const { ensemble, clientPortAddress } = config;
  const host = clientPortAddress ?? 'localhost';
  const argument = configArgument(environment);
  const everywhere = clientPortAddress === null ? ' (on all addresses of this machine)' : '';
  return [
    '',
    headline(ensemble),
    '',
    `    clients   ${delimited(host)}:${port}${everywhere}`,
    ...(ensemble === null ? [] : ensembleLines(ensemble)),
    `    data      ${config.dataDir}`,
    `    settings  ${resolve(config.configFile)}`,
    '',
    '  To try next, in another terminal:',
    `    bin/zk-server status${argument === 'zoo.cfg' ? '' : ` ${argument}`}`,
    `    echo ruok | nc ${host} ${port}`,
    `    bin/zk-cli -server ${delimited(host)}:${port}        (or zkCli.sh of any Apache ZooKeeper from 3.4 on)`,
    '',
    '  Ctrl-C stops it. Everything acknowledged is on disk.',
    '',
    '',
  ].join('\n');
}
