/*
 * Bugs: mistakes that a server could make, each of a kind that has been made somewhere, put behind its ports. The simulator has to find
 * every one of them within a few seeds; where it does not, it would not find the same mistake in the product either.
 */
import { OPEN_ACL_ID } from '../../src/datatree/acl-table.ts';
import type { DataTreeOptions, TxnResult } from '../../src/datatree/data-tree.ts';
import { adler32 } from '../../src/datatree/storage/adler32.ts';
import type { Done, Given, LogFile } from '../../src/datatree/storage/disk.ts';
import { FILE_HEADER_SIZE, RECORD_START_SIZE } from '../../src/datatree/storage/log-format.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../src/jute/txn.ts';
import { PacketType } from '../../src/quorum/zab/packet.ts';
import type { Random } from '../harness/random.ts';
import { framed } from '../harness/wire.ts';
import { diskWith } from './durable-log.ts';
import { ObservedTree } from './observed-tree.ts';
import type { SimOptions } from './options.ts';
import { DAMAGES, drawOptions, RESTARTS } from './options.ts';
import type { RawPacket } from './packet-stream.ts';
import { packets } from './packet-stream.ts';
import type { MakeSabotage, Sabotage, ServerLink, Tamper } from './sabotage.ts';
import { HONEST } from './sabotage.ts';

const QUORUM_PORT = 2888;
/** Bytes of a packet in front of its data: type, zxid, length. */
const PACKET_START_SIZE = 16;
/** Where a transaction's header has its zxid. */
const ZXID_OFFSET = 12;

function betweenServers(change: (packet: RawPacket) => Buffer | null): Sabotage {
  return {
    ...HONEST,
    toServer: (link: ServerLink) =>
      link.port === QUORUM_PORT ? packets(change) : HONEST.toServer(link),
  };
}

/** Changes frames of clients; a frame may come in pieces, so they are put together first. */
function frames(change: (frame: Buffer, index: number) => Buffer | null): Tamper {
  let rest: Buffer = Buffer.alloc(0);
  let index = 0;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    const parts: Buffer[] = [];
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0);
      const changed = change(Buffer.from(rest.subarray(4, end)), index++);
      if (changed !== null) parts.push(framed(changed));
      rest = rest.subarray(end);
    }
    return Buffer.concat(parts);
  };
}

// ---- the disk

/** Writes of the log are said to be durable and are not. */
const acknowledgeBeforeSync: MakeSabotage = () => ({
  ...HONEST,
  disk: (disk) =>
    diskWith(disk, {
      createLog: (path: string, _isDurable: boolean, given: Given<LogFile>) =>
        disk.createLog(path, false, given),
    }),
});

/** The names of new files are said to be durable and are not. */
const forgetDirectorySync: MakeSabotage = () => ({
  ...HONEST,
  disk: (disk) =>
    diskWith(disk, {
      // It takes as long, and does nothing.
      syncDirectory: (_directory: string, done: Done) => disk.remove('/nothing', done),
    }),
});

/** The promise to follow no older leader is only written when the leader's history is there as well. */
const forgetAcceptedEpoch: MakeSabotage = () => ({
  ...HONEST,
  disk: (disk) => {
    let promised: { readonly path: string; readonly bytes: Uint8Array } | null = null;
    return diskWith(disk, {
      replace: (path, bytes) => {
        if (path.endsWith('/acceptedEpoch')) {
          promised = { path, bytes };
          return;
        }
        if (promised !== null) disk.replace(promised.path, promised.bytes);
        promised = null;
        disk.replace(path, bytes);
      },
    });
  },
});

/** Whatever a log says is taken as it is. */
const forgetChecksums: MakeSabotage = () => ({
  ...HONEST,
  disk: (disk) =>
    diskWith(disk, {
      open: (path) => {
        const file = disk.open(path);
        if (!path.includes('/log.')) return file;
        const bytes = Buffer.alloc(file.size);
        file.read(bytes, 0);
        mendChecksums(bytes);
        return {
          size: file.size,
          read: (target, position) => bytes.copy(target, 0, Math.min(position, bytes.length)),
          close: () => file.close(),
        };
      },
    }),
});

function mendChecksums(log: Buffer): void {
  let at = FILE_HEADER_SIZE;
  while (at + RECORD_START_SIZE <= log.length) {
    const size = log.readInt32BE(at + 8);
    const end = at + RECORD_START_SIZE + size;
    if (size <= 0 || end >= log.length) return;
    log.writeBigInt64BE(BigInt(adler32(log, at + RECORD_START_SIZE, end)), at);
    at = end + 1;
  }
}

/** The epoch is current as soon as it is accepted, before its history is there (ZOOKEEPER-4643). */
const currentEpochFirst: MakeSabotage = () => ({
  ...HONEST,
  disk: (disk) =>
    diskWith(disk, {
      replace: (path, bytes) => {
        disk.replace(path, bytes);
        if (path.endsWith('/acceptedEpoch')) {
          disk.replace(path.replace('accepted', 'current'), bytes);
        }
      },
    }),
});

