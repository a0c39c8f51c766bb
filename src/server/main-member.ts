/*
 * startMember: a member of an ensemble on real ports and files (Java: QuorumPeerMain.runFromConfig, QuorumPeer.start).
 */

import { Epochs } from '../datatree/storage/epochs.ts';
import type { EnsembleConfig, ServerConfig } from './config/config.ts';
import type { DatabasePorts } from './database.ts';
import { emptyTree, recoverTree, snapshotWriter } from './database.ts';
import { Replica } from './ensemble/replica.ts';
import { DynamicConfig } from './host/dynamic-config.ts';
import type { PeerListenerEvents } from './host/peer-listener.ts';
import { listenAddresses, PeerListener } from './host/peer-listener.ts';
import { NodePeerNetwork } from './host/peer-network.ts';
import type { ServerHost } from './host/server-host.ts';
import type { Log } from './log.ts';
import type { StandalonePorts } from './standalone.ts';

/** What every server stands on. */
export type Foundation = Omit<StandalonePorts, 'tree' | 'snapshots'>;

/** A port for other servers cannot be taken; the message says which, whose and why. */
export class PortUnavailable extends Error {}

/** A membership that may change cannot be kept beside zoo.cfg; the message says why. */
export class ConfigNotWritable extends Error {}

/** Starts a member: resolves once it can be voted with. Rejects for a damaged database, and for ports and files that it cannot have. */
export async function startMember(
  host: ServerHost,
  foundation: Foundation,
  database: DatabasePorts,
  clientPort: number,
): Promise<Replica> {
  const { config } = database;
  const { ensemble } = config;
  if (ensemble === null) throw new Error('not a member of an ensemble');
  const { log } = foundation;
  const network = new NodePeerNetwork(host.openTurn, ensemble.tcpKeepAlive);
  const elections = listener('election', { host, network, log, ensemble });
  const learners = listener('quorum', { host, network, log, ensemble });
  const learnerEvents: PeerListenerEvents = {
    opened: () => undefined,
    // One that cannot lead must not be elected again and again: the others can do without it.
    failed: (error) => foundation.fail(new PortUnavailable(error)),
    accepted: (link) => replica.acceptLearner(link),
  };
  const tree = emptyTree(database);
  const { lastZxid, txnsLoaded } = recoverTree(tree, database);
  const onWarning = (message: string): void => log.warn(message);
  const replica = new Replica(
    {
      ...foundation,
      network,
      epochs: Epochs.read(foundation.disk, `${config.dataDir}/version-2`, lastZxid, onWarning),
      newTree: () => emptyTree(database),
      recover: (empty) => void recoverTree(empty, database),
      snapshotWriter: (of) => snapshotWriter(of, database, host.openTurn),
      listenForLearners: (isWanted) => {
        if (isWanted) learners.open(learnerEvents);
        else learners.close();
      },
      membershipFiles: config.reconfigEnabled ? membershipFiles(config, ensemble) : null,
    },
    { config, ensemble },
    { tree, txnsLoaded },
    clientPort,
  );
  await new Promise<void>((resolve, reject) => {
    elections.open({
      opened: () => resolve(),
      failed: (error) => reject(new PortUnavailable(error)),
      accepted: (link) => replica.acceptVoter(link),
    });
  });
  host.setClock();
  host.onTurnEnd(() => network.flush());
  host.start(replica);
  replica.start();
  return replica;
}

function listener(
  kind: 'election' | 'quorum',
  parts: {
    readonly host: ServerHost;
    readonly network: NodePeerNetwork;
    readonly log: Log;
    readonly ensemble: EnsembleConfig;
  },
): PeerListener {
  const { host, network, log, ensemble } = parts;
  const { own, ownLine, quorumListenOnAllIPs, electionPortBindRetry } = ensemble;
  const addresses = own.addresses.map((one) => ({
    host: one.host,
    port: kind === 'election' ? one.electionPort : one.quorumPort,
  }));
  return new PeerListener(network, host.openTurn, log, {
    what: `${kind} port`,
    source: ownLine,
    addresses: listenAddresses(addresses, quorumListenOnAllIPs),
    attempts: kind === 'election' ? electionPortBindRetry : 1,
  });
}

function membershipFiles(config: ServerConfig, ensemble: EnsembleConfig): DynamicConfig {
  const files = new DynamicConfig(config.configFile, ensemble.myid);
  if (config.dynamicConfigFile !== null) return files;
  try {
    files.backup();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const where = `${config.configFile}: reconfigEnabled`;
    throw new ConfigNotWritable(
      `${where}: the membership is kept in files beside this one, which cannot be written: ${error.message}`,
    );
  }
  return files;
}
