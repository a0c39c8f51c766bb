/*
 * History: the tree of a member, the log and the snapshots behind it, through all the roles that it has
 * (Java: ZKDatabase and FileTxnSnapLog).
 *
 * The tree shows what is committed; the log may be ahead of it. When a role ends, what the log has more is applied too: it may
 * have been committed, so it counts in the next election, and whoever leads then decides (endTerm).
 */

import type { DataTree } from '../../datatree/data-tree.ts';
import type { LoggedTxn } from '../../datatree/storage/committed-log.ts';
import { CommittedLog } from '../../datatree/storage/committed-log.ts';
import type { Disk, Done } from '../../datatree/storage/disk.ts';
import type { HistoryDirectories } from '../../datatree/storage/log-source.ts';
import {
  isLogWorthReading,
  LogSource,
  logSizeFrom,
  newestSnapshotSize,
} from '../../datatree/storage/log-source.ts';
import { SnapshotReceiver } from '../../datatree/storage/snapshot-receiver.ts';
import { SnapshotStream } from '../../datatree/storage/snapshot-stream.ts';
import { SnapshotTee } from '../../datatree/storage/snapshot-tee.ts';
import type { SnapshotWriter } from '../../datatree/storage/snapshot-writer.ts';
import { StorageError } from '../../datatree/storage/storage-error.ts';
import { truncateLog } from '../../datatree/storage/truncate.ts';
import type { Zxid } from '../../jute/int64.ts';
import { toHex } from '../../jute/int64.ts';
import { JuteReader } from '../../jute/reader.ts';
import { readTxn, readTxnHeader } from '../../jute/txn.ts';
import type { LeaderHistory } from '../../quorum/zab/history.ts';
import type { ServerConfig } from '../config/config.ts';
import { Journal, type JournalPorts } from '../journal.ts';

/** What a znode takes in a snapshot besides its path and data, in bytes: two lengths, the number of its ACL, its Stat. */
const ZNODE_SIZE = 76;

/** What a history is given. */
export interface HistoryPorts extends Omit<JournalPorts, 'snapshots' | 'durable'> {
  readonly disk: Disk;
  /** An empty tree. */
  readonly newTree: () => DataTree;
  /** Fills a tree from the disk. Raises StorageError. */
  readonly recover: (tree: DataTree) => void;
  /** Writes the snapshots of a tree. */
  readonly snapshotWriter: (tree: DataTree) => SnapshotWriter;
}

/** A tree that is being received. */
interface Incoming {
  readonly tree: DataTree;
  readonly zxid: Zxid;
  readonly receiver: SnapshotReceiver;
  readonly tee: SnapshotTee;
}

/** What a member has and knows. */
export class History implements LeaderHistory {
  tree: DataTree;
  snapshots: SnapshotWriter;
  readonly committed: CommittedLog;
  private readonly ports: HistoryPorts;
  private readonly config: ServerConfig;
  private readonly snapshotSizeFactor: number;
  private readonly directories: HistoryDirectories;
  /** The last transaction before those in `committed`. */
  private lastBefore: Zxid;
  private journal: Journal | null = null;
  private incoming: Incoming | null = null;
  /** Whether a leader has asked for a cut that is not possible: the next one is asked for its tree. */
  needsTree = false;
  /** The received tree is about to become the history on disk. */
  private isFinishing = false;
  /** A term is about to be over; `closed` waits for that. */
  private isEnding = false;
  private closed: Done | null = null;

  /** @param tree as recovery has left it */
  constructor(
    ports: HistoryPorts,
    config: ServerConfig,
    snapshotSizeFactor: number,
    tree: DataTree,
  ) {
    this.ports = ports;
    this.config = config;
    this.snapshotSizeFactor = snapshotSizeFactor;
    this.directories = {
      logDirectory: `${config.dataLogDir}/version-2`,
      snapshotDirectory: `${config.dataDir}/version-2`,
    };
    this.committed = new CommittedLog(config.commitLogCount);
    this.tree = tree;
    this.snapshots = ports.snapshotWriter(tree);
    this.lastBefore = tree.lastProcessedZxid;
  }

  get lastProcessedZxid(): Zxid {
    return this.tree.lastProcessedZxid;
  }

  get lastTxnZxid(): Zxid {
    return this.committed.maxZxid ?? this.lastBefore;
  }

  openLog(after: Zxid, through: Zxid): LogSource | null {
    const { disk, log } = this.ports;
    const { logDirectory, snapshotDirectory } = this.directories;
    try {
      const logSize = logSizeFrom(disk, logDirectory, after);
      // What would be sent is the tree as it is now; the newest snapshot may be from when it was small.
      const { approximateDataSize, nodeCount } = this.tree;
      const snapshotSize = Math.max(
        newestSnapshotSize(disk, snapshotDirectory),
        approximateDataSize + nodeCount * ZNODE_SIZE,
      );
      if (!isLogWorthReading(logSize, snapshotSize, this.snapshotSizeFactor)) return null;
      return LogSource.open(disk, this.directories, after, through);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      log.warn(`the log cannot be read for a learner: ${error.message}`);
      return null;
    }
  }

  openSnapshot(): SnapshotStream {
    return new SnapshotStream(this.tree);
  }

  // ---- the log

  /** Opens the log of a term. `durable` hears what is on disk. */
  openJournal(durable: (zxid: Zxid) => void): Journal {
    if (this.journal !== null) throw new Error('the log of a term is open already');
    const { lastTxnZxid } = this;
    let last = this.lastProcessedZxid;
    if (last < lastTxnZxid) last = lastTxnZxid;
    this.journal = new Journal(
      { ...this.ports, snapshots: this.snapshots, durable },
      this.config,
      last,
    );
    return this.journal;
  }

