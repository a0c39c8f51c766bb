/*
 * `rmr`: what deleteall was called before 3.5 (Java 3.5: DeleteAllCommand under its old name).
 */
import type { ServerCommand } from '../command.ts';
import { deleteSubtree } from './deleteall.ts';

/** Deletes a subtree. */
export const rmr: ServerCommand = {
  name: 'rmr',
  usage: 'path [-b batch size]',
  summary: 'the old name of deleteall',
  options: { values: ['b'] },
  least: 1,
  async run(context, line) {
    context.console.note("The command 'rmr' has been deprecated. Please use 'deleteall' instead.");
    await deleteSubtree(context, line);
  },
};
