/*
 * What an operator of one server has: a folder with a configuration, and bin/zk-server for it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Finished, run } from '../harness/command.ts';

/** The folder of the programs. */
export const bin = fileURLToPath(new URL('../../bin/', import.meta.url));
/** What operators type. */
export const zkServer = join(bin, 'zk-server');

/** A folder with a configuration in conf/, as an operator has it. */
export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'zk-cli-test-'));
  readonly conf: string;
  readonly data: string;
  readonly pidFile: string;
  readonly port: number;

  constructor(port: number) {
    this.port = port;
    this.conf = join(this.folder, 'zoo.cfg');
    this.data = join(this.folder, 'data');
    this.pidFile = join(this.data, 'zookeeper_server.pid');
    this.configure('');
  }

  configure(more: string, dataDir = this.data): void {
    writeFileSync(
      this.conf,
      `dataDir=${dataDir}\nclientPort=${this.port}\nclientPortAddress=127.0.0.1\n${more}`,
    );
  }

  env(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return { ZOOCFGDIR: this.folder, ZOO_LOG_DIR: join(this.folder, 'logs'), ...more };
  }

  zk(...args: readonly string[]): Promise<Finished> {
    return run(zkServer, args, { env: this.env(), cwd: this.folder });
  }

  pid(): number {
    return Number(readFileSync(this.pidFile, 'utf8'));
  }

  async remove(): Promise<void> {
    if (existsSync(this.pidFile)) await this.zk('stop');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
