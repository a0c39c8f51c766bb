/*
 * The file of -client-configuration (Java: ZKClientConfig): what of it makes sense here, which is TLS and the limit of a packet. Key
 * stores are PEM or PKCS12; the JKS of Java is not read.
 */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { getProperties } from 'properties-file';
import { hasCode } from '../config-files.ts';
import { CliError } from './cli-error.ts';

/** What a client takes from it. */
export interface ClientConfiguration {
  readonly tls: false | ConnectionOptions;
  readonly juteMaxBuffer?: number;
}

type Properties = Readonly<Record<string, string>>;

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (!hasCode(error)) throw error;
    throw new CliError(`Cannot read ${path}: ${error.message}`);
  }
}

/** Reads the file. Raises CliError. */
export function readClientConfiguration(path: string): ClientConfiguration {
  const properties: Properties = getProperties(read(path).toString('utf8'));
  const size = properties['jute.maxbuffer'];
  const isSecure = properties['zookeeper.client.secure']?.toLowerCase() === 'true';
  if (size !== undefined && !/^[1-9][0-9]{0,8}$/.test(size)) {
    throw new CliError(`${path}: jute.maxbuffer is a number of bytes, not ${size}`);
  }
  return {
    tls: isSecure ? tlsOptions(properties) : false,
    ...(size === undefined ? {} : { juteMaxBuffer: Number(size) }),
  };
}

function tlsOptions(properties: Properties): ConnectionOptions {
  const named = (name: string): string | undefined => properties[`zookeeper.ssl.${name}`];
  const passphrase = named('keyStore.password');
  const keys = named('keyStore.location');
  const trust = named('trustStore.location');
  const isUnchecked = named('hostnameVerification')?.toLowerCase() === 'false';
  return {
    ...(keys === undefined ? {} : keyStore(keys, named('keyStore.type'))),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(trust === undefined ? {} : { ca: trustStore(trust, named('trustStore.type')) }),
    ...(isUnchecked ? { checkServerIdentity: () => undefined } : {}),
  };
}

function typeOf(path: string, type: string | undefined): string {
  if (type !== undefined) return type.toUpperCase();
  if (/\.pem$/i.test(path)) return 'PEM';
  return /\.(p12|pfx)$/i.test(path) ? 'PKCS12' : 'JKS';
}

function keyStore(path: string, type: string | undefined): ConnectionOptions {
  const bytes = read(path);
  switch (typeOf(path, type)) {
    case 'PEM':
      return { cert: bytes, key: bytes };
    case 'PKCS12':
      return { pfx: bytes };
    default:
      throw new CliError(`${path}: a key store is to be PEM or PKCS12`);
  }
}

function trustStore(path: string, type: string | undefined): Buffer {
  if (typeOf(path, type) === 'PEM') return read(path);
  throw new CliError(`${path}: a trust store is to be PEM`);
}
