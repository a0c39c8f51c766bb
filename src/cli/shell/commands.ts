/*
 * The table of all commands. Help, completion, "did you mean" and the usage that follows an unknown command go by it.
 */
import type { Command } from './command.ts';
import { addauth } from './commands/addauth.ts';
import { addWatch } from './commands/addWatch.ts';
import { close } from './commands/close.ts';
import { config } from './commands/config.ts';
import { connect } from './commands/connect.ts';
import { create } from './commands/create.ts';
import { deleteZnode } from './commands/delete.ts';
import { deleteall } from './commands/deleteall.ts';
import { delquota } from './commands/delquota.ts';
import { find } from './commands/find.ts';
import { get } from './commands/get.ts';
import { getAcl } from './commands/getAcl.ts';
import { getAllChildrenNumber } from './commands/getAllChildrenNumber.ts';
import { getEphemerals } from './commands/getEphemerals.ts';
import { help } from './commands/help.ts';
import { history } from './commands/history.ts';
import { listquota } from './commands/listquota.ts';
import { ls } from './commands/ls.ts';
import { ls2 } from './commands/ls2.ts';
import { printwatches } from './commands/printwatches.ts';
import { exit, quit } from './commands/quit.ts';
import { reconfig } from './commands/reconfig.ts';
import { redo } from './commands/redo.ts';
import { removewatches } from './commands/removewatches.ts';
import { rmr } from './commands/rmr.ts';
import { set } from './commands/set.ts';
import { setAcl } from './commands/setAcl.ts';
import { setquota } from './commands/setquota.ts';
import { stat } from './commands/stat.ts';
import { sync } from './commands/sync.ts';
import { tree } from './commands/tree.ts';
import { version } from './commands/version.ts';
import { watch } from './commands/watch.ts';
import { whoami } from './commands/whoami.ts';

const all: readonly Command[] = [
  addWatch,
  addauth,
  close,
  config,
  connect,
  create,
  deleteZnode,
  deleteall,
  delquota,
  exit,
  find,
  get,
  getAcl,
  getAllChildrenNumber,
  getEphemerals,
  history,
  listquota,
  ls,
  ls2,
  printwatches,
  quit,
  reconfig,
  redo,
  removewatches,
  rmr,
  set,
  setAcl,
  setquota,
  stat,
  sync,
  tree,
  version,
  watch,
  whoami,
];

/** The commands by their names, in the order of these. */
export const commands: ReadonlyMap<string, Command> = new Map(
  [...all, help(all)]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((command) => [command.name, command]),
);
