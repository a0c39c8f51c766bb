/*
 * Paths of znodes as a client may name them, and the chroot that a connection string can put in front of each
 * (Java: PathUtils, ZooKeeper.prependChroot). Raises TypeError for what no server would take, before anything is sent.
 */

/**
 * Checks a path as Java's client does: absolute, no empty, `.` or `..` component, no slash at the end, no control or private
 * characters. Raises TypeError.
 *
 * @param isSequential the server appends a number, so that the last component may be empty
 */
export function validatePath(path: string, isSequential = false): void {
  const problem = problemOf(isSequential ? `${path}1` : path);
  if (problem !== null) throw new TypeError(`Invalid path ${JSON.stringify(path)}: ${problem}`);
}

function problemOf(path: string): string | null {
  if (!path.startsWith('/')) return 'it must start with a slash';
  if (path === '/') return null;
  if (path.endsWith('/')) return 'it must not end with a slash';
  const at = firstForbidden(path);
  if (at >= 0) return `character ${at} is not allowed`;
  for (const name of path.slice(1).split('/')) {
    if (name === '') return 'it has an empty name';
    if (name === '.' || name === '..') return 'relative names are not allowed';
  }
  return null;
}

/** Where the first character stands that no path may have, or -1. */
function firstForbidden(path: string): number {
  for (let at = 0; at < path.length; at++) {
    const unit = path.charCodeAt(at);
    if (unit > 0x1f && unit < 0x7f) continue;
    if (unit <= 0x9f || (unit >= 0xd800 && unit <= 0xf8ff) || unit >= 0xfff0) return at;
  }
  return -1;
}

/** The path above, `/` for what is directly below it. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** What stands behind the last slash. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path of a child. */
export function childOf(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

/** The part of the tree that a client sees as the whole. */
export class Chroot {
  /** The path of its root, without a slash at the end: empty for none. */
  readonly prefix: string;

  /** @param path an absolute path, `/` or empty for none. Raises TypeError. */
  constructor(path = '') {
    if (path !== '') validatePath(path);
    this.prefix = path === '/' ? '' : path;
  }

  /** What the server calls a path of the client. */
  toServer(path: string): string {
    if (this.prefix === '') return path;
    return path === '/' ? this.prefix : this.prefix + path;
  }

  /** What the client calls a path of the server; one outside of the chroot stays as it is. */
  toClient(path: string): string {
    const { prefix } = this;
    if (prefix === '' || !this.contains(path)) return path;
    return path.length === prefix.length ? '/' : path.slice(prefix.length);
  }

  /** True for a path of the server that the client can see. */
  contains(path: string): boolean {
    const { prefix } = this;
    if (prefix === '') return true;
    return (
      path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
    );
  }
}
