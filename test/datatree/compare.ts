/*
 * Compares a tree with the naive one, or two trees with each other, in everything that can be seen of them.
 */

import { expect } from 'vitest';
import type { DataTree } from '../../src/datatree/data-tree.ts';
import type { NaiveNode, NaiveTree } from './naive-tree.ts';
import { aclTextOf, containersOf, ttlsOf } from './trees.ts';

/** What can be seen of a znode; the same from either tree. */
interface Seen {
  readonly path: string;
  readonly data: string | null;
  readonly acl: string;
  readonly children: string[];
  readonly stat: Record<string, unknown>;
  readonly owner: bigint;
  readonly cversion: number;
  readonly digest: number;
}

/** What can be seen of the znode at `path`. */
export function seenIn(tree: DataTree, path: string): Seen | null {
  const row = tree.findPath(path);
  if (row < 0) return null;
  return {
    path,
    data: tree.dataOf(row)?.toString('latin1') ?? null,
    acl: aclTextOf(tree, row),
    children: tree.childNames(row).sort(),
    stat: { ...tree.statOf(row) },
    owner: tree.ephemeralOwner(row),
    cversion: tree.cversion(row),
    digest: tree.nodeDigest(row),
  };
}

function seenInNaive(tree: NaiveTree, path: string): Seen {
  const node = tree.get(path) as NaiveNode;
  const children = [...node.children].sort();
  const isSession = node.owner > 0n;
  return {
    path,
    data: node.data?.toString('latin1') ?? null,
    acl: node.acl,
    children,
    stat: {
      czxid: node.czxid,
      mzxid: node.mzxid,
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: (2 * node.cversion - children.length) | 0,
      aversion: node.aversion,
      ephemeralOwner: isSession ? node.owner : 0n,
      dataLength: node.data?.length ?? 0,
      numChildren: children.length,
      pzxid: node.pzxid,
    },
    owner: node.owner,
    cversion: node.cversion,
    digest: tree.digestOf(path === '/' ? '' : path),
  };
}

/** Every path of a tree, sorted, by a walk over the children. */
export function pathsOf(tree: DataTree): string[] {
  const paths: string[] = ['/'];
  for (const path of paths) {
    for (const name of tree.childNames(tree.findPath(path))) {
      paths.push(path === '/' ? `/${name}` : `${path}/${name}`);
    }
  }
  return paths.sort();
}

function sorted(paths: Iterable<string>): string[] {
  return [...paths].sort();
}

/** Owners, sessions, counts: what there is besides the znodes. */
export function summaryOf(tree: DataTree): Record<string, unknown> {
  return {
    nodeCount: tree.nodeCount,
    subtreeSize: tree.subtreeSize(tree.findPath('/')),
    ephemeralsCount: tree.ephemeralsCount,
    ephemerals: [...tree.sessionsWithEphemerals()]
      .map(([session, paths]): [bigint, string[]] => [session, sorted(paths)])
      .sort((a, b) => Number(a[0] - b[0])),
    containers: sorted(containersOf(tree)),
    ttls: sorted(ttlsOf(tree)),
    quotas: sorted(tree.quotaRoots()),
    sessions: new Map(tree.sessions),
    aclCount: tree.aclTable.size,
    lastProcessedZxid: tree.lastProcessedZxid,
    treeDigest: tree.treeDigest,
  };
}

/** Expects a tree to be as the naive one says. */
export function expectSame(tree: DataTree, naive: NaiveTree): void {
  const { nodes } = naive;
  const paths = [...nodes.keys()].map((path) => path || '/').sort();
  expect(pathsOf(tree)).toEqual(paths);
  expect(paths.map((path) => seenIn(tree, path))).toEqual(
    paths.map((path) => seenInNaive(naive, path)),
  );
  expect(paths.map((path) => tree.pathOf(tree.findPath(path)))).toEqual(paths);
  expect(paths.map((path) => tree.aclId(tree.findPath(path)))).toEqual(
    paths.map((path) => naive.get(path)?.aclId),
  );
  expect(tree.approximateDataSize).toBe(naive.approximateDataSize);
  expect(summaryOf(tree)).toEqual({
    nodeCount: nodes.size + 1,
    subtreeSize: nodes.size - 1,
    ephemeralsCount: [...naive.ephemerals.values()].reduce((sum, set) => sum + set.size, 0),
    ephemerals: [...naive.ephemerals]
      .map(([session, set]): [bigint, string[]] => [session, sorted(set)])
      .sort((a, b) => Number(a[0] - b[0])),
    containers: sorted(naive.containers),
    ttls: sorted(naive.ttls),
    quotas: sorted(naive.quotas),
    sessions: naive.sessions,
    aclCount: naive.aclIds.size,
    lastProcessedZxid: naive.lastProcessedZxid,
    treeDigest: naive.treeDigest,
  });
}
