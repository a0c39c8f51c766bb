/*
 * The tables of numbers against those of Apache ZooKeeper 3.8.0, as reflection sees them.
 */

import { describe, expect, it } from 'vitest';
import { ErrorCode, errorName } from '../../src/jute/error-code.ts';
import {
  AddWatchMode,
  CreateMode,
  EventType,
  KEEPER_STATE_SYNC_CONNECTED,
  OpCode,
  opName,
  Perms,
  SpecialXid,
  WatcherType,
} from '../../src/jute/op-code.ts';
import { goldenCodes } from './golden-files.ts';

/** Names without case and underscores: Java shouts them. */
function bare(entries: Iterable<readonly [string, number]>): Record<string, number> {
  const pairs = [...entries].map(([name, code]) => [name.replaceAll('_', '').toLowerCase(), code]);
  return Object.fromEntries(pairs);
}

describe('the numbers of ZooKeeper', () => {
  it('has the op codes of ZooDefs.OpCode, by the same names', () => {
    expect(OpCode).toEqual(Object.fromEntries(goldenCodes('OpCode')));
  });

  it.each([
    ['ErrorCode', ErrorCode],
    ['CreateMode', CreateMode],
    ['Perms', Perms],
    ['EventType', EventType],
    ['AddWatchMode', AddWatchMode],
  ])('has every %s', (table, ours) => {
    expect(bare(Object.entries(ours))).toEqual(bare(goldenCodes(table)));
  });

  it('has the WatcherTypes of 3.8, and the two that came with 3.9', () => {
    const since39 = { persistent: 4, persistentrecursive: 5 };
    expect(bare(Object.entries(WatcherType))).toEqual({
      ...bare(goldenCodes('WatcherType')),
      ...since39,
    });
  });

  it('has the xids of ClientCnxn', () => {
    const java = goldenCodes('SpecialXid');
    expect(java.size).toBe(Object.keys(SpecialXid).length);
    expect(SpecialXid).toEqual({
      notification: java.get('NOTIFICATION_XID'),
      ping: java.get('PING_XID'),
      auth: java.get('AUTHPACKET_XID'),
      setWatches: java.get('SET_WATCHES_XID'),
    });
  });

  it('has the state that events carry', () => {
    expect(KEEPER_STATE_SYNC_CONNECTED).toBe(goldenCodes('KeeperState').get('SyncConnected'));
  });
});

describe('names of numbers', () => {
  it('names an error and an operation', () => {
    expect(errorName(-101)).toBe('noNode');
    expect(opName(-11)).toBe('closeSession');
  });

  it('gives the number of what ZooKeeper does not have', () => {
    expect(errorName(-9999)).toBe('error -9999');
    expect(opName(77)).toBe('unknown 77');
  });
});
