/*
 * The access lists of a tree in the words of zkCli, each made once: a tree of a million znodes has a handful.
 */
import type { DataTree, Row } from '../../datatree/data-tree.ts';
import { OPEN_ACL_UNSAFE } from '../../jute/data.ts';
import { aclText } from './json-values.ts';

const OPEN = OPEN_ACL_UNSAFE.map(aclText).join('\n');

/** The lists of one tree, which does not change meanwhile. */
export class AclTexts {
  private readonly tree: DataTree;
  private readonly byId = new Map<number, readonly string[] | null>();

  constructor(tree: DataTree) {
    this.tree = tree;
  }

  /** The entries of the list that a znode has; null for the one that lets everybody do everything. */
  of(row: Row): readonly string[] | null {
    const id = this.tree.aclId(row);
    const known = this.byId.get(id);
    if (known !== undefined) return known;
    const texts = this.tree.aclTable.aclsOf(id).map(aclText);
    const made = texts.join('\n') === OPEN ? null : texts;
    this.byId.set(id, made);
    return made;
  }
}
