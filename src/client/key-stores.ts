/*
 * Key stores of Java's keytool as options for TLS: JKS, PKCS12, and the PEM files that ZooKeeper takes in their place (Java:
 * org.apache.zookeeper.common.X509Util, FileKeyStoreLoader). What a file is says its beginning, not its name.
 */

import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';

/** A file with keys or certificates, as zookeeper.ssl.keyStore.* and zookeeper.ssl.trustStore.* name it. */
export interface KeyStore {
  readonly file: string;
  /** For the store and for the keys in it. */
  readonly password?: string | undefined;
}

/** A key store that cannot be used; the message begins with its name. */
export class KeyStoreError extends Error {
  override readonly name = 'KeyStoreError';
}

interface Entry {
  readonly key?: string;
  /** The key's certificate and those that lead to its authority. */
  readonly cert?: string;
  /** The certificate of an authority. */
  readonly ca?: string;
}

const PEM_BEGIN = Buffer.from('-----BEGIN ');
const JKS_MAGIC = 0xfeedfeed;
/** The first byte of a PKCS12 file: a sequence in DER. */
const DER_SEQUENCE = 0x30;
/** Bytes; a store of all the world's authorities has some hundred thousand. */
const MAX_STORE_SIZE = 16 * 1024 * 1024;

/**
 * What `tls.connect`, and the option `tls` of a client, need of a key store and a trust store. Without a trust store the authorities
 * are those of Node.js.
 *
 * @throws KeyStoreError where a file cannot be read, the password is wrong, or it holds nothing of use
 */
export async function keyStoreTls(stores: {
  /** The client's own key and certificate. */
  readonly keyStore?: KeyStore | undefined;
  /** The authorities that it trusts. */
  readonly trustStore?: KeyStore | undefined;
}): Promise<ConnectionOptions> {
  const { keyStore, trustStore } = stores;
  return {
    ...(keyStore === undefined ? {} : await keyOptions(keyStore)),
    ...(trustStore === undefined ? {} : { ca: await authorities(trustStore) }),
  };
}

async function keyOptions({ file, password }: KeyStore): Promise<ConnectionOptions> {
  const bytes = await read(file);
  if (isPem(bytes)) {
    return { key: bytes, cert: bytes, ...(password === undefined ? {} : { passphrase: password }) };
  }
  const found = (await entries(file, bytes, password)).find(({ key }) => key !== undefined);
  if (found?.key === undefined || found.cert === undefined) {
    throw new KeyStoreError(`${file}: there is no key with a certificate in it`);
  }
  return { key: found.key, cert: found.cert };
}

async function authorities({ file, password }: KeyStore): Promise<Buffer | string[]> {
  const bytes = await read(file);
  if (isPem(bytes)) return bytes;
  const found = (await entries(file, bytes, password)).flatMap(({ ca }) =>
    ca === undefined ? [] : [ca],
  );
  if (found.length === 0) throw new KeyStoreError(`${file}: there is no trusted certificate in it`);
  return found;
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeyStoreError(`${file}: it cannot be read: ${reason}`, { cause });
  }
}

/** A PEM file may begin with words about what is in it. */
function isPem(bytes: Buffer): boolean {
  return bytes.includes(PEM_BEGIN);
}

async function entries(
  file: string,
  bytes: Buffer,
  password: string | undefined,
): Promise<readonly Entry[]> {
  const isKnown = bytes.length >= 4 && bytes.length <= MAX_STORE_SIZE;
  if (!isKnown || (bytes.readUInt32BE(0) !== JKS_MAGIC && bytes[0] !== DER_SEQUENCE)) {
    throw new KeyStoreError(`${file}: it is neither JKS nor PKCS12 nor PEM`);
  }
  // Few need it, and it takes longer to load than all the rest of the client.
  const { toPem } = await import('jks-js');
  try {
    return Object.values(toPem(bytes, password ?? ''));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KeyStoreError(`${file}: it is damaged, or the password is wrong: ${reason}`, {
      cause,
    });
  }
}
