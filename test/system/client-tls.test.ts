/*
 * The client library over TLS: a wire that speaks TLS to the client and clear text to the server, as a secure port would.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionLossError, ZooKeeper } from '../../src/client/index.ts';
import { needProgram, runWell } from '../harness/command.ts';
import { startServer, type TestServer } from '../harness/server.ts';

interface Certificate {
  readonly key: Buffer;
  readonly cert: Buffer;
}

/** A certificate for `name`, signed by itself. */
async function certificateFor(folder: string, name: string): Promise<Certificate> {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const kind = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '2',
  ];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const files = ['-keyout', key, '-out', cert];
  await runWell(needProgram('openssl', 'openssl'), ['req', '-x509', ...kind, ...subject, ...files]);
  return { key: await readFile(key), cert: await readFile(cert) };
}

describe('the client over TLS', () => {
  let folder: string;
  let server: TestServer;
  let trusted: Certificate;
  let other: Certificate;
  const sockets = new Set<Socket>();
  const names: unknown[] = [];

  const accept = (secure: TLSSocket): void => {
    names.push(secure.getPeerCertificate().subject?.CN);
    const plain = connect(server.port, '127.0.0.1');
    for (const [from, to] of [
      [secure, plain],
      [plain, secure],
    ] as const) {
      sockets.add(from);
      // A client that goes away is no news here.
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  };

  let address: string;
  let close: () => void;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zk-client-tls-'));
    server = await startServer('ours');
    trusted = await certificateFor(folder, 'localhost');
    other = await certificateFor(folder, 'elsewhere');
    const options = { ...trusted, ca: other.cert, requestCert: true, rejectUnauthorized: false };
    const wire = createServer(options, accept).listen(0, '127.0.0.1');
    await once(wire, 'listening');
    const bound = wire.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    address = `127.0.0.1:${bound.port}`;
    close = () => {
      for (const socket of sockets) socket.destroy();
      wire.close();
    };
  });

  afterAll(async () => {
    close();
    await server.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('works with a server that it can trust, and shows its own certificate', async () => {
    const tls = { ca: trusted.cert, key: other.key, cert: other.cert };
    await using zk = await ZooKeeper.connect(address, { tls });
    expect(await zk.create('/secure', 'x'.repeat(500_000))).toBe('/secure');
    expect((await zk.getData('/secure')).stat.dataLength).toBe(500_000);
    expect(names.at(-1)).toBe('elsewhere');
  });

  it('refuses a server whose certificate it does not know, and says why', async () => {
    const error = await ZooKeeper.connect(address, { tls: true, timeoutMs: 4_000 }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConnectionLossError);
    expect(String(error)).toMatch(/self[- ]signed/);
  });

  it('refuses a certificate that is for another name', async () => {
    const tls = { ca: trusted.cert, servername: 'other.example' };
    const connecting = ZooKeeper.connect(address, { tls, timeoutMs: 4_000 });
    await expect(connecting).rejects.toThrow(/other\.example/);
  });
});
