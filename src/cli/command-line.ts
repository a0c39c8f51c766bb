/*
 * Command lines with options, mistakes or a call for help, taken apart by yargs, which is loaded for them alone.
 *
 * In a module of its own because loading yargs takes long: main.ts loads it only for those. What a command does is in
 * commands.ts.
 */
import { createRequire } from 'node:module';
import type Yargs from 'yargs';
import { type CommandLine, commands, runInitialize } from './commands.ts';

/** What the command line asks for; carried out by whoever reads it. */
export type Chosen = () => Promise<number>;

/** Code that V8 has compiled at an earlier time (bin/zk-server) cannot use import(). */
function loadYargs(): typeof Yargs {
  const found: typeof Yargs | { readonly default: typeof Yargs } = createRequire(import.meta.url)(
    'yargs',
  );
  return 'default' in found ? found.default : found;
}

/**
 * Takes a command line apart. A mistake in it, and --help, end the process here, with the list of commands and options and
 * exit code 1 or 0.
 *
 * @param argv the words behind the program's name
 */
export async function chosenCommand(argv: readonly string[]): Promise<Chosen> {
  const yargs = loadYargs();
  let chosen: Chosen = () => Promise.resolve(0);
  const parser = yargs([...argv])
    .scriptName('zk-server')
    .usage(
      '$0 <command> [cfg]\n\nA coordination server that speaks the protocol of Apache ZooKeeper.',
    )
    .option('config', {
      type: 'string',
      requiresArg: true,
      describe: 'Directory of the configuration (else ZOOCFGDIR, else conf/ of this package)',
    })
    .epilogue(
      'cfg is a path, or without a slash the name of a file in that directory; zoo.cfg if not given.',
    );
  for (const [name, { about, run }] of Object.entries(commands)) {
    parser.command(
      `${name} [cfg]`,
      about,
      (options) => options.positional('cfg', { type: 'string', describe: 'Configuration file' }),
      (line: CommandLine) => {
        chosen = () => run(line);
      },
    );
  }
  parser.command(
    'initialize',
    'Make empty data directories for a new server',
    (options) =>
      options
        .option('configfile', { type: 'string', requiresArg: true, describe: 'Configuration file' })
        .option('myid', { type: 'string', requiresArg: true, describe: 'Id of the server (1-255)' })
        .option('force', { type: 'boolean', default: false, describe: 'Throw existing data away' }),
    (line) => {
      chosen = () => runInitialize(line);
    },
  );
  await parser.demandCommand(1, 'Which command?').strict().version(false).help().parseAsync();
  return chosen;
}
