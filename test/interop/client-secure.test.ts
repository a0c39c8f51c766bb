/*
 * The client library and zk-cli with an Apache ZooKeeper that wants to know who they are: SASL (DIGEST-MD5) and TLS with key
 * stores of keytool.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AuthFailedError,
  ConnectionLossError,
  KeyStoreError,
  keyStoreTls,
  NoAuthError,
  ZooKeeper,
  type ZooKeeperOptions,
} from '../../src/client/index.ts';
import { failure } from '../client/stories/scene.ts';
import { run, runWell } from '../harness/command.ts';
import { keytool } from '../harness/java.ts';
import { freePort } from '../harness/ports.ts';
import { startServer, type TestServer } from '../harness/server.ts';

const zkCli = fileURLToPath(new URL('../../bin/zk-cli', import.meta.url));
const DIGEST = 'org.apache.zookeeper.server.auth.DigestLoginModule';
const password = 'changeit';

let folder: string;
let server: TestServer;
let secureAddress: string;

/** A file of its own in the folder. */
const file = (name: string): string => join(folder, name);

async function tool(...args: readonly string[]): Promise<void> {
  await runWell(keytool(), ['-noprompt', '-storepass', password, '-keypass', password, ...args]);
}

/** A key with a certificate for this machine, and a store that trusts it. */
async function makeStores(name: string, algorithm: string, type: string): Promise<void> {
  const kind = ['-storetype', type, '-alias', name];
  const key = [...kind, '-keystore', file(`${name}.store`)];
  const owner = ['-dname', `CN=${name}`, '-ext', 'san=dns:localhost,ip:127.0.0.1'];
  await tool('-genkeypair', '-keyalg', algorithm, ...owner, ...key);
  await tool('-exportcert', '-rfc', '-file', file(`${name}.crt`), ...key);
  const imported = ['-importcert', '-file', file(`${name}.crt`)];
  await tool(...imported, ...kind, '-keystore', file(`trust-${name}.store`));
  // What the server trusts.
  await tool(...imported, '-alias', name, '-keystore', file('clients.jks'), '-storetype', 'JKS');
}

const storesOf = (key: string, trust: string) => ({
  keyStore: { file: file(`${key}.store`), password },
  trustStore: { file: file(`trust-${trust}.store`), password },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zk-secure-'));
  await makeStores('server', 'RSA', 'JKS');
  await makeStores('jks', 'EC', 'JKS');
  await makeStores('p12', 'RSA', 'PKCS12');
  const users = 'user_bob="builder" user_jörg="pä\\"ss" user_kenji="ひみつ"';
  await writeFile(file('server.jaas'), `Server { ${DIGEST} required ${users}; };`);
  const securePort = await freePort();
  secureAddress = `localhost:${securePort}`;
  server = await startServer('java', {
    'java.security.auth.login.config': file('server.jaas'),
    'authProvider.1': 'org.apache.zookeeper.server.auth.SASLAuthenticationProvider',
    'authProvider.x509': 'org.apache.zookeeper.server.auth.X509AuthenticationProvider',
    serverCnxnFactory: 'org.apache.zookeeper.server.NettyServerCnxnFactory',
    secureClientPort: securePort,
    secureClientPortAddress: '127.0.0.1',
    'ssl.keyStore.location': file('server.store'),
    'ssl.keyStore.password': password,
    'ssl.keyStore.type': 'JKS',
    'ssl.trustStore.location': file('clients.jks'),
    'ssl.trustStore.password': password,
  });
});

