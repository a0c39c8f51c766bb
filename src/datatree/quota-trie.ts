/*
 * The paths that have a quota, and the search for the longest of them above a given path.
 *
 * Answers to org.apache.zookeeper.common.PathTrie, with its habit of leaving out components that are nothing but blanks.
 */

interface TrieNode {
  readonly children: Map<string, TrieNode>;
  hasQuota: boolean;
}

function newNode(): TrieNode {
  return { children: new Map(), hasQuota: false };
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part.trim() !== '');
}

/** A set of paths with prefix search. */
export class QuotaTrie {
  private readonly root = newNode();
  private quotaCount = 0;

  /** Whether no path is in. */
  get isEmpty(): boolean {
    return this.quotaCount === 0;
  }

  /** Gives `path` a quota. */
  add(path: string): void {
    let node = this.root;
    for (const part of split(path)) {
      let child = node.children.get(part);
      if (child === undefined) {
        child = newNode();
        node.children.set(part, child);
      }
      node = child;
    }
    if (node === this.root || node.hasQuota) return;
    node.hasQuota = true;
    this.quotaCount += 1;
  }

  /** Takes the quota of `path` away. */
  delete(path: string): void {
    const parts = split(path);
    const name = parts.pop();
    if (name === undefined) return;
    let parent: TrieNode | undefined = this.root;
    for (const part of parts) {
      parent = parent.children.get(part);
      if (parent === undefined) return;
    }
    const node = parent.children.get(name);
    if (node === undefined) return;
    if (node.hasQuota) this.quotaCount -= 1;
    node.hasQuota = false;
    if (node.children.size === 0) parent.children.delete(name);
  }

  /** The longest path above or at `path` that has a quota, or null (Java: DataTree.getMaxPrefixWithQuota). */
  longestPrefix(path: string): string | null {
    if (this.quotaCount === 0) return null;
    const parts = split(path);
    let node = this.root;
    let depth = 0;
    for (const [index, part] of parts.entries()) {
      const child = node.children.get(part);
      if (child === undefined) break;
      if (child.hasQuota) depth = index + 1;
      node = child;
    }
    return depth === 0 ? null : `/${parts.slice(0, depth).join('/')}`;
  }

  /** All paths with a quota. */
  paths(): string[] {
    const found: string[] = [];
    const open: [string, TrieNode][] = [['', this.root]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [path, node] = next;
      if (node.hasQuota) found.push(path);
      for (const [name, child] of node.children) open.push([`${path}/${name}`, child]);
    }
    return found;
  }

  clear(): void {
    this.root.children.clear();
    this.quotaCount = 0;
  }
}
