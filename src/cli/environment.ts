/*
 * Where an operator's command finds its configuration, its log and its pid file: the variables, the option --config and the
 * files zookeeper-env.sh and java.env, with the rules of zkEnv.sh and zkServer.sh. Names for zoo.cfg without a slash belong
 * to ZOOCFGDIR, others are paths.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { JvmFlags } from '../server/config/jvm-flags.ts';
import { projectRoot } from './project.ts';

/** The environment as a command sees it. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What an operator's command works with. */
export interface Environment {
  /** The folder of the project, which holds bin/ and conf/. */
  readonly root: string;
  /** The variables, those of zookeeper-env.sh and java.env included. */
  readonly variables: Variables;
  /** The directory of zoo.cfg, zookeeper-env.sh and java.env. */
  readonly configDir: string;
  /** The configuration that the command is about. */
  readonly configFile: string;
  /** Directory of the log of a server in the background. */
  readonly logDir: string;
  /** That log. */
  readonly logFile: string;
  /** Where the pid is kept instead of dataDir, or null. */
  readonly pidFile: string | null;
  /** Whether a data directory that is missing is an error (ZOO_DATADIR_AUTOCREATE_DISABLE). */
  readonly autocreateDisabled: boolean;
  /** The variables with -D settings, in the order of Java's command line. */
  readonly jvmFlags: readonly JvmFlags[];
}

/**
 * The variables after shell files have set theirs. They are scripts and may compute what they set, so a shell runs them; what
 * they print goes to standard error.
 */
function sourced(files: readonly string[], variables: Variables): Variables {
  const present = files.filter((file) => existsSync(file));
  if (present.length === 0) return variables;
  const script = 'set -a; exec 3>&1 1>&2; for file; do . "$file"; done; env -0 >&3';
  const shell = spawnSync('bash', ['-c', script, 'bash', ...present], {
    env: { ...variables },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (shell.status !== 0) {
    const reason = shell.error?.message ?? `bash ended with ${shell.status ?? shell.signal}`;
    process.stderr.write(`zk-server: cannot read ${present.join(' and ')}: ${reason}\n`);
    return variables;
  }
  const entries = shell.stdout.split('\0').filter((entry) => entry.includes('='));
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}

/** A variable that is set and not empty, which is what the shell's -n and -z ask for. */
function setValue(variables: Variables, name: string): string | null {
  const value = variables[name];
  return value === undefined || value === '' ? null : value;
}

/**
 * Works out the environment of a command.
 *
 * @param variables the process's environment
 * @param options what the command line says: --config, and the configuration's name or path
 */
export function environmentOf(
  variables: Variables,
  options: { readonly configDir?: string | undefined; readonly name?: string | undefined },
): Environment {
  const root = projectRoot();
  const configDir = options.configDir ?? setValue(variables, 'ZOOCFGDIR') ?? join(root, 'conf');
  const set = sourced([join(configDir, 'zookeeper-env.sh'), join(configDir, 'java.env')], {
    ...variables,
    ZOOCFGDIR: configDir,
  });
  const logDir = setValue(set, 'ZOO_LOG_DIR') ?? join(root, 'logs');
  const name = options.name ?? setValue(set, 'ZOOCFG') ?? 'zoo.cfg';
  const autocreateDisabled = setValue(set, 'ZOO_DATADIR_AUTOCREATE_DISABLE') !== null;
  return {
    root,
    variables: set,
    configDir,
    configFile: name.includes('/') ? name : join(configDir, name),
    logDir,
    logFile: join(logDir, `zookeeper-${set['USER'] ?? ''}-server-${hostname()}.out`),
    pidFile: setValue(set, 'ZOOPIDFILE'),
    autocreateDisabled,
    jvmFlags: [
      ...(autocreateDisabled
        ? [
            {
              variable: 'ZOO_DATADIR_AUTOCREATE_DISABLE',
              text: '-Dzookeeper.datadir.autocreate=false',
            },
          ]
        : []),
      { variable: 'SERVER_JVMFLAGS', text: set['SERVER_JVMFLAGS'] ?? '' },
      { variable: 'JVMFLAGS', text: set['JVMFLAGS'] ?? '' },
    ],
  };
}