afterAll(async () => {
  await server.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('SASL', () => {
  const as = (username: string, secret: string, options: ZooKeeperOptions = {}) =>
    ZooKeeper.connect(server.address, {
      sasl: { username, password: secret },
      reconnectDelayMs: 10,
      ...options,
    });

  it.each([
    ['bob', 'builder'],
    ['jörg', 'pä"ss'],
    ['kenji', 'ひみつ'],
  ])('says that the client is %s', async (username, secret) => {
    await using zk = await as(username, secret);
    const names = (await zk.whoAmI()).map(({ scheme, user }) => `${scheme}:${user}`);
    expect(names).toContain(`sasl:${username}`);
  });

  it('says it again on each connection, before what waits for it and the watches', async () => {
    await using zk = await as('bob', 'builder');
    const acl = [{ perms: 31, id: { scheme: 'sasl', id: 'bob' } }];
    await zk.create('/bobs', 'secret', { acl });
    const events: string[] = [];
    await zk.getData('/bobs', { watch: ({ type }) => events.push(type) });
    for (let round = 0; round < 5; round++) {
      const again = once(zk, 'saslAuthenticated');
      zk.reconnect();
      const waited = zk.getData('/bobs');
      await again;
      expect((await waited).data?.toString()).toBe('secret');
    }
    await zk.setData('/bobs', 'changed');
    expect(events).toEqual(['nodeDataChanged']);
    await using other = await ZooKeeper.connect(server.address);
    expect(await failure(other.getData('/bobs'))).toBeInstanceOf(NoAuthError);
  });

  it('is gone on with when the server was killed', async () => {
    await using zk = await as('bob', 'builder');
    const again = once(zk, 'saslAuthenticated');
    await server.kill9();
    await server.start();
    await again;
    expect((await zk.whoAmI()).some(({ user }) => user === 'bob')).toBe(true);
  });

  it('with a wrong password is the end of the session, and says so', async () => {
    const error = await failure(as('bob', 'wrecker'));
    expect(error).toBeInstanceOf(AuthFailedError);
    expect(error.message).toContain('refuses the SASL credentials');
    expect(await failure(as('nobody', 'guessed'))).toBeInstanceOf(AuthFailedError);
  });

  it('is what zk-cli does with a login configuration of Java', async () => {
    const client = file('client.jaas');
    const login = { JVMFLAGS: `-Djava.security.auth.login.config=${client}` };
    const whoAmI = ['-server', server.address, 'whoami'];
    await writeFile(client, `Client { ${DIGEST} required username="bob" password="builder"; };`);
    const { stdout, code } = await run(zkCli, whoAmI, { env: login });
    expect(code).toBe(0);
    const [connected, authenticated] = [
      stdout.indexOf('state:SyncConnected type:None path:null'),
      stdout.indexOf('state:SaslAuthenticated type:None path:null'),
    ];
    expect(connected).toBeGreaterThan(0);
    expect(authenticated).toBeGreaterThan(connected);
    expect(stdout).toContain('sasl: bob');
    await writeFile(client, `Client { ${DIGEST} required username="bob" password="x"; };`);
    const refused = await run(zkCli, whoAmI, { env: login });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('state:AuthFailed type:None path:null');
    expect(refused.stderr).toContain('KeeperErrorCode = AuthFailed');
  });
});

describe('a key store of keytool', () => {
  it.each([['jks'], ['p12']])('of type %s shows who the client is', async (name) => {
    const tls = await keyStoreTls(storesOf(name, 'server'));
    await using zk = await ZooKeeper.connect(secureAddress, { tls });
    expect(await zk.whoAmI()).toContainEqual({ scheme: 'x509', user: `CN=${name}` });
  });

  it('that does not trust the server keeps the client away from it', async () => {
    for (const name of ['jks', 'p12']) {
      const tls = await keyStoreTls({ trustStore: storesOf(name, name).trustStore });
      const connecting = ZooKeeper.connect(secureAddress, { tls, timeoutMs: 1_000 });
      expect(await failure(connecting)).toBeInstanceOf(ConnectionLossError);
    }
  });

  it('with a wrong password, without what is asked for, or damaged is refused', async () => {
    const { keyStore, trustStore } = storesOf('jks', 'p12');
    for (const { file: path } of [keyStore, trustStore]) {
      const wrong = keyStoreTls({ keyStore: { file: path, password: 'x' } });
      await expect(wrong).rejects.toThrow(`${path}: it is damaged, or the password is wrong`);
    }
    expect(await failure(keyStoreTls({ trustStore: keyStore }))).toBeInstanceOf(KeyStoreError);
    await expect(keyStoreTls({ keyStore: trustStore })).rejects.toThrow('there is no key');
    const cut = file('cut.store');
    await writeFile(cut, Buffer.from('feedfeed0000000200000005', 'hex'));
    await expect(keyStoreTls({ keyStore: { file: cut, password } })).rejects.toThrow(KeyStoreError);
  });

  it('is what zk-cli takes from the client configuration', async () => {
    const configuration = file('client.cfg');
    const lines = Object.entries(storesOf('jks', 'server')).flatMap(([kind, store]) => [
      `zookeeper.ssl.${kind}.location=${store.file}`,
      `zookeeper.ssl.${kind}.password=${store.password}`,
    ]);
    await writeFile(configuration, ['zookeeper.client.secure=true', ...lines].join('\n'));
    const args = ['-server', secureAddress, '-client-configuration', configuration, 'whoami'];
    const { stdout } = await runWell(zkCli, args);
    expect(stdout).toContain('x509: CN=jks');
  });
});
