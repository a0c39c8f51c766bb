/*
 * The samples of module txn, and of multi, which has no module, in the order of golden/Records.java.
 */

import { toSessionId, toZxid } from '../../src/jute/int64.ts';
import type { MultiOp, MultiResult } from '../../src/jute/multi.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import type { Txn, TxnDigest } from '../../src/jute/txn.ts';
import * as codecs from './codecs.ts';
import type { Sample } from './samples.ts';
import {
  ACLS,
  DATA,
  EMPTY,
  EXTREME_STAT,
  MANY_PATHS,
  MAX_INT,
  MAX_LONG,
  MAX_TIME,
  MIN_INT,
  MIN_LONG,
  OPEN,
  PATH,
  PATHS,
  SESSION,
  STAT,
  sample,
  THREE_BYTES,
  TWO_BYTES,
  ZXID,
} from './samples.ts';

/** The header and the digest of the records called entry/… */
export const HEADER = {
  clientId: SESSION,
  cxid: 7,
  zxid: ZXID,
  time: 1700000000123,
  type: OpCode.create,
};
export const DIGEST: TxnDigest = { version: 2, treeDigest: 0x7d7a9b5e3c1f0a28n };

/** A TxnDigest that is cut anywhere is one that was never there. */
function digestSample(name: string, digest: TxnDigest): Sample {
  const cuts = Array.from({ length: 12 }, (_, index) => [index + 1, undefined] as const);
  return sample<TxnDigest | undefined>(name, codecs.txnDigest, digest, cuts);
}

/** The same bytes stand for a create and for a create2; without their last four, for what 3.3 has written. */
function createSamples(name: string, fields: Omit<Txn & { type: 1 | 15 }, 'type'>): Sample[] {
  return [OpCode.create, OpCode.create2].map((type) => {
    const value: Txn = { type, ...fields };
    return sample(name, codecs.txn(type), value, [[4, { ...value, parentCVersion: -1 }]]);
  });
}

function closeSample(name: string, paths2Delete: readonly string[]): Sample {
  const type = OpCode.closeSession;
  const none: Txn = { type, paths2Delete: null };
  const value: Txn = { type, paths2Delete };
  const made = sample<Txn>(name, codecs.txn(type), value);
  return { ...made, shorter: new Map([[0, none]]) };
}

/** One sample for each op code whose transactions have the same layout. */
function txnSamples(name: string, ...txns: Txn[]): Sample[] {
  return txns.map((txn) => sample(name, codecs.txn(txn.type), txn));
}

const create = { path: PATH, data: DATA, acl: ACLS, ephemeral: true, parentCVersion: 4 };

/** Transactions, whatever stands around them, and multis of them. */
export const transactionSamples: readonly Sample[] = [
  sample('TxnHeader', codecs.txnHeader, HEADER),
  sample('TxnHeader/extreme', codecs.txnHeader, {
    clientId: toSessionId(MIN_LONG),
    cxid: MIN_INT,
    zxid: toZxid(MAX_LONG),
    time: -MAX_TIME,
    type: OpCode.closeSession,
  }),
  digestSample('TxnDigest', DIGEST),
  digestSample('TxnDigest/negative', { version: -1, treeDigest: -1n }),
  ...createSamples('CreateTxn', create),
  ...createSamples('CreateTxn/open', {
    path: THREE_BYTES,
    data: null,
    acl: OPEN,
    ephemeral: false,
    parentCVersion: MAX_INT,
  }),
  ...createSamples('CreateTxn/empty', {
    path: '',
    data: EMPTY,
    acl: [],
    ephemeral: false,
    parentCVersion: -1,
  }),
  ...createSamples('CreateTxn/null', {
    path: PATH,
    data: null,
    acl: null,
    ephemeral: false,
    parentCVersion: MIN_INT,
  }),
  ...txnSamples('CreateContainerTxn', {
    type: OpCode.createContainer,
    path: TWO_BYTES,
    data: DATA,
    acl: ACLS,
    parentCVersion: 9,
  }),
  ...txnSamples('CreateContainerTxn/null', {
    type: OpCode.createContainer,
    path: PATH,
    data: null,
    acl: null,
    parentCVersion: -1,
  }),
  ...txnSamples('CreateTTLTxn', {
    type: OpCode.createTTL,
    path: PATH,
    data: DATA,
    acl: ACLS,
    parentCVersion: 4,
    ttl: 60000n,
  }),
  ...txnSamples('CreateTTLTxn/extreme', {
    type: OpCode.createTTL,
    path: PATH,
    data: EMPTY,
    acl: OPEN,
    parentCVersion: MIN_INT,
    ttl: MIN_LONG,
  }),
  ...txnSamples(
    'DeleteTxn',
    { type: OpCode.delete, path: THREE_BYTES },
    { type: OpCode.deleteContainer, path: THREE_BYTES },
  ),
  ...txnSamples(
    'SetDataTxn',
    { type: OpCode.setData, path: PATH, data: DATA, version: 3 },
    { type: OpCode.reconfig, path: PATH, data: DATA, version: 3 },
  ),
  ...txnSamples('SetDataTxn/null', {
    type: OpCode.setData,
    path: '',
    data: null,
    version: MIN_INT,
  }),
  ...txnSamples('SetACLTxn', { type: OpCode.setACL, path: PATH, acl: ACLS, version: 3 }),
  ...txnSamples('SetACLTxn/null', { type: OpCode.setACL, path: TWO_BYTES, acl: null, version: -1 }),
  ...txnSamples('CheckVersionTxn', { type: OpCode.check, path: PATH, version: 3 }),
  ...txnSamples('CreateSessionTxn', { type: OpCode.createSession, timeOut: 30000 }),
  ...txnSamples('CreateSessionTxn/negative', { type: OpCode.createSession, timeOut: -1 }),
  closeSample('CloseSessionTxn', [PATH, TWO_BYTES, THREE_BYTES]),
  closeSample('CloseSessionTxn/empty', []),
  closeSample('CloseSessionTxn/long', MANY_PATHS),
  ...txnSamples('ErrorTxn', { type: OpCode.error, err: -110 }),
  ...txnSamples('MultiTxn', {
    type: OpCode.multi,
    txns: [
      { ...create, type: OpCode.create, ephemeral: false, parentCVersion: 1 },
      { type: OpCode.createContainer, path: '/c', data: null, acl: OPEN, parentCVersion: 2 },
      {
        type: OpCode.createTTL,
        path: TWO_BYTES,
        data: EMPTY,
        acl: [],
        parentCVersion: 3,
        ttl: 1n,
      },
      { type: OpCode.delete, path: THREE_BYTES },
      { type: OpCode.setData, path: PATH, data: DATA, version: 4 },
      { type: OpCode.check, path: PATH, version: -1 },
    ],
  }),
  ...txnSamples('MultiTxn/failed', {
    type: OpCode.multi,
    txns: [
      { type: OpCode.error, err: 0 },
      { type: OpCode.error, err: -101 },
    ],
  }),
  ...txnSamples('MultiTxn/empty', { type: OpCode.multi, txns: [] }),
];

