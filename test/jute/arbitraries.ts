/*
 * Values of every record of src/jute as fast-check draws them: any number that fits, any text, and null wherever the wire has one.
 */

import fc from 'fast-check';
import type { ACL } from '../../src/jute/data.ts';
import { OPEN_ACL_UNSAFE } from '../../src/jute/data.ts';
import { toSessionId, toZxid } from '../../src/jute/int64.ts';
import type { MultiOp, MultiResult, MultiWriteOp } from '../../src/jute/multi.ts';
import { CreateMode, OpCode } from '../../src/jute/op-code.ts';
import type { Txn } from '../../src/jute/txn.ts';

const type = <T extends number>(...types: T[]) => fc.constantFrom(...types);

export const int = fc.integer();
export const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const zxid = long.map(toZxid);
const sessionId = long.map(toSessionId);
const time = fc.maxSafeInteger();
/** Any characters, U+FFFF and those beyond it too, but no half of one. */
export const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
export const nullableText = fc.option(text, { freq: 8 });
export const texts = fc.option(fc.array(nullableText, { maxLength: 4 }), { freq: 8 });
const bytes = fc.option(
  fc.uint8Array({ maxLength: 20 }).map((drawn) => Buffer.from(drawn)),
  { freq: 8 },
);

export const id = fc.record({ scheme: nullableText, id: nullableText });
export const acl: fc.Arbitrary<ACL> = fc.record({ perms: int, id });
export const acls = fc.option(
  fc.oneof(fc.constant(OPEN_ACL_UNSAFE), fc.array(acl, { maxLength: 3 })),
  { freq: 8 },
);
export const stat = fc.record({
  czxid: zxid,
  mzxid: zxid,
  ctime: time,
  mtime: time,
  version: int,
  cversion: int,
  aversion: int,
  ephemeralOwner: sessionId,
  dataLength: int,
  numChildren: int,
  pzxid: zxid,
});
export const clientInfo = fc.record({ authScheme: nullableText, user: nullableText });

export const connectRequest = fc.record({
  protocolVersion: int,
  lastZxidSeen: zxid,
  timeOut: int,
  sessionId,
  passwd: bytes,
  readOnly: fc.option(fc.boolean()),
});
export const connectResponse = fc.record({
  protocolVersion: int,
  timeOut: int,
  sessionId,
  passwd: bytes,
  readOnly: fc.option(fc.boolean()),
});
export const requestHeader = fc.record({ xid: int, type: int });
export const replyHeader = fc.record({ xid: int, zxid, err: int });
const createFields = { path: nullableText, data: bytes, acl: acls };
export const create = fc.record({ ...createFields, flags: int });
export const createTTL = fc.record({ ...createFields, flags: int, ttl: long });
export const pathVersion = fc.record({ path: nullableText, version: int });
export const setData = fc.record({ path: nullableText, data: bytes, version: int });
export const setACL = fc.record({ path: nullableText, acl: acls, version: int });
export const pathWatch = fc.record({ path: nullableText, watch: fc.boolean() });
export const pathKind = fc.record({ path: nullableText, kind: int });
const oldWatches = { dataWatches: texts, existWatches: texts, childWatches: texts };
export const setWatches = fc.record({
  relativeZxid: zxid,
  ...oldWatches,
  persistentWatches: fc.constant([]),
  persistentRecursiveWatches: fc.constant([]),
});
export const setWatches2 = fc.record({
  relativeZxid: zxid,
  ...oldWatches,
  persistentWatches: texts,
  persistentRecursiveWatches: texts,
});
export const authPacket = fc.record({ type: int, scheme: nullableText, auth: bytes });
export const watcherEvent = fc.record({ type: int, state: int, path: nullableText });
export const create2Response = fc.record({ path: nullableText, stat });
export const getDataResponse = fc.record({ data: bytes, stat });
export const getChildren2Response = fc.record({ children: texts, stat });
export const getACLResponse = fc.record({ acl: acls, stat });
export const whoAmIResponse = fc.array(clientInfo, { maxLength: 4 });

export const txnHeader = fc.record({ clientId: sessionId, cxid: int, zxid, time, type: int });
export const txnDigest = fc.record({ version: int, treeDigest: long });

const txnFields = { path: text, data: bytes, acl: acls, parentCVersion: int };
/** A transaction of any kind but multi. */
export const singleTxn: fc.Arbitrary<Txn> = fc.oneof(
  fc.record({
    type: type(OpCode.create, OpCode.create2),
    ...txnFields,
    ephemeral: fc.boolean(),
  }),
  fc.record({ type: type(OpCode.createContainer), ...txnFields }),
  fc.record({ type: type(OpCode.createTTL), ...txnFields, ttl: long }),
  fc.record({ type: type(OpCode.delete, OpCode.deleteContainer), path: text }),
  fc.record({
    type: type(OpCode.setData, OpCode.reconfig),
    path: text,
    data: bytes,
    version: int,
  }),
  fc.record({ type: type(OpCode.setACL), path: text, acl: acls, version: int }),
  fc.record({ type: type(OpCode.check), path: text, version: int }),
  fc.record({ type: type(OpCode.createSession), timeOut: int }),
  fc.record({
    type: type(OpCode.closeSession),
    paths2Delete: fc.option(
      fc.array(
        text.map((path) => `/${path}`),
        { maxLength: 4 },
      ),
    ),
  }),
  fc.record({ type: type(OpCode.error), err: int }),
);
export const multiTxn: fc.Arbitrary<Txn> = fc.record({
  type: type(OpCode.multi),
  txns: fc.array(singleTxn, { maxLength: 5 }),
});

const noTTL = fc.constant(-1n);
const writeOp: fc.Arbitrary<MultiWriteOp> = fc.oneof(
  fc.record({
    type: type(OpCode.create, OpCode.create2),
    ...createFields,
    flags: int.filter((flags) => flags !== CreateMode.container),
    ttl: noTTL,
  }),
  fc.record({
    type: type(OpCode.createContainer),
    ...createFields,
    flags: type(CreateMode.container),
    ttl: noTTL,
  }),
  fc.record({
    type: type(OpCode.createTTL),
    ...createFields,
    flags: type(CreateMode.persistentWithTTL, CreateMode.persistentSequentialWithTTL),
    ttl: long,
  }),
  fc.record({ type: type(OpCode.delete, OpCode.check), path: nullableText, version: int }),
  fc.record({ type: type(OpCode.setData), path: nullableText, data: bytes, version: int }),
);
const readOp: fc.Arbitrary<MultiOp> = fc.record({
  type: type(OpCode.getData, OpCode.getChildren),
  path: nullableText,
  watch: fc.boolean(),
});
export const multiOps: fc.Arbitrary<MultiOp[]> = fc.oneof(
  fc.array<MultiOp>(writeOp, { maxLength: 4 }),
  fc.array(readOp, { maxLength: 4 }),
);
export const multiResults: fc.Arbitrary<MultiResult[]> = fc.array(
  fc.oneof(
    fc.record({ type: type(OpCode.create), path: nullableText }),
    fc.record({ type: type(OpCode.create2), path: nullableText, stat }),
    fc.record({ type: type(OpCode.delete, OpCode.check) }),
    fc.record({ type: type(OpCode.setData), stat }),
    fc.record({ type: type(OpCode.getChildren), children: texts }),
    fc.record({ type: type(OpCode.getData), data: bytes, stat }),
    fc.record({ type: type(OpCode.error), err: int }),
  ),
  { maxLength: 4 },
);
