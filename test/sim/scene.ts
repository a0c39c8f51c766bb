/*
 * Scene: a small ensemble that does what it is told and nothing else, for stories that are read as text. Every piece on the network
 * takes 1 ms, every call of a disk 1 ms; what servers say to each other through the quorum port is written down, with the ms since the
 * last command. The checkers of the simulator look on.
 */

import { toHex, toZxid } from '../../src/jute/int64.ts';
import { opName } from '../../src/jute/op-code.ts';
import { JuteReader } from '../../src/jute/reader.ts';
import type { Txn } from '../../src/jute/txn.ts';
import { readTxn, readTxnHeader } from '../../src/jute/txn.ts';
import { epochOf } from '../../src/jute/zxid.ts';
import { PacketType } from '../../src/quorum/zab/packet.ts';
import { Random } from '../harness/random.ts';
import { connectRequest, readReply } from '../harness/raw-client.ts';
import { create, Op, pathAndWatch, pathOnly, setData } from '../harness/requests.ts';
import { framed, WireReader, WireWriter } from '../harness/wire.ts';
import { Ledger } from './ledger.ts';
import type { ConnectionEnd, HostProcess } from './network.ts';
import { Network } from './network.ts';
import type { RawPacket } from './packet-stream.ts';
import { packets } from './packet-stream.ts';
import type { Sabotage, ServerLink } from './sabotage.ts';
import { HONEST } from './sabotage.ts';
import type { EnsembleOptions } from './server-options.ts';
import { serverOptions } from './server-options.ts';
import { SimServer } from './sim-server.ts';
import { Timeline } from './timeline.ts';

const QUORUM_PORT = 2888;
const CLIENT_PORT = 2181;

const NETWORK = {
  delayMin: 1,
  delayMean: 0,
  lateChance: 0,
  lateMax: 0,
  cutChance: 0,
  resetChance: 0,
  refuseChance: 0,
};

const DEFAULTS: EnsembleOptions = {
  voters: 3,
  observers: 0,
  tickTime: 2000,
  initLimit: 10,
  syncLimit: 5,
  leaderServes: true,
  digestEnabled: true,
  snapCount: 100_000,
  commitLogCount: 500,
  preAllocSizeKb: 0,
  snapshotSizeFactor: 0.33,
  forceSnapshotSync: false,
  flushDelayMs: 0,
  closeSessionTxnEnabled: true,
  purgeIntervalMs: 0,
  observerSyncEnabled: true,
  turnMs: 0,
  containerCheckIntervalMs: 60_000,
  enforceQuota: false,
};

const packetNames = new Map<number, string>(
  Object.entries(PacketType).map(([name, type]) => [type, name.toUpperCase()]),
);

function hex(zxid: bigint): string {
  return `0x${toHex(zxid)}`;
}

function txnText(data: Buffer): string {
  const reader = new JuteReader(data);
  const header = readTxnHeader(reader);
  const txn: Txn = readTxn(header.type, reader);
  return 'path' in txn ? `${opName(header.type)} ${txn.path}` : opName(header.type);
}

function packetText({ type, zxid, data }: RawPacket): string | null {
  const name = packetNames.get(type) ?? `packet ${type}`;
  switch (type) {
    case PacketType.ping:
      return null;
    case PacketType.followerInfo:
    case PacketType.observerInfo:
      return `${name} accepted epoch ${epochOf(toZxid(zxid))}`;
    case PacketType.leaderInfo:
      return `${name} epoch ${epochOf(toZxid(zxid))}`;
    case PacketType.ackEpoch:
      return `${name} current epoch ${data.readInt32BE(0)}, last zxid ${hex(zxid)}`;
    case PacketType.proposal:
    case PacketType.inform:
      return `${name} ${hex(zxid)} ${txnText(data)}`;
    case PacketType.request:
      return `${name} ${opName(data.readInt32BE(12))}`;
    case PacketType.upToDate:
    case PacketType.sync:
    case PacketType.revalidate:
      return name;
    default:
      return `${name} ${hex(zxid)}`;
  }
}

