/*
 * The command line of zk-tool: which tool, and what it is to do. Options have the letters of ZooKeeper's own tools, so that the scripts
 * in bin/ with their names only forward.
 */
import type { Argv } from 'yargs';
import yargs from 'yargs';
import {
  runBackup,
  runCleanup,
  runCompare,
  runDump,
  runLoad,
  runRestore,
  runSnapshot,
  runSummary,
  runTxnLog,
} from './commands.ts';
import { DATA_FORMS, type DataForm } from './json-values.ts';
import type { ToolConsole } from './output.ts';
import { ToolError, ToolExit } from './tool-error.ts';
import { STANDARD_INPUT } from './tree-load.ts';

/** What the command line asks for. */
export type ToolRun = (tool: ToolConsole) => Promise<number>;

const text = { type: 'string', requiresArg: true } as const;
const USUAL_FORM: DataForm = 'auto';
const flag = { type: 'boolean', default: false } as const;

/** Options that say a point of time. */
const pointOptions = {
  'to-zxid': { ...text, describe: 'The last transaction to take (0x…, or decimal)' },
  'to-time': { ...text, describe: 'Take no transaction later than this (ISO 8601, or ms)' },
} as const;

const sourceOptions = {
  'log-dir': { ...text, describe: 'dataLogDir, where logs are not with the snapshots' },
} as const;

function txnlog(options: Argv) {
  return options
    .positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'A log, or a directory with logs',
    })
    .options({
      dump: { ...flag, alias: 'd', describe: 'Show the transactions (what is done anyway)' },
      json: { ...flag, describe: 'One JSON object for each transaction' },
      follow: { ...flag, alias: 'f', describe: 'Go on with what is appended, and with later logs' },
      path: { ...text, describe: 'Only what concerns this znode or those below it' },
      session: { ...text, describe: 'Only what this session did' },
      since: { ...text, describe: 'Nothing before this time (ISO 8601, or ms)' },
      until: { ...text, describe: 'Nothing after this time' },
      'from-zxid': { ...text, describe: 'Nothing before this zxid (0x…, or decimal)' },
      'to-zxid': { ...text, describe: 'Nothing after this zxid' },
      verify: { ...flag, describe: 'Only tell whether it is whole; exit code 1 where not' },
      recover: { ...flag, alias: 'r', describe: 'Write <file>.fixed with right checksums' },
      verbose: { ...flag, alias: 'v', describe: 'With --recover: show all transactions' },
      yes: { ...flag, alias: 'y', describe: 'With --recover: do not ask' },
      chop: { ...flag, alias: 'c', describe: 'Write <file>.chopped<zxid>, which ends with --zxid' },
      zxid: { ...text, alias: 'z', describe: 'With --chop: the last transaction that stays' },
    });
}

function snapshot(options: Argv) {
  return options
    .positional('file', { type: 'string', demandOption: true, describe: 'A snapshot' })
    .options({
      data: { ...flag, alias: 'd', describe: 'Show the data of znodes, as base64' },
      json: { ...flag, describe: 'The format of ncdu (also -json)' },
    });
}

function summary(options: Argv) {
  return options
    .positional('file', { type: 'string', demandOption: true, describe: 'A snapshot' })
    .positional('node', { type: 'string', default: '/', describe: 'Where to begin' })
    .positional('depth', {
      type: 'string',
      default: '0',
      describe: 'How far below that znodes are shown; 0 for all',
    })
    .options({ json: { ...flag, describe: 'One JSON object for each znode' } });
}

function compare(options: Argv) {
  return options
    .positional('left', { type: 'string', describe: 'A snapshot, a dataDir or a backup' })
    .positional('right', { type: 'string', describe: 'The other' })
    .options({
      l: { ...text, describe: 'The same as left' },
      r: { ...text, describe: 'The same as right' },
      bytes: { ...text, alias: 'b', describe: 'Compare sizes as SnapshotComparer: more bytes' },
      nodes: { ...text, alias: 'n', describe: '… or more znodes than this differ' },
      debug: { ...flag, alias: 'd', describe: 'With these: show what is left out too' },
      interactive: { ...flag, alias: 'i', describe: 'With these: ask which level or znode' },
      stat: { type: 'boolean', default: true, describe: 'Without these: also times and versions' },
      json: { ...flag, describe: 'Without these: one JSON object for each znode' },
    });
}

