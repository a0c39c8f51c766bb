/*
 * `wchs`, `wchp` and `wchc`: the data watches of the tree in sum, by path and by session.
 *
 * Child watches are not shown, as in Java. The last two take as long as there are watches, which is why administrators
 * leave them off the whitelist. Answers to WatchCommand and WatchManager.dumpWatches and toString.
 */

import { toHex } from '../jute/int64.ts';
import type { ServerView } from './server-view.ts';

/** `wchs`. */
export function wchs(view: ServerView): string {
  const { connections, paths, watches } = view.watchSummary();
  return `${connections} connections watching ${paths} paths\nTotal watches:${watches}\n`;
}

/** `wchp`: each path with the sessions that watch it, then an empty line. */
export function wchp(view: ServerView): string {
  let text = '';
  for (const [path, sessionIds] of view.watchesByPath()) {
    text += `${path}\n`;
    for (const sessionId of sessionIds) text += `\t0x${toHex(sessionId)}\n`;
  }
  return `${text}\n`;
}

/** `wchc`: each session with the paths that it watches, then an empty line. */
export function wchc(view: ServerView): string {
  let text = '';
  for (const [sessionId, paths] of view.watchesBySession()) {
    text += `0x${toHex(sessionId)}\n`;
    for (const path of paths) text += `\t${path}\n`;
  }
  return `${text}\n`;
}
