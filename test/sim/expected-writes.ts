/*
 * What a write must come to: from the naive tree as it is before the transaction, and from what was asked for, the error that a leader has
 * to find, 0 for none (Java: PrepRequestProcessor). Written after Java, and nothing of src/server.
 *
 * Not here: quotas, and what depends on sessions; where a leader refuses a request for these it is not asked.
 */
import type { NaiveTree } from '../datatree/naive-tree.ts';

/** Permissions (ZooDefs.Perms). */
export const Perm = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

/** Errors (KeeperException.Code). */
export const WriteError = {
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  noChildrenForEphemerals: -108,
  nodeExists: -110,
  notEmpty: -111,
} as const;

/** One part of a write. */
export interface WriteOp {
  readonly kind: 'create' | 'delete' | 'setData' | 'setAcl' | 'check';
  readonly path: string;
  /** The version that is expected, -1 for any. */
  readonly version?: number;
  /** The path is only the beginning of one. */
  readonly isSequential?: boolean;
}

/** Whether an ACL, as NaiveTree has it, allows somebody something; `ids` are those of digest. */
export function isAllowed(acl: string, perm: number, ids: readonly string[]): boolean {
  // What was made without a transaction is open.
  if (!acl.startsWith('[')) return true;
  const entries: unknown = JSON.parse(acl);
  if (!Array.isArray(entries)) return true;
  return entries.some(
    ([perms, scheme, id]) =>
      (perms & perm) !== 0 && (scheme === 'world' || (scheme === 'digest' && ids.includes(id))),
  );
}

/** A znode as the parts before this one of the same multi have left it. */
interface Pending {
  readonly isThere: boolean;
  readonly acl: string;
  version: number;
  aversion: number;
  childCount: number;
  readonly isEphemeral: boolean;
}

/** The tree, and what a multi has done to it so far. */
class Overlay {
  private readonly tree: NaiveTree;
  private readonly changed = new Map<string, Pending>();

  constructor(tree: NaiveTree) {
    this.tree = tree;
  }

  of(path: string): Pending {
    const before = this.changed.get(path);
    if (before !== undefined) return before;
    const node = this.tree.get(path);
    const found: Pending = {
      isThere: node !== undefined,
      acl: node?.acl ?? '',
      version: node?.version ?? 0,
      aversion: node?.aversion ?? 0,
      childCount: node?.children.size ?? 0,
      isEphemeral: (node?.owner ?? 0n) > 0n,
    };
    this.changed.set(path, found);
    return found;
  }

  put(path: string, one: Pending): void {
    this.changed.set(path, one);
  }
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

const GONE: Pending = {
  isThere: false,
  acl: '',
  version: 0,
  aversion: 0,
  childCount: 0,
  isEphemeral: false,
};

function isWrongVersion(expected: number | undefined, version: number): boolean {
  return expected !== undefined && expected !== -1 && expected !== version;
}

function create(overlay: Overlay, op: WriteOp, ids: readonly string[]): number {
  const parent = overlay.of(parentOf(op.path));
  if (!parent.isThere) return WriteError.noNode;
  if (!isAllowed(parent.acl, Perm.create, ids)) return WriteError.noAuth;
  if (op.isSequential !== true && overlay.of(op.path).isThere) return WriteError.nodeExists;
  if (parent.isEphemeral) return WriteError.noChildrenForEphemerals;
  parent.childCount += 1;
  if (op.isSequential !== true) overlay.put(op.path, { ...GONE, isThere: true });
  return 0;
}

function remove(overlay: Overlay, op: WriteOp, ids: readonly string[]): number {
  const node = overlay.of(op.path);
  if (!node.isThere) return WriteError.noNode;
  const parent = overlay.of(parentOf(op.path));
  if (!isAllowed(parent.acl, Perm.delete, ids)) return WriteError.noAuth;
  if (isWrongVersion(op.version, node.version)) return WriteError.badVersion;
  if (node.childCount > 0) return WriteError.notEmpty;
  parent.childCount -= 1;
  overlay.put(op.path, GONE);
  return 0;
}

function change(overlay: Overlay, op: WriteOp, ids: readonly string[]): number {
  const node = overlay.of(op.path);
  if (!node.isThere) return WriteError.noNode;
  const perm = { setData: Perm.write, setAcl: Perm.admin, check: Perm.read, create: 0, delete: 0 };
  if (!isAllowed(node.acl, perm[op.kind], ids)) return WriteError.noAuth;
  const version = op.kind === 'setAcl' ? node.aversion : node.version;
  if (isWrongVersion(op.version, version)) return WriteError.badVersion;
  if (op.kind === 'setData') node.version += 1;
  if (op.kind === 'setAcl') node.aversion += 1;
  return 0;
}

/** The error of the first part that fails, and its number; error 0 where none does. */
export function expectedOf(
  tree: NaiveTree,
  ops: readonly WriteOp[],
  ids: readonly string[],
): { readonly error: number; readonly index: number } {
  const overlay = new Overlay(tree);
  for (const [index, op] of ops.entries()) {
    const act = op.kind === 'create' ? create : op.kind === 'delete' ? remove : change;
    const error = act(overlay, op, ids);
    if (error !== 0) return { error, index };
  }
  return { error: 0, index: -1 };
}