function cleanup(options: Argv) {
  return options
    .positional('dataLogDir', { type: 'string', describe: 'Else those of the configuration' })
    .positional('snapDir', { type: 'string', describe: 'dataDir, where it is another' })
    .options({
      count: { ...text, alias: 'n', describe: 'How many snapshots to keep, 3 or more' },
      'dry-run': { ...flag, describe: 'Only tell' },
      config: { ...text, describe: 'Directory of the configuration (else ZOOCFGDIR, else conf/)' },
    });
}

function backup(options: Argv) {
  return options
    .positional('dataDir', { type: 'string', demandOption: true, describe: 'Of the server' })
    .positional('target', { type: 'string', demandOption: true, describe: 'A new directory' })
    .options({
      ...sourceOptions,
      snapshots: { ...text, default: '1', describe: 'How many snapshots: more reach further back' },
    });
}

function restore(options: Argv) {
  return options
    .positional('source', {
      type: 'string',
      demandOption: true,
      describe: 'A backup, or a dataDir',
    })
    .positional('dataDir', { type: 'string', demandOption: true, describe: 'Of the new server' })
    .options({
      ...sourceOptions,
      ...pointOptions,
      'data-log-dir': { ...text, describe: 'dataLogDir of the new server, to be empty as well' },
    });
}

function dump(options: Argv) {
  return options
    .positional('source', {
      type: 'string',
      demandOption: true,
      describe: 'A dataDir, a backup or a snapshot',
    })
    .options({
      ...sourceOptions,
      ...pointOptions,
      path: { ...text, default: '/', describe: 'Only this znode and those below' },
      data: {
        requiresArg: true,
        choices: DATA_FORMS,
        default: USUAL_FORM,
        describe: 'How data is written',
      },
      stat: { ...flag, describe: 'With the Stats, so that load makes exactly this tree' },
      'persistent-only': { ...flag, describe: 'Without the znodes of sessions' },
    });
}

function load(options: Argv) {
  return options
    .positional('input', {
      type: 'string',
      demandOption: true,
      describe: 'Lines of dump; - for stdin',
    })
    .positional('dataDir', { type: 'string', demandOption: true, describe: 'Of the new server' })
    .options({ zxid: { ...text, describe: 'What the server goes on from (0x…, or decimal)' } });
}

/** Words that yargs takes for one-letter options, or for none. */
const READ_OTHERWISE: ReadonlyMap<string, string> = new Map([
  ['-json', '--json'],
  ['-', STANDARD_INPUT],
]);

/**
 * Takes a command line apart. Gives null where it asked for help, which has then been printed.
 *
 * @param argv the words behind the program's name
 * @throws ToolError with the exit code 2 for a mistake
 */
export async function parseToolCommand(argv: readonly string[]): Promise<ToolRun | null> {
  let chosen: ToolRun | null = null;
  const choose =
    <T>(run: (tool: ToolConsole, line: T) => Promise<number>) =>
    (line: T): void => {
      chosen = (tool) => run(tool, line);
    };
  const parser = yargs(argv.map((word) => READ_OTHERWISE.get(word) ?? word))
    .scriptName('zk-tool')
    .usage(
      "$0 <tool> …\n\nLooks into a server's files, and moves its data, while no server is needed.",
    )
    .command(
      'txnlog <file>',
      'Show, follow, check or repair a transaction log',
      txnlog,
      choose(runTxnLog),
    )
    .command('snapshot <file>', 'Show a snapshot', snapshot, choose(runSnapshot))
    .command(
      'summary <file> [node] [depth]',
      'How much is below each znode',
      summary,
      choose(runSummary),
    )
    .command(
      'compare [left] [right]',
      'What differs between two snapshots or data directories',
      compare,
      choose(runCompare),
    )
    .command(
      'cleanup [dataLogDir] [snapDir]',
      'Remove old snapshots and logs',
      cleanup,
      choose(runCleanup),
    )
    .command(
      'backup <dataDir> <target>',
      'Copy the data of a server, running or not',
      backup,
      choose(runBackup),
    )
    .command(
      'restore <source> <dataDir>',
      'Make a data directory of it',
      restore,
      choose(runRestore),
    )
    .command('dump <source>', 'The tree as lines of JSON', dump, choose(runDump))
    .command('load <input> <dataDir>', 'A data directory of such lines', load, choose(runLoad))
    .demandCommand(1, 'Which tool?')
    .strict()
    .parserConfiguration({ 'duplicate-arguments-array': false })
    .version(false)
    .help()
    .alias('help', 'h')
    .exitProcess(false)
    .fail((message, error) => {
      // An option without its value comes as an error of yargs' own.
      if (error && error.name !== 'YError') throw error;
      throw new ToolError(`${message}\n(zk-tool --help lists what there is)`, ToolExit.misused);
    });
  await parser.parseAsync();
  return chosen;
}
