/*
 * Paths of znodes: what a valid one looks like, and its parts.
 *
 * Answers to org.apache.zookeeper.common.PathUtils. What it says about a bad path is Java's wording, because clients and logs show it.
 */

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * Says what is wrong with a path, or null when it is one (Java: PathUtils.validatePath).
 * For a sequential create the path is checked as it will be, with a digit behind it.
 */
export function invalidPathReason(path: string | null, isSequential = false): string | null {
  if (path === null) return 'Path cannot be null';
  const checked = isSequential ? `${path}1` : path;
  if (checked.length === 0) return 'Path length must be > 0';
  if (checked.charCodeAt(0) !== SLASH) return 'Path must start with / character';
  if (checked.length === 1) return null;
  if (checked.charCodeAt(checked.length - 1) === SLASH) return 'Path must not end with / character';
  const reason = charactersFault(checked);
  return reason === null ? null : `Invalid path string "${checked}" caused by ${reason}`;
}

function charactersFault(path: string): string | null {
  for (let index = 1; index < path.length; index++) {
    const unit = path.charCodeAt(index);
    if (unit > DOT + 1 && unit < 0x7f) continue;
    if (unit === 0) return `null character not allowed @${index}`;
    if (unit === SLASH) {
      if (path.charCodeAt(index - 1) === SLASH) return `empty node name specified @${index}`;
    } else if (unit === DOT) {
      if (isRelative(path, index)) return `relative paths not allowed @${index}`;
    } else if (isForbidden(unit)) {
      return `invalid character @${index}`;
    }
  }
  return null;
}

/** True at the last dot of a component that is `.` or `..`. */
function isRelative(path: string, dotIndex: number): boolean {
  const next = dotIndex + 1;
  if (next < path.length && path.charCodeAt(next) !== SLASH) return false;
  const before = path.charCodeAt(dotIndex - 1);
  if (before === SLASH) return true;
  return before === DOT && path.charCodeAt(dotIndex - 2) === SLASH;
}

function isForbidden(unit: number): boolean {
  return (
    unit <= 0x1f ||
    (unit >= 0x7f && unit <= 0x9f) ||
    (unit >= 0xd800 && unit <= 0xf8ff) ||
    unit >= 0xfff0
  );
}

/** The path of the parent; of a znode below the root, and of the root itself, `/`. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}