  /** Cuts a snapshot, unless one is being cut. */
  cutSnapshot(): void {
    const { journal, snapshots } = this;
    if (snapshots.isActive) return;
    snapshots.start((done) => {
      if (journal === null) done();
      else journal.whenDurable(done);
    });
  }

  /** Whether so much waits for the disk that nothing should be asked of it. */
  get isFull(): boolean {
    return this.journal?.isFull ?? false;
  }

  flush(): void {
    this.journal?.flush();
  }

  get deadline(): number {
    return this.journal?.deadline ?? Number.POSITIVE_INFINITY;
  }

  // ---- TRUNC and SNAP

  /** Cuts off what is behind `zxid`, and loads the tree anew. Raises StorageError where that cannot be done: the history is as it was. */
  truncate(zxid: Zxid): void {
    const { disk, log } = this.ports;
    if (this.journal !== null) throw new Error('the log is open while it is to be cut');
    log.warn(`Truncating log to get in sync with the leader 0x${toHex(zxid)}`);
    const tree = this.ports.newTree();
    if (!truncateLog(disk, this.directories, zxid, tree)) {
      this.needsTree = true;
      // Nothing says where the histories part, and the leader would want the same again: it is asked for the whole tree instead.
      throw new StorageError(
        `The log cannot be cut at 0x${toHex(zxid)}, as the leader wants it: what is there does not lead to that zxid. ` +
          'The leader is asked for the whole tree',
        this.directories.logDirectory,
      );
    }
    try {
      this.loadInto(tree);
    } catch (error) {
      // What is in memory is not what is on disk any more: nothing that this server could say would be true.
      this.ports.fail(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  private replaceTree(tree: DataTree): void {
    this.needsTree = false;
    this.tree = tree;
    this.snapshots = this.ports.snapshotWriter(tree);
    this.committed.clear();
    this.lastBefore = tree.lastProcessedZxid;
  }

  /** Begins to take a tree from a leader; this history stays as it is until finishSnapshot. */
  startSnapshot(zxid: Zxid): void {
    const { disk, wake } = this.ports;
    const tree = this.ports.newTree();
    const tee = new SnapshotTee(disk, this.directories, zxid, wake);
    this.incoming = { tree, zxid, tee, receiver: new SnapshotReceiver(tree, zxid, tee) };
  }

  /** Takes bytes of the tree; returns how many. Raises ReceivedSnapshotError. */
  receiveSnapshot(bytes: Buffer, start: number, end: number): number {
    if (this.incoming === null) throw new Error('no tree is being received');
    return this.incoming.receiver.push(bytes, start, end);
  }

  /** Whether the tree that is being received is whole. */
  get isSnapshotWhole(): boolean {
    return this.incoming?.receiver.isComplete ?? false;
  }

  /** Whether the disk has to take some of it before more is received. */
  get isSnapshotFull(): boolean {
    return this.incoming?.tee.isFull ?? false;
  }

  /** Whether a tree is on its way in. */
  get isReceiving(): boolean {
    return this.incoming !== null;
  }

  /** Makes the received tree the history, on disk first; calls back with what kept it from that. */
  finishSnapshot(done: (error: Error | null) => void): void {
    const { incoming } = this;
    if (incoming === null) throw new Error('no tree is being received');
    this.isFinishing = true;
    incoming.tee.finish((error) => {
      this.isFinishing = false;
      this.incoming = null;
      this.ports.wake();
      if (error === null) this.replaceTree(incoming.tree);
      done(error);
    });
  }

  // ---- the end of a term

  /**
   * Ends a term: closes the log, applies what is in it and was not, and calls back. What comes next finds the tree and the log at the
   * same zxid.
   */
  endTerm(uncommitted: readonly LoggedTxn[], done: () => void): void {
    const { journal, incoming } = this;
    this.journal = null;
    this.isEnding = true;
    this.tree.reservations.discardAll();
    // A snapshot that is being cut must not hold what was never committed.
    this.snapshots.abandon(() => {
      this.abandonIncoming(incoming, () => {
        this.closeJournal(journal, () => {
          for (const txn of uncommitted) this.apply(txn);
          this.isEnding = false;
          done();
          this.closed?.(null);
        });
      });
    });
  }

  private abandonIncoming(incoming: Incoming | null, done: () => void): void {
    if (incoming === null || this.incoming === null) {
      done();
      return;
    }
    this.incoming = null;
    incoming.tee.abandon(() => {
      // It may have become the history on disk all the same.
      if (this.isFinishing) this.loadInto(this.ports.newTree());
      this.isFinishing = false;
      done();
    });
  }

  /** Takes what is on disk for the history. */
  private loadInto(tree: DataTree): void {
    this.ports.recover(tree);
    this.replaceTree(tree);
  }

  private closeJournal(journal: Journal | null, done: () => void): void {
    if (journal === null) done();
    else {
      journal.close((error) => {
        // Of a failure everybody has heard already, and the process ends.
        if (error === null) done();
        else this.closed?.(error);
      });
    }
  }

  private apply({ zxid, record }: LoggedTxn): void {
    const reader = new JuteReader(record);
    const header = readTxnHeader(reader);
    this.tree.recordChanges = false;
    this.tree.apply(header, readTxn(header.type, reader));
    this.committed.add(zxid, record);
  }

  /** Makes everything durable and closes the log. */
  close(done: Done): void {
    if (this.isEnding) {
      this.closed = done;
      return;
    }
    const { journal, incoming } = this;
    this.journal = null;
    this.abandonIncoming(incoming, () => {
      if (journal === null) done(null);
      else journal.close(done);
    });
  }
}