// ---- between servers

/** A follower that is told to cut its log takes what follows without cutting. */
const forgetTrunc: MakeSabotage = () =>
  betweenServers(({ type, bytes }) => {
    if (type !== PacketType.trunc) return bytes;
    const diff = Buffer.from(bytes);
    diff.writeInt32BE(PacketType.diff, 0);
    return diff;
  });

/** Now and then a proposal is lost on its way, and its commit with it. */
const loseProposal: MakeSabotage = (random) => {
  const lost = new Set<bigint>();
  return betweenServers(({ type, zxid, bytes }) => {
    if (type === PacketType.proposal && random.chance(0.002)) lost.add(zxid);
    const isLost = type === PacketType.proposal || type === PacketType.commit;
    return isLost && lost.has(zxid) ? null : bytes;
  });
};

/** A follower acknowledges everything it was sent when it acknowledges anything. */
const acknowledgeAhead: MakeSabotage = () =>
  betweenServers(({ type, zxid, bytes }) => {
    if (type !== PacketType.ack || (zxid & 0xffffffffn) === 0n) return bytes;
    const ahead = Buffer.from(bytes);
    ahead.writeBigInt64BE(zxid + 3n, 4);
    return ahead;
  });

/** Now and then a follower takes two transactions in the wrong order. */
const commitOutOfOrder: MakeSabotage = (random) => ({
  ...HONEST,
  toServer: (link: ServerLink) => {
    if (link.port !== QUORUM_PORT) return HONEST.toServer(link);
    let held: RawPacket | null = null;
    return packets((packet) => {
      const first = held;
      held = null;
      const isProposal = packet.type === PacketType.proposal;
      if (first !== null) {
        if (!isProposal) return Buffer.concat([first.bytes, packet.bytes]);
        return Buffer.concat([withTxnOf(packet, first.zxid), withTxnOf(first, packet.zxid)]);
      }
      if (!isProposal || !random.chance(0.05)) return packet.bytes;
      held = { ...packet, bytes: Buffer.from(packet.bytes) };
      return null;
    });
  },
});

/** A proposal with another zxid, in the packet and in the header of its transaction. */
function withTxnOf({ bytes }: RawPacket, zxid: bigint): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeBigInt64BE(zxid, 4);
  changed.writeBigInt64BE(zxid, PACKET_START_SIZE + ZXID_OFFSET);
  return changed;
}

/** What an observer has counts as if it were a voter. */
const countObserversAck: MakeSabotage = () => ({
  ...HONEST,
  ensemble: (ensemble) => {
    const { membership, own } = ensemble;
    const type = 'participant';
    const members = [...membership.members].map(([id, one]) => [id, { ...one, type }] as const);
    return {
      ...ensemble,
      own: { ...own, type },
      membership: { ...membership, members: new Map(members) },
    };
  },
});

/** Now and then a request goes to the leader twice. */
const forwardTwice: MakeSabotage = (random) =>
  betweenServers(({ type, bytes, data }) => {
    const isWrite = type === PacketType.request && data.readInt32BE(12) !== OpCode.sync;
    return isWrite && random.chance(0.01) ? Buffer.concat([bytes, bytes]) : bytes;
  });

/** Learners do not tell the leader which sessions they have heard. */
const forgetSessions: MakeSabotage = () =>
  betweenServers(({ type, bytes, data }) => {
    if (type !== PacketType.ping || data.length === 0) return bytes;
    const empty = Buffer.alloc(20, 0xff);
    bytes.copy(empty, 0, 0, 12);
    return empty;
  });

/** Each server takes itself for a quorum. */
const quorumOfOne: MakeSabotage = () => ({
  ...HONEST,
  ensemble: (ensemble) => {
    const { membership, myid } = ensemble;
    const voters = [...membership.members.values()].filter((one) => one.type === 'participant');
    const members = voters.map(({ id }) => id);
    const weights = new Map(members.map((id) => [id, id === myid ? 100 : 1]));
    return { ...ensemble, membership: { ...membership, groups: [{ id: 1, members }], weights } };
  },
});

// ---- clients

/** Some watch events are not sent. */
const dropWatch: MakeSabotage = (random) => ({
  ...HONEST,
  toClient: () =>
    frames((frame, index) =>
      index > 0 && frame.readInt32BE(0) === -1 && random.chance(0.2) ? null : frame,
    ),
});

/** A server answers a sync by itself. */
const syncWithoutLeader: MakeSabotage = () => ({
  ...HONEST,
  fromClient: () =>
    frames((frame, index) => {
      // A read that takes the same path and that nobody looks at.
      if (index > 0 && frame.readInt32BE(4) === OpCode.sync) {
        frame.writeInt32BE(OpCode.getAllChildrenNumber, 4);
      }
      return frame;
    }),
});

/** A server takes clients that have seen more than it has. */
const forgetLastZxidSeen: MakeSabotage = () => ({
  ...HONEST,
  fromClient: () =>
    frames((frame, index) => {
      if (index === 0) frame.writeBigInt64BE(0n, 4);
      return frame;
    }),
});

