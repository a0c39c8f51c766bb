/*
 * StatLoad: fills a tree with znodes whose Stats are given, through the door that snapshots take (src/datatree/tree-load.ts): each line
 * becomes the record that a snapshot would have of it.
 */

import { READ_ACL_UNSAFE } from '../../datatree/acl-table.ts';
import type { DataTree, TreeLoad } from '../../datatree/data-tree.ts';
import { CONFIG_PATH, QUOTA_PATH, ZOOKEEPER_PATH } from '../../datatree/quota.ts';
import { type ACL, writeACLs, writeStatPersisted } from '../../jute/data.ts';
import { SESSION_ID_ZERO, ZXID_ZERO, type Zxid } from '../../jute/int64.ts';
import { JuteReader } from '../../jute/reader.ts';
import { JuteWriter } from '../../jute/writer.ts';
import { aclText } from './json-values.ts';
import { newTree } from './snapshot-file.ts';
import { ToolError } from './tool-error.ts';
import type { LineStat, ZnodeLine } from './tree-lines.ts';

/** The number of the list that everybody has who has none. */
const OPEN_ACL_ID = -1;

/** What every tree has from the beginning, for input that has it not. */
const INITIAL: readonly (readonly [path: string, acl: readonly ACL[] | null])[] = [
  [ZOOKEEPER_PATH, null],
  [QUOTA_PATH, null],
  [CONFIG_PATH, READ_ACL_UNSAFE],
];

const NO_STAT: LineStat = {
  czxid: ZXID_ZERO,
  mzxid: ZXID_ZERO,
  pzxid: ZXID_ZERO,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: 0,
};

/** Znodes with their Stats. */
export class StatLoad {
  private readonly tree = newTree(true);
  private readonly load: TreeLoad = this.tree.startLoad();
  private readonly writer = new JuteWriter(64 * 1024);
  private readonly reader = new JuteReader(this.writer.buffer, 0, 0);
  private readonly aclIds = new Map<string, number>();
  private readonly missing = new Map(INITIAL);
  private hasRoot = false;
  private newest: Zxid = ZXID_ZERO;

  /** Takes the next znode. Raises JuteError where it has no parent, and here or in finish() where it comes twice. */
  take(line: ZnodeLine, stat: LineStat): void {
    if (!this.hasRoot && line.path !== '/') this.addPlain('/', null);
    this.missing.delete(line.path);
    this.add(line, stat);
  }

  private addPlain(path: string, acl: readonly ACL[] | null): void {
    const plain = { path, data: Buffer.alloc(0), acl, owner: SESSION_ID_ZERO };
    this.add({ ...plain, kind: 'persistent', stat: null }, NO_STAT);
  }

  private add({ path, data, acl, owner }: ZnodeLine, stat: LineStat): void {
    if (path === '/') {
      if (this.hasRoot) throw new ToolError('/ comes twice, or behind another znode');
      this.hasRoot = true;
    }
    const aclId = acl === null ? OPEN_ACL_ID : this.aclIdOf(acl);
    const writer = this.writer.reset();
    writer.writeString(path === '/' ? '' : path);
    writer.writeBuffer(data);
    writer.writeTimeMs(aclId);
    writeStatPersisted(writer, { ...stat, ephemeralOwner: owner });
    this.load.readNodes(this.written());
    for (const zxid of [stat.czxid, stat.mzxid, stat.pzxid]) {
      if (zxid > this.newest) this.newest = zxid;
    }
  }

  private written(): JuteReader {
    return this.reader.reset(this.writer.buffer, 0, this.writer.length);
  }

  private aclIdOf(acl: readonly ACL[]): number {
    const key = JSON.stringify(acl.map(aclText));
    const known = this.aclIds.get(key);
    if (known !== undefined) return known;
    const id = this.aclIds.size + 1;
    this.aclIds.set(key, id);
    const writer = this.writer.reset();
    writer.writeTimeMs(id);
    writeACLs(writer, acl);
    this.load.readAcl(this.written());
    return id;
  }

  /** Ends the load. Raises JuteError for a znode that came twice. */
  finish(): DataTree {
    for (const [path, acl] of this.missing) this.addPlain(path, acl);
    this.load.finish();
    this.tree.lastProcessedZxid = this.newest;
    return this.tree;
  }
}