/** A client with one connection, which asks one thing after the other. */
class SceneClient implements HostProcess {
  readonly host: string;
  readonly isAlive = true;
  private readonly tell: (text: string) => void;
  private end: ConnectionEnd | null = null;
  private isShaken = false;
  /** Its connection is gone. */
  isLost = false;
  private input: Buffer = Buffer.alloc(0);
  private readonly unsent: Buffer[] = [];
  private readonly asked = new Map<number, string>();
  private xid = 0;

  constructor(scene: Scene, server: string) {
    this.host = `client of ${server}`;
    this.tell = (text) => scene.tell(`${server}'s client ${text}`);
    scene.network.dial(this, { host: server, port: CLIENT_PORT }, 1000, {
      connected: (end) => {
        this.end = end;
        end.send(framed(connectRequest({ timeoutMs: 30_000, readOnly: false })));
        return {
          receive: (bytes) => this.receive(bytes),
          drained: () => undefined,
          closed: () => {
            this.isLost = true;
            this.tell('has lost its connection');
          },
        };
      },
      failed: () => this.tell('cannot connect'),
    });
  }

  deliver(event: () => void): void {
    event();
  }

  ask(what: string, op: number, body: Buffer): void {
    this.xid += 1;
    this.asked.set(this.xid, what);
    const frame = framed(new WireWriter().int(this.xid).int(op).raw(body).bytes());
    if (this.isShaken) this.end?.send(frame);
    else this.unsent.push(frame);
  }

  private receive(bytes: Buffer): void {
    this.input = Buffer.concat([this.input, bytes]);
    while (this.input.length >= 4 && this.input.length >= 4 + this.input.readInt32BE(0)) {
      const end = 4 + this.input.readInt32BE(0);
      const frame = this.input.subarray(4, end);
      this.input = this.input.subarray(end);
      if (this.isShaken) this.reply(frame);
      else {
        this.isShaken = true;
        for (const request of this.unsent.splice(0)) this.end?.send(request);
      }
    }
  }

  private reply(frame: Buffer): void {
    const { xid, zxid, err, body } = readReply(frame);
    const what = this.asked.get(xid) ?? '';
    let said = err === 0 ? 'ok' : `error ${err}`;
    if (err === 0 && what.startsWith('get')) {
      said = JSON.stringify(new WireReader(body).buffer()?.toString('utf8') ?? null);
    }
    this.tell(`hears: ${what}: ${said} at ${hex(zxid)}`);
  }
}

/** An ensemble and what it says. */
export class Scene {
  readonly timeline = new Timeline();
  readonly network: Network;
  private readonly random = new Random(1);
  private readonly ledger = new Ledger(() => this.timeline.now);
  private readonly servers = new Map<string, SimServer>();
  private readonly clients = new Map<string, SceneClient>();
  private readonly cuts = new Set<string>();
  /** Types of packets that do not leave a host. */
  private readonly dropped = new Set<string>();
  private told: string[] = [];
  private toldSince = 0;
  private options: EnsembleOptions = DEFAULTS;

  constructor() {
    this.network = new Network(this.timeline, this.random, NETWORK);
  }

  /** Writes a line down. */
  tell(text: string): void {
    const ms = Math.round(this.timeline.now - this.toldSince);
    this.told.push(`${String(ms).padStart(6)}  ${text}`);
  }

  /** What was written down since the last call. */
  take(): string[] {
    this.toldSince = this.timeline.now;
    return this.told.splice(0);
  }

  private get sabotage(): Sabotage {
    return { ...HONEST, toServer: (link) => this.tap(link) };
  }