function opsSample(variant: string, ...ops: MultiOp[]): Sample {
  return sample(`MultiOperationRecord/${variant}`, codecs.multiOps, ops);
}

function resultsSample(variant: string, ...results: MultiResult[]): Sample {
  return sample(`MultiResponse/${variant}`, codecs.multiResults, results);
}

const plain = { type: OpCode.create, flags: 0, ttl: -1n };

/** Requests and responses of multi and multiRead. */
export const multiSamples: readonly Sample[] = [
  opsSample('create', {
    type: OpCode.create,
    path: PATH,
    data: DATA,
    acl: ACLS,
    flags: 3,
    ttl: -1n,
  }),
  opsSample('createContainer', {
    type: OpCode.createContainer,
    path: '/c',
    data: null,
    acl: OPEN,
    flags: 4,
    ttl: -1n,
  }),
  opsSample('createTTL', {
    type: OpCode.createTTL,
    path: TWO_BYTES,
    data: EMPTY,
    acl: ACLS,
    flags: 6,
    ttl: 60000n,
  }),
  opsSample('delete', { type: OpCode.delete, path: THREE_BYTES, version: -1 }),
  opsSample('check', { type: OpCode.check, path: PATH, version: MAX_INT }),
  opsSample('setData', { type: OpCode.setData, path: PATH, data: DATA, version: 3 }),
  opsSample('getData', { type: OpCode.getData, path: PATH, watch: false }),
  opsSample('getChildren', { type: OpCode.getChildren, path: TWO_BYTES, watch: false }),
  opsSample('empty'),
  opsSample(
    'null',
    { ...plain, path: null, data: null, acl: null },
    { type: OpCode.delete, path: null, version: 0 },
    { type: OpCode.setData, path: null, data: null, version: 0 },
    { type: OpCode.check, path: null, version: 0 },
  ),
  opsSample(
    'writing',
    { ...plain, path: '/a', data: DATA, acl: [] },
    { type: OpCode.setData, path: '/a', data: EMPTY, version: 0 },
    { type: OpCode.check, path: '/a', version: 1 },
    { type: OpCode.delete, path: '/a', version: 1 },
  ),
  opsSample(
    'reading',
    { type: OpCode.getData, path: '/a', watch: false },
    { type: OpCode.getChildren, path: '/', watch: false },
    { type: OpCode.getData, path: null, watch: false },
  ),
  resultsSample('create', { type: OpCode.create, path: PATH }),
  resultsSample('create2', { type: OpCode.create2, path: TWO_BYTES, stat: STAT }),
  resultsSample('delete', { type: OpCode.delete }),
  resultsSample('check', { type: OpCode.check }),
  resultsSample('setData', { type: OpCode.setData, stat: EXTREME_STAT }),
  resultsSample('getChildren', { type: OpCode.getChildren, children: PATHS }),
  resultsSample('getData', { type: OpCode.getData, data: DATA, stat: STAT }),
  resultsSample(
    'failed',
    { type: OpCode.error, err: 0 },
    { type: OpCode.error, err: -101 },
    { type: OpCode.error, err: -2 },
  ),
  resultsSample(
    'null',
    { type: OpCode.create, path: null },
    { type: OpCode.getChildren, children: null },
    { type: OpCode.getData, data: null, stat: STAT },
  ),
  resultsSample('empty'),
];
