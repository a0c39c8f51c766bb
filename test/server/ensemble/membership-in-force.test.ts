/*
 * The membership that can change, and what is left of it in files (Java: QuorumPeer.setQuorumVerifier, setLastSeenQuorumVerifier).
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toZxid } from '../../../src/jute/int64.ts';
import { OpCode } from '../../../src/jute/op-code.ts';
import { configText, type Membership, withVersion } from '../../../src/quorum/membership.ts';
import { MembershipInForce } from '../../../src/server/ensemble/membership-in-force.ts';
import { DynamicConfig } from '../../../src/server/host/dynamic-config.ts';
import { createTxn, newTree, SESSION } from '../../datatree/storage/scene.ts';
import { membership } from '../../quorum/java-memberships.ts';

const LINES = 'server.1=a:2888:3888\nserver.2=b:2888:3888\n';
const written = membership(LINES);
const told = withVersion(written, 0x1_0000_0000n);

let directory = '';
let lines: string[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'membership-'));
  writeFileSync(join(directory, 'zoo.cfg'), LINES);
  lines = [];
});

afterEach(() => rmSync(directory, { recursive: true }));

const fileNames = () => readdirSync(directory).sort();

function inForce(proposedMembership: Membership | null = null, current = written) {
  const say = (line: string): unknown => lines.push(line);
  return new MembershipInForce(
    { debug: say, info: say, warn: say, error: say },
    new DynamicConfig(join(directory, 'zoo.cfg'), 1),
    { membership: current, proposedMembership },
  );
}

describe('a membership that a leader tells', () => {
  it('is kept apart until it is agreed on, and then in a file of its version alone', () => {
    const force = inForce();
    force.toldByLeader(configText(told));
    expect(fileNames()).toEqual(['zoo.cfg', 'zoo.cfg.dynamic.next']);
    expect(force.current.version).toBe(0n);
    force.agreed();
    expect(fileNames()).toEqual(['zoo.cfg', 'zoo.cfg.dynamic.100000000']);
    expect(force.current.version).toBe(0x1_0000_0000n);
  });

  it('that the first leader has made itself leaves no other file', () => {
    const force = inForce();
    expect(force.toldBy(toZxid(0x1_0000_0000n))).toContain('version=100000000');
    force.agreed();
    expect(fileNames()).toEqual(['zoo.cfg', 'zoo.cfg.dynamic.100000000']);
  });

  it('is in force also where it cannot be written, which is told', () => {
    mkdirSync(join(directory, 'zoo.cfg.dynamic.next.tmp'));
    mkdirSync(join(directory, 'zoo.cfg.dynamic.100000000.tmp'));
    const force = inForce();
    force.toldByLeader(configText(told));
    force.agreed();
    expect(force.current.version).toBe(0x1_0000_0000n);
    const failures = lines.filter((line) => line.startsWith('the membership cannot be kept'));
    expect(failures).toHaveLength(2);
    expect(failures[0]).toContain('zoo.cfg.dynamic.next');
  });
});

describe('a membership that was proposed before the start', () => {
  it('is what a leader tells, unless a newer one is in force', () => {
    const newer = withVersion(written, 0x2_0000_0001n);
    const zxid = toZxid(0x3_0000_0000n);
    expect(inForce(newer, told).toldBy(zxid)).toContain('version=200000001');
    expect(inForce(told, newer).toldBy(zxid)).toContain('version=200000001');
  });
});

describe('a membership that a transaction proposes', () => {
  const alone = withVersion(membership('server.1=a:2888:3888'), 0x1_0000_0001n);
  const committed = (force: MembershipInForce, text: string) => {
    const tree = newTree();
    const header = { clientId: SESSION, cxid: 1, zxid: toZxid(0x1_0000_0001n), time: 1 };
    const data = Buffer.from(text);
    const txn = { type: OpCode.reconfig, path: '/zookeeper/config', data, version: -1 } as const;
    tree.apply({ ...header, type: txn.type }, txn);
    return { force, tree };
  };

  it('is kept, told by this server when it leads, and not in force', () => {
    const force = inForce();
    force.proposedBy(configText(alone));
    expect(fileNames()).toEqual(['zoo.cfg', 'zoo.cfg.dynamic.next']);
    expect(force.toldBy(toZxid(0x2_0000_0000n))).toContain('version=100000001');
    expect(force.rule.hasQuorum(new Set([1]))).toBe(false);
    expect(force.proposedRule.hasQuorum(new Set([1]))).toBe(true);
  });

  it('is not agreed on with an epoch whose leader tells another', () => {
    const force = inForce();
    force.proposedBy(configText(alone));
    force.toldByLeader(configText(told));
    force.agreed();
    expect(force.current.version).toBe(told.version);
    expect(force.rule.hasQuorum(new Set([1]))).toBe(false);
  });

  it('is in force when the epoch that has committed it is over', () => {
    const { force, tree } = committed(inForce(), configText(alone));
    force.epochEnded(tree);
    expect(force.current.version).toBe(alone.version);
    expect(force.proposedRule).toBe(force.rule);
  });

  it('is not in force for standing in the tree of one in which nobody was served: it may come out of the log', () => {
    const { force } = committed(inForce(), configText(alone));
    force.epochEnded(null);
    expect(force.current.version).toBe(0n);
  });
});

describe('/zookeeper/config', () => {
  it('shows the membership, and its version as mzxid, while the tree is where its history is', () => {
    const tree = newTree();
    tree.apply(
      { clientId: SESSION, cxid: 1, zxid: toZxid(0x1_0000_0007n), time: 1, type: OpCode.create },
      createTxn('/a'),
    );
    const before = [tree.lastProcessedZxid, tree.lastProcessedZxidDigest];
    const force = inForce();
    force.toldByLeader(configText(withVersion(written, 0x1_0000_0009n)));
    force.agreed();
    force.show(tree, 5);
    const row = tree.findPath('/zookeeper/config');
    expect(tree.dataOf(row)?.toString()).toContain('version=100000009');
    expect(tree.statOf(row)).toMatchObject({ mzxid: 0x1_0000_0009n, mtime: 5 });
    expect([tree.lastProcessedZxid, tree.lastProcessedZxidDigest]).toEqual(before);
  });
});
