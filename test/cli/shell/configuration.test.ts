/*
 * How zk-cli is told of TLS and SASL: properties, -D flags, and the login configuration of Java (JAAS).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readClientConfiguration } from '../../../src/cli/shell/client-configuration.ts';
import { saslCredentials } from '../../../src/cli/shell/jaas.ts';

let folder = '';
const notes: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'zk-cli-'));
  notes.length = 0;
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const written = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const configured = (lines: readonly string[], flags: readonly string[] = []) =>
  readClientConfiguration(
    { flags, file: lines.length === 0 ? null : written('client.cfg', lines.join('\n')) },
    (line) => notes.push(line),
  );

describe('a client configuration', () => {
  it('is in clear text unless it says that it is secure', async () => {
    const named = 'zookeeper.ssl.keyStore.location=/nowhere.jks';
    expect(await configured([named])).toEqual({ tls: false });
    expect(await configured([])).toEqual({ tls: false });
    expect((await configured(['jute.maxbuffer=4194304'])).juteMaxBuffer).toBe(4_194_304);
  });

  it('takes flags of a JVM, and the file before them', async () => {
    const flags = ['-Xmx256m -Djute.maxbuffer=1000', '-Djute.maxbuffer=2000'];
    expect((await configured([], flags)).juteMaxBuffer).toBe(2000);
    expect((await configured(['jute.maxbuffer=3000'], flags)).juteMaxBuffer).toBe(3000);
    await expect(configured([], ['-Djute.maxbuffer=x'])).rejects.toThrow('a number of bytes');
  });

  it('takes key and certificates from PEM files, and passwords from files', async () => {
    const pem = written('client.pem', '-----BEGIN CERTIFICATE-----');
    const { tls } = await configured([
      'zookeeper.client.secure=true',
      `zookeeper.ssl.keyStore.location=${pem}`,
      `zookeeper.ssl.keyStore.passwordPath=${written('password', 'secret\n')}`,
      `zookeeper.ssl.trustStore.location=${pem}`,
      'zookeeper.ssl.enabledProtocols=TLSv1.3, TLSv1.2',
    ]);
    const bytes = Buffer.from('-----BEGIN CERTIFICATE-----');
    const versions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' };
    expect(tls).toEqual({ cert: bytes, key: bytes, ca: bytes, passphrase: 'secret', ...versions });
  });

  it.each([
    ['keyStore.location=/nowhere.jks', '/nowhere.jks: it cannot be read'],
    ['trustStore.location=/dev/null', '/dev/null: it is neither JKS nor PKCS12 nor PEM'],
    ['keyStore.passwordPath=/nowhere\nzookeeper.ssl.keyStore.location=/a', 'Cannot read /nowhere'],
    ['enabledProtocols=SSLv3', 'SSLv3 is no version of TLS'],
    ['crl=true', 'revoked certificates cannot be looked up'],
  ])('is refused with %s', async (line, reason) => {
    const lines = ['zookeeper.client.secure=true', `zookeeper.ssl.${line}`];
    await expect(configured(lines)).rejects.toThrow(reason);
  });
});

const DIGEST = 'org.apache.zookeeper.server.auth.DigestLoginModule';

describe('a login configuration', () => {
  const client = `Client { ${DIGEST} required username="bob" password="builder"; };`;
  const flag = (text: string): string =>
    `-Djava.security.auth.login.config=${written('jaas.conf', text)}`;

  it('says who the client is', async () => {
    const { sasl } = await configured([], [`-Xmx1g ${flag(client)}`]);
    expect(sasl).toEqual({ username: 'bob', password: 'builder' });
    const off = await configured(['zookeeper.sasl.client=false'], [flag(client)]);
    expect(off.sasl).toBeUndefined();
  });

  it('may have comments, other sections, and anything in quotation marks', () => {
    const text = `// of the cluster
      Server { ${DIGEST} required user_bob="x"; };
      /* of {clients} */
      Client {
        ${DIGEST} REQUIRED
        username = "jörg" // him
        password="a \\"b\\" {c};=";
      };`;
    const credentials = { username: 'jörg', password: 'a "b" {c};=' };
    expect(saslCredentials(text, 'Client', 'f')).toEqual(credentials);
    expect(saslCredentials(text, 'Other', 'f')).toBeNull();
  });

  it('without a section for clients is that of a server, unless a section was asked for', async () => {
    const server = flag(client.replace('Client', 'Server'));
    expect((await configured([], [server])).sasl).toBeUndefined();
    expect(notes.join()).toContain('going on without SASL');
    const asked = configured([], [server, '-Dzookeeper.sasl.clientconfig=Mine']);
    await expect(asked).rejects.toThrow('there is no section Mine');
  });

  it.each([
    ['Client {', 'a login module is missing in front of the end'],
    ['Client { };x', '{ is missing in front of the end'],
    [`Client { ${DIGEST} maybe; };`, 'maybe is no flag'],
    [`Client { ${DIGEST} required username= };`, 'the value of username is missing in front of }'],
    [`Client { ${DIGEST} required username="bob"; };`, 'it needs username="…" and password="…"'],
    ['Client {\n "open', 'line 1 cannot be read'],
    ['Client { com.sun.security.auth.module.Krb5LoginModule required; };', 'Kerberos (GSSAPI)'],
  ])('%s is refused', (text, reason) => {
    expect(() => saslCredentials(text, 'Client', 'f')).toThrow(reason);
  });
});