  private tap(link: ServerLink) {
    if (link.port !== QUORUM_PORT) return HONEST.toServer(link);
    return packets((packet) => {
      const text = packetText(packet);
      const isDropped = this.dropped.has(`${link.from} ${packetNames.get(packet.type)}`);
      if (text !== null) {
        this.tell(`${link.from} ${isDropped ? 'x' : '>'} ${link.to}  ${text}`);
      }
      return isDropped ? null : packet.bytes;
    });
  }

  // ---- commands

  /** Who there is, and what is not as usual. */
  ensemble(voters: number, observers: number, others: Partial<EnsembleOptions>): void {
    this.options = { ...DEFAULTS, voters, observers, ...others };
    for (let sid = 1; sid <= voters + observers; sid++) {
      const server = new SimServer(
        {
          timeline: this.timeline,
          network: this.network,
          random: this.random,
          ledger: this.ledger,
          tell: () => undefined,
          log: (host, message) => this.hear(host, message),
          broken: (error) => {
            throw error;
          },
          ended: () => undefined,
          refused: () => undefined,
          sabotage: this.sabotage,
        },
        serverOptions(sid, this.options),
      );
      server.disk.mood.latencyMin = 1;
      server.disk.mood.latencyMean = 0;
      this.servers.set(server.host, server);
    }
  }

  /** What a server tells its operator of its role. */
  private hear(host: string, message: string): void {
    const text = message.replace(/ - LEADER ELECTION TOOK.*/, '');
    if (/^(LEADING|FOLLOWING|OBSERVING|leading epoch)| no more: /.test(text)) {
      this.tell(`${host} says: ${text}`);
    }
  }

  server(host: string): SimServer {
    const server = this.servers.get(host);
    if (server === undefined) throw new Error(`there is no ${host}`);
    return server;
  }

  /** The file of a server's accepted epoch is changed behind its back. */
  writeAcceptedEpoch(host: string, text: string): void {
    this.server(host).disk.replace('/data/version-2/acceptedEpoch', Buffer.from(text));
  }

  /** Nothing passes between two hosts, or everything again. */
  cut(one: string, other: string, isCut: boolean): void {
    for (const way of [`${one} ${other}`, `${other} ${one}`]) {
      if (isCut) this.cuts.add(way);
      else this.cuts.delete(way);
    }
    this.network.setRules([(from, to) => (this.cuts.has(`${from} ${to}`) ? 'hold' : null)]);
  }

  /** Packets of a type do not leave a host any more, or do again. */
  drop(host: string, type: string, isDropped: boolean): void {
    if (isDropped) this.dropped.add(`${host} ${type}`);
    else this.dropped.delete(`${host} ${type}`);
  }

  /** The client of a server asks something. */
  ask(host: string, words: readonly string[]): void {
    let client = this.clients.get(host);
    if (client === undefined || client.isLost) {
      client = new SceneClient(this, host);
      this.clients.set(host, client);
    }
    const [what = '', path = '', data = ''] = words;
    const text = words.join(' ');
    if (what === 'create') client.ask(text, Op.create, create(path, Buffer.from(data)));
    else if (what === 'set') client.ask(text, Op.setData, setData(path, Buffer.from(data)));
    else if (what === 'get') client.ask(text, Op.getData, pathAndWatch(path));
    else if (what === 'sync') client.ask(text, Op.sync, pathOnly(path));
    else throw new Error(`a client cannot ${what}`);
  }

  /** Another client comes to a server. */
  forgetClient(host: string): void {
    this.clients.delete(host);
  }

  run(ms: number): void {
    this.timeline.runUntil(this.timeline.now + ms, () => false);
  }

  /** Who does what, and how far it is. */
  get status(): string[] {
    return [...this.servers.values()].map(({ host, role, tree, isObserver }) => {
      if (tree === null) return `${host} is not there`;
      const last = tree.applied.at(-1)?.zxid ?? tree.lastProcessedZxid;
      const learns = isObserver ? 'observing' : 'following';
      return `${host} ${role === 'elected' ? learns : role}, applied ${hex(last)}, digest ${toHex(tree.treeDigest)}`;
    });
  }
}
