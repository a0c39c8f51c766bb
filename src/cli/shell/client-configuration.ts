/*
 * How a shell is told of TLS and SASL: the file of -client-configuration, and -Dkey=value in CLIENT_JVMFLAGS, JVMFLAGS and on the command
 * line (Java: ZKClientConfig, ZKConfig). What a JVM alone understands is left out.
 */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions, SecureVersion } from 'node:tls';
import { getProperties } from 'properties-file';
import {
  type KeyStore,
  KeyStoreError,
  keyStoreTls,
  type SaslCredentials,
} from '../../client/index.ts';
import { definitions } from '../../server/config/jvm-flags.ts';
import { hasCode } from '../config-files.ts';
import { CliError } from './cli-error.ts';
import { saslCredentials } from './jaas.ts';

/** What a client takes from it. */
export interface ClientConfiguration {
  readonly tls: false | ConnectionOptions;
  readonly juteMaxBuffer?: number;
  readonly sasl?: SaslCredentials;
}

/** Where the settings stand. */
export interface ConfigurationSources {
  /** Texts with `-Dkey=value` in them; later ones win. */
  readonly flags: readonly string[];
  /** A file of properties, which wins over the flags; null for none. */
  readonly file: string | null;
}

type Properties = Readonly<Record<string, string>>;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!hasCode(error)) throw error;
    throw new CliError(`Cannot read ${path}: ${error.message}`);
  }
}

/**
 * Reads the settings.
 *
 * @param note takes a line about what is left undone
 * @throws CliError
 */
export async function readClientConfiguration(
  { flags, file }: ConfigurationSources,
  note: (line: string) => void,
): Promise<ClientConfiguration> {
  const defined = definitions(flags.map((text) => ({ variable: 'JVMFLAGS', text })));
  const properties: Properties = {
    ...Object.fromEntries(defined.map(({ key, value }) => [key, value])),
    ...(file === null ? {} : getProperties(read(file))),
  };
  const size = properties['jute.maxbuffer'];
  if (size !== undefined && !/^[1-9][0-9]{0,8}$/.test(size)) {
    throw new CliError(`jute.maxbuffer is a number of bytes, not ${size}`);
  }
  const sasl = saslOf(properties, note);
  return {
    tls: isTrue(properties['zookeeper.client.secure']) ? await tlsOptions(properties) : false,
    ...(size === undefined ? {} : { juteMaxBuffer: Number(size) }),
    ...(sasl === null ? {} : { sasl }),
  };
}

function isTrue(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === 'true';
}

/** Who the client is to SASL. A file without its section is no mistake, as in Java: it may be that of a server. */
function saslOf(properties: Properties, note: (line: string) => void): SaslCredentials | null {
  const path = properties['java.security.auth.login.config'];
  const enabled = properties['zookeeper.sasl.client'];
  if (path === undefined || (enabled !== undefined && !isTrue(enabled))) return null;
  const file = path.replace(/^=/, '').replace(/^file:(\/\/)?/, '');
  const named = properties['zookeeper.sasl.clientconfig'];
  const section = named ?? 'Client';
  const credentials = saslCredentials(read(file), section, file);
  if (credentials !== null) return credentials;
  if (named !== undefined) throw new CliError(`${file}: there is no section ${section} in it`);
  note(`zk-cli: there is no section ${section} in ${file}: going on without SASL`);
  return null;
}

async function tlsOptions(properties: Properties): Promise<ConnectionOptions> {
  const named = (name: string): string | undefined => properties[`zookeeper.ssl.${name}`];
  for (const name of ['crl', 'ocsp']) {
    if (isTrue(named(name))) {
      throw new CliError(`zookeeper.ssl.${name}: revoked certificates cannot be looked up here`);
    }
  }
  const hostnames = named('hostnameVerification');
  const isUnchecked = hostnames !== undefined && !isTrue(hostnames);
  try {
    return {
      ...(await keyStoreTls({
        keyStore: store('keyStore', named),
        trustStore: store('trustStore', named),
      })),
      ...versions(named('enabledProtocols') ?? named('protocol')),
      ...(isUnchecked ? { checkServerIdentity: () => undefined } : {}),
    };
  } catch (error) {
    if (error instanceof KeyStoreError) throw new CliError(error.message);
    throw error;
  }
}

function store(
  kind: 'keyStore' | 'trustStore',
  named: (name: string) => string | undefined,
): KeyStore | undefined {
  const file = named(`${kind}.location`);
  if (file === undefined || file === '') return undefined;
  const passwordFile = named(`${kind}.passwordPath`);
  const password =
    passwordFile === undefined || passwordFile === ''
      ? named(`${kind}.password`)
      : read(passwordFile).replace(/\n$/, '');
  return { file, password };
}

const SECURE_VERSIONS: readonly SecureVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];

/** `TLSv1.2,TLSv1.3` as the oldest and the newest one that will do. */
function versions(list: string | undefined): ConnectionOptions {
  if (list === undefined || list === '' || list === 'TLS') return {};
  const named = list.split(',').map((name) => name.trim());
  const unknown = named.find((name) => !SECURE_VERSIONS.some((version) => version === name));
  if (unknown !== undefined) throw new CliError(`${unknown} is no version of TLS`);
  const known = SECURE_VERSIONS.filter((version) => named.includes(version));
  const [minVersion] = known;
  const maxVersion = known.at(-1);
  if (minVersion === undefined || maxVersion === undefined) return {};
  return { minVersion, maxVersion };
}
