/*
 * Writes down everything a server holds: each znode with its data, Stat and ACL, in the order of the paths. Two servers
 * that hold the same give the same lines; with times shown, so do two starts of servers on the same folder.
 */
import type { RawSession } from '../../harness/raw-client.ts';
import * as requests from '../../harness/requests.ts';
import { Op } from '../../harness/requests.ts';
import { WireReader } from '../../harness/wire.ts';
import { superUser } from './arguments.ts';
import { replyText, type TextOptions } from './replies.ts';

/** A reply without its header: the zxid there is that of the asking, and the xid counts the questions. */
const bodyText = (op: number, reply: Parameters<typeof replyText>[1], options: TextOptions) =>
  replyText(op, reply, options).replace(/^reply xid=\S+ zxid=\S+ /, '');

/**
 * One line for each znode. The session should belong to the super user, which `authenticate` makes it where the server
 * was started with `superDigest`; otherwise what is not readable shows as the error.
 */
export async function dumpTree(session: RawSession, options: TextOptions): Promise<string[]> {
  await session.request(Op.auth, requests.auth('digest', Buffer.from(superUser)), -4);
  const lines: string[] = [];
  const visit = async (path: string): Promise<void> => {
    const data = await session.request(Op.getData, requests.pathAndWatch(path));
    const acl = await session.request(Op.getACL, requests.pathOnly(path));
    const children = await session.request(Op.getChildren, requests.pathAndWatch(path));
    lines.push(
      `${JSON.stringify(path)} ${bodyText(Op.getData, data, options)} acl ${bodyText(Op.getACL, acl, options)}`,
    );
    if (children.err !== 0) return;
    const reader = new WireReader(children.body);
    const names = (reader.vector(() => reader.string() ?? '') ?? []).sort();
    for (const name of names) await visit(path === '/' ? `/${name}` : `${path}/${name}`);
  };
  await visit('/');
  return lines;
}