/** Now and then a server writes something else than the others. */
class CarelessTree extends ObservedTree {
  private readonly random: Random;

  constructor(options: DataTreeOptions, random: Random) {
    super(options);
    this.random = random;
  }

  override apply(header: TxnHeader, txn: Txn, digest?: TxnDigest): TxnResult {
    if (txn.type !== OpCode.setData || !this.random.chance(0.01)) {
      return super.apply(header, txn, digest);
    }
    const { type, path, version } = txn;
    return super.apply(header, { type, path, version, data: Buffer.from('careless') }, digest);
  }
}

const applyDifferently: MakeSabotage = (random) => ({
  ...HONEST,
  tree: (options: DataTreeOptions) => new CarelessTree(options, random),
});

/** A server takes one access list for another now and then, for as long as it runs. */
class ConfusedTree extends ObservedTree {
  constructor(options: DataTreeOptions, random: Random) {
    super(options);
    const { aclTable } = this;
    const confused = random.below(5);
    const aclsOf = aclTable.aclsOf.bind(aclTable);
    aclTable.aclsOf = (id) => aclsOf(id === confused ? OPEN_ACL_ID : id);
  }
}

const confuseAcls: MakeSabotage = (random) => ({
  ...HONEST,
  tree: (options: DataTreeOptions) => new ConfusedTree(options, random),
});

/** A bug, and the seeds within which it has to be found. */
export interface Bug {
  readonly make: MakeSabotage;
  readonly seeds: number;
  /** The kind of trouble that it takes, where that is rare. */
  readonly trouble?: Partial<SimOptions>;
}

/** Servers that are hardly back when they end again, so that some have always missed something. */
const LAGGARDS: Partial<SimOptions> = {
  ...RESTARTS,
  voters: 3,
  faultEveryMs: 120,
  tickTime: 500,
  syncLimit: 2,
};

/** As many observers as can outvote the voters. */
const OBSERVED: Partial<SimOptions> = { ...RESTARTS, voters: 3, observers: 2, healAll: true };

/** The power fails where epochs are promised. */
const PROMISES: Partial<SimOptions> = {
  ...RESTARTS,
  voters: 3,
  faults: [
    [3, 'powerLossInCall'],
    [2, 'killLeader'],
    [1, 'cut'],
  ],
  faultEveryMs: 200,
};

/** What is committed reaches some servers much later than others. */
const LATE: Partial<SimOptions> = {
  voters: 5,
  network: {
    delayMin: 0.1,
    delayMean: 1,
    lateChance: 0.05,
    lateMax: 300,
    cutChance: 0,
    resetChance: 0,
    refuseChance: 0,
  },
};

/** All of them, by name. */
export const BUGS: Readonly<Record<string, Bug>> = {
  acknowledgeBeforeSync: { make: acknowledgeBeforeSync, seeds: 10 },
  forgetDirectorySync: { make: forgetDirectorySync, seeds: 30 },
  forgetAcceptedEpoch: { make: forgetAcceptedEpoch, seeds: 60, trouble: PROMISES },
  currentEpochFirst: { make: currentEpochFirst, seeds: 60, trouble: LAGGARDS },
  forgetTrunc: { make: forgetTrunc, seeds: 60 },
  loseProposal: { make: loseProposal, seeds: 10 },
  acknowledgeAhead: { make: acknowledgeAhead, seeds: 20 },
  commitOutOfOrder: { make: commitOutOfOrder, seeds: 10 },
  countObserversAck: { make: countObserversAck, seeds: 20, trouble: OBSERVED },
  forgetChecksums: { make: forgetChecksums, seeds: 20, trouble: DAMAGES },
  forwardTwice: { make: forwardTwice, seeds: 10 },
  forgetSessions: { make: forgetSessions, seeds: 50 },
  quorumOfOne: { make: quorumOfOne, seeds: 20 },
  dropWatch: { make: dropWatch, seeds: 10 },
  syncWithoutLeader: { make: syncWithoutLeader, seeds: 20, trouble: LATE },
  forgetLastZxidSeen: { make: forgetLastZxidSeen, seeds: 100 },
  applyDifferently: { make: applyDifferently, seeds: 10 },
  confuseAcls: { make: confuseAcls, seeds: 10 },
};

function bugCalled(name: string): Bug {
  const bug = BUGS[name];
  if (bug === undefined) throw new Error(`there is no bug ${name}, only ${Object.keys(BUGS)}`);
  return bug;
}

/** The sabotage of a bug; null for none. */
export function sabotageOf(name: string | null, random: Random): Sabotage {
  return name === null ? HONEST : bugCalled(name).make(random);
}

/** What a seed stands for where a bug is to be found. */
export function optionsFor(seed: number, bug: string | null): SimOptions {
  return { ...drawOptions(seed), ...(bug === null ? {} : bugCalled(bug).trouble) };
}
