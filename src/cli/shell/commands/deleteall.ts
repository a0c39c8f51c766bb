/*
 * `deleteall`: a znode and everything below it goes (Java: DeleteAllCommand, ZKUtil.deleteRecursive), in batches of which each is
 * done as a whole or not at all.
 */
import { ZooKeeperError } from '../../../client/index.ts';
import { isLoss } from '../cli-error.ts';
import { type CommandContext, intOf, type ServerCommand } from '../command.ts';
import { checkPath } from '../java-path.ts';
import type { CommandLine } from '../option-parser.ts';
import { visitSubtree } from '../subtree.ts';

const BATCH_SIZE = 1_000;
/** Batches under way at a time. */
const WINDOW = 10;

/** Deletes a subtree. */
export const deleteall: ServerCommand = {
  name: 'deleteall',
  usage: 'path [-b batch size]',
  summary: 'delete a znode and everything below it',
  help: ['-b size  how many znodes go at once, all or none; 1000'],
  options: { values: ['b'] },
  least: 1,
  run: deleteSubtree,
};

/** Deletes everything at and below the first operand. */
export async function deleteSubtree(context: CommandContext, line: CommandLine): Promise<void> {
  const { zk, console, signal } = context;
  const [path = ''] = line.operands;
  const size = line.options.get('b');
  const batchSize =
    size === undefined ? BATCH_SIZE : intOf(size, '-b argument must be an int value');
  checkPath(path);
  const paths: string[] = [];
  for await (const visited of visitSubtree(zk, path, { signal })) {
    paths.push(visited.path);
    console.progress.report('Listing', paths.length);
  }
  // Each before what is above it. A batch size that is none means all at once, as in Java.
  paths.reverse();
  const deleted = await deleteBatches(context, paths, batchSize > 0 ? batchSize : paths.length);
  if (console.isJson) console.json({ path, deleted });
  if (deleted < paths.length) console.error('Failed to delete some node(s) in the subtree!');
}

/** How many were deleted. The first batch that fails is the last that is tried. */
async function deleteBatches(
  { zk, console, signal }: CommandContext,
  paths: readonly string[],
  batchSize: number,
): Promise<number> {
  let deleted = 0;
  let hasFailed = false;
  const commit = async (batch: readonly string[]): Promise<void> => {
    const multi = zk.multi();
    for (const each of batch) multi.delete(each);
    try {
      await multi.commit({ signal });
      deleted += batch.length;
      console.progress.report('Deleting', deleted, paths.length);
    } catch (error) {
      if (!(error instanceof ZooKeeperError) || isLoss(error)) throw error;
      hasFailed = true;
    }
  };
  for (let at = 0; at < paths.length && !hasFailed; at += batchSize * WINDOW) {
    const batches: Promise<void>[] = [];
    const end = Math.min(paths.length, at + batchSize * WINDOW);
    for (let from = at; from < end; from += batchSize) {
      batches.push(commit(paths.slice(from, Math.min(end, from + batchSize))));
    }
    await Promise.all(batches);
  }
  return deleted;
}
