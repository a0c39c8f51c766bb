/*
 * DynamicConfig: the files of a dynamic configuration on disk, beside zoo.cfg. Each is written whole under another name, synced and
 * renamed, so that a crash leaves the old one or the new one (Java: AtomicFileWritingIdiom).
 *
 * Used only with reconfigEnabled=true. Answers to QuorumPeerConfig.backupOldConfig and to the files that
 * QuorumPeer.setQuorumVerifier and setLastSeenQuorumVerifier write; they block, and a reconfig is rare.
 */
import {
  closeSync,
  copyFileSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Membership } from '../../quorum/membership.ts';
import type { ServerId } from '../../quorum/server-id.ts';
import {
  backupFileName,
  dynamicFileName,
  dynamicFileText,
  proposedFileName,
  staticConfigText,
} from '../config/dynamic-files.ts';

/** Writes the configuration of one server. Every method throws the system's error where a file cannot be written. */
export class DynamicConfig {
  private readonly configFile: string;
  private readonly myid: ServerId;

  /**
   * @param configFile zoo.cfg; files beside it bear its name
   * @param myid this server, whose own line may make clientPort superfluous
   */
  constructor(configFile: string, myid: ServerId) {
    this.configFile = resolve(configFile);
    this.myid = myid;
  }

  /** Keeps what the operator has written as zoo.cfg.bak; done at a start whose server lines are in zoo.cfg itself. */
  backup(): void {
    const temporary = `${backupFileName(this.configFile)}.tmp`;
    copyFileSync(this.configFile, temporary);
    syncFile(temporary);
    replace(temporary, backupFileName(this.configFile));
  }

  /** A membership was proposed: it is kept in zoo.cfg.dynamic.next until it is committed. */
  writeProposed(membership: Membership): void {
    writeWhole(proposedFileName(this.configFile), dynamicFileText(membership, true));
  }

  /** A membership was committed: it gets a file of its own, and zoo.cfg names that file instead of any members. */
  writeCommitted(membership: Membership): void {
    const file = dynamicFileName(this.configFile, membership.version);
    writeWhole(file, dynamicFileText(membership, false));
    const hasClientPort = (membership.members.get(this.myid)?.clientAddress ?? null) !== null;
    const text = readFileSync(this.configFile, 'latin1');
    writeWhole(this.configFile, staticConfigText(text, realpathSync(file), hasClientPort));
  }

  /** The membership that was proposed last is committed, or another one is in its place. */
  removeProposed(): void {
    rmSync(proposedFileName(this.configFile), { force: true });
  }
}

/** Writes a file of one-byte characters so that it is there whole or not at all. A link is followed, rights are kept. */
function writeWhole(path: string, text: string): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const target = before === undefined ? path : realpathSync(path);
  const temporary = `${target}.tmp`;
  const bytes = Buffer.from(text, 'latin1');
  const descriptor = openSync(temporary, 'w');
  try {
    if (before !== undefined) fchmodSync(descriptor, before.mode);
    for (let at = 0; at < bytes.length; at += writeSync(descriptor, bytes, at));
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  replace(temporary, target);
}

function syncFile(path: string): void {
  const descriptor = openSync(path, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Renames, and makes the new name durable. */
function replace(from: string, to: string): void {
  renameSync(from, to);
  const directory = openSync(dirname(to), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
