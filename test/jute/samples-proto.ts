/*
 * The samples of modules data and proto, in the order of golden/Records.java.
 */

import { SESSION_ID_ZERO, toSessionId, toZxid, ZXID_ZERO } from '../../src/jute/int64.ts';
import { OpCode } from '../../src/jute/op-code.ts';
import * as codecs from './codecs.ts';
import type { Sample } from './samples.ts';
import {
  ACLS,
  CONTROLS,
  DATA,
  EMPTY,
  EXTREME_STAT,
  LONG_TEXT,
  MANY_PATHS,
  MAX_INT,
  MAX_LONG,
  MIN_INT,
  MIN_LONG,
  NEGATIVE_ACL,
  OPEN,
  PASSWD,
  PATH,
  PATHS,
  SESSION,
  STAT,
  sample,
  THREE_BYTES,
  TWO_BYTES,
  ZXID,
} from './samples.ts';

const dataSamples: readonly Sample[] = [
  sample('Id', codecs.id, { scheme: 'digest', id: 'user:hash=' }),
  sample('Id/null', codecs.id, { scheme: null, id: null }),
  sample('Id/empty', codecs.id, { scheme: '', id: '' }),
  sample('Id/nonAscii', codecs.id, { scheme: TWO_BYTES, id: THREE_BYTES }),
  sample('Id/long', codecs.id, { scheme: CONTROLS, id: LONG_TEXT }),
  sample('ACL', codecs.acl, { perms: 1, id: { scheme: 'world', id: 'anyone' } }),
  sample('ACL/negative', codecs.acl, NEGATIVE_ACL),
  sample('Stat', codecs.stat, STAT),
  sample('Stat/extreme', codecs.stat, EXTREME_STAT),
  sample('ClientInfo', codecs.clientInfo, { authScheme: 'digest', user: 'b\u00e9n' }),
  sample('ClientInfo/null', codecs.clientInfo, { authScheme: null, user: null }),
];

const asks = {
  protocolVersion: 0,
  lastZxidSeen: ZXID,
  timeOut: 30000,
  sessionId: SESSION,
  passwd: PASSWD,
  readOnly: null,
};
const told = {
  protocolVersion: 0,
  timeOut: 30000,
  sessionId: SESSION,
  passwd: PASSWD,
  readOnly: null,
};
const refused = {
  protocolVersion: 0,
  timeOut: 0,
  sessionId: SESSION_ID_ZERO,
  passwd: Buffer.alloc(16),
  readOnly: null,
};

const connectSamples: readonly Sample[] = [
  sample('ConnectRequest/old', codecs.connectRequest, asks),
  sample('ConnectRequest/readOnly', codecs.connectRequest, { ...asks, readOnly: true }, [
    [1, asks],
  ]),
  sample('ConnectRequest/readWrite', codecs.connectRequest, { ...asks, readOnly: false }, [
    [1, asks],
  ]),
  sample('ConnectRequest/extreme', codecs.connectRequest, {
    protocolVersion: -1,
    lastZxidSeen: toZxid(MIN_LONG),
    timeOut: MIN_INT,
    sessionId: toSessionId(-1n),
    passwd: null,
    readOnly: null,
  }),
  sample('ConnectResponse/old', codecs.connectResponse, told),
  sample('ConnectResponse/readOnly', codecs.connectResponse, { ...told, readOnly: true }, [
    [1, told],
  ]),
  sample('ConnectResponse/refused', codecs.connectResponse, { ...refused, readOnly: false }, [
    [1, refused],
  ]),
  sample('ConnectResponse/null', codecs.connectResponse, {
    protocolVersion: MAX_INT,
    timeOut: -1,
    sessionId: toSessionId(MAX_LONG),
    passwd: null,
    readOnly: null,
  }),
  sample('RequestHeader', codecs.requestHeader, { xid: 1, type: OpCode.create }),
  sample('RequestHeader/closeSession', codecs.requestHeader, {
    xid: MAX_INT,
    type: OpCode.closeSession,
  }),
  sample('ReplyHeader', codecs.replyHeader, { xid: 7, zxid: ZXID, err: 0 }),
  sample('ReplyHeader/extreme', codecs.replyHeader, { xid: -1, zxid: toZxid(MIN_LONG), err: -127 }),
];

const requestSamples: readonly Sample[] = [
  sample('CreateRequest', codecs.create, { path: PATH, data: DATA, acl: ACLS, flags: 3 }),
  sample('CreateRequest/open', codecs.create, { path: PATH, data: EMPTY, acl: OPEN, flags: 0 }),
  sample('CreateRequest/null', codecs.create, { path: null, data: null, acl: null, flags: -1 }),
  sample('CreateRequest/empty', codecs.create, { path: '', data: EMPTY, acl: [], flags: MAX_INT }),
  sample('CreateTTLRequest', codecs.createTTL, {
    path: THREE_BYTES,
    data: DATA,
    acl: ACLS,
    flags: 5,
    ttl: MAX_LONG,
  }),
  sample('CreateTTLRequest/negative', codecs.createTTL, {
    path: PATH,
    data: null,
    acl: OPEN,
    flags: 6,
    ttl: MIN_LONG,
  }),
  sample('DeleteRequest', codecs.pathVersion, { path: TWO_BYTES, version: -1 }),
  sample('CheckVersionRequest', codecs.pathVersion, { path: PATH, version: MAX_INT }),
  sample('SetDataRequest', codecs.setData, { path: PATH, data: DATA, version: 3 }),
  sample('SetDataRequest/null', codecs.setData, { path: null, data: null, version: MIN_INT }),
  sample('SetDataRequest/empty', codecs.setData, { path: '', data: EMPTY, version: 0 }),
  sample('SetACLRequest', codecs.setACL, { path: PATH, acl: ACLS, version: -1 }),
  sample('SetACLRequest/null', codecs.setACL, { path: PATH, acl: null, version: 0 }),
  sample('SetACLRequest/long', codecs.setACL, {
    path: PATH,
    acl: Array.from({ length: 40 }, () => ({ perms: 31, id: { scheme: 'world', id: 'anyone' } })),
    version: 0,
  }),
  sample('GetDataRequest', codecs.pathWatch, { path: PATH, watch: true }),
  sample('ExistsRequest', codecs.pathWatch, { path: THREE_BYTES, watch: false }),
  sample('GetChildrenRequest', codecs.pathWatch, { path: null, watch: true }),
  sample('GetChildren2Request', codecs.pathWatch, { path: '', watch: false }),
  sample('AddWatchRequest', codecs.pathKind, { path: PATH, kind: 1 }),
  sample('CheckWatchesRequest', codecs.pathKind, { path: TWO_BYTES, kind: 2 }),
  sample('RemoveWatchesRequest', codecs.pathKind, { path: null, kind: 3 }),
  sample('SetWatches', codecs.setWatches, {
    relativeZxid: ZXID,
    dataWatches: PATHS,
    existWatches: [],
    childWatches: null,
    persistentWatches: [],
    persistentRecursiveWatches: [],
  }),
  sample('SetWatches/long', codecs.setWatches, {
    relativeZxid: toZxid(-1n),
    dataWatches: MANY_PATHS,
    existWatches: null,
    childWatches: [],
    persistentWatches: [],
    persistentRecursiveWatches: [],
  }),
  sample('SetWatches2', codecs.setWatches2, {
    relativeZxid: toZxid(MAX_LONG),
    dataWatches: [],
    existWatches: PATHS,
    childWatches: null,
    persistentWatches: PATHS,
    persistentRecursiveWatches: [],
  }),
  sample('SetWatches2/null', codecs.setWatches2, {
    relativeZxid: ZXID_ZERO,
    dataWatches: null,
    existWatches: null,
    childWatches: null,
    persistentWatches: null,
    persistentRecursiveWatches: null,
  }),
  sample('AuthPacket', codecs.authPacket, {
    type: 0,
    scheme: 'digest',
    auth: Buffer.from('b\u00e9n:secret'),
  }),
  sample('AuthPacket/null', codecs.authPacket, { type: -1, scheme: null, auth: null }),
  sample('SyncRequest', codecs.string, PATH),
  sample('GetACLRequest', codecs.string, TWO_BYTES),
  sample('GetEphemeralsRequest', codecs.string, null),
  sample('GetAllChildrenNumberRequest', codecs.string, ''),
];

const responseSamples: readonly Sample[] = [
  sample('WatcherEvent', codecs.watcherEvent, { type: 3, state: 3, path: PATH }),
  sample('WatcherEvent/none', codecs.watcherEvent, { type: -1, state: -112, path: null }),
  sample('CreateResponse', codecs.string, THREE_BYTES),
  sample('SyncResponse', codecs.string, PATH),
  sample('Create2Response', codecs.create2Response, { path: TWO_BYTES, stat: STAT }),
  sample('SetDataResponse', codecs.stat, EXTREME_STAT),
  sample('SetACLResponse', codecs.stat, STAT),
  sample('ExistsResponse', codecs.stat, STAT),
  sample('GetDataResponse', codecs.getDataResponse, { data: DATA, stat: STAT }),
  sample('GetDataResponse/null', codecs.getDataResponse, { data: null, stat: EXTREME_STAT }),
  sample('GetChildrenResponse', codecs.strings, PATHS),
  sample('GetChildrenResponse/empty', codecs.strings, []),
  sample('GetChildrenResponse/null', codecs.strings, null),
  sample('GetChildren2Response', codecs.getChildren2Response, { children: PATHS, stat: STAT }),
  sample('GetChildren2Response/long', codecs.getChildren2Response, {
    children: MANY_PATHS,
    stat: EXTREME_STAT,
  }),
  sample('GetACLResponse', codecs.getACLResponse, { acl: ACLS, stat: STAT }),
  sample('GetACLResponse/open', codecs.getACLResponse, { acl: OPEN, stat: EXTREME_STAT }),
  sample('GetACLResponse/null', codecs.getACLResponse, { acl: null, stat: STAT }),
  sample('GetEphemeralsResponse', codecs.strings, PATHS),
  sample('GetAllChildrenNumberResponse', codecs.int, MAX_INT),
  sample('WhoAmIResponse', codecs.whoAmIResponse, [
    { authScheme: 'ip', user: '127.0.0.1' },
    { authScheme: 'digest', user: null },
  ]),
  sample('WhoAmIResponse/empty', codecs.whoAmIResponse, []),
];

/** What clients and servers say to each other, and what it is made of. */
export const protoSamples: readonly Sample[] = [
  ...dataSamples,
  ...connectSamples,
  ...requestSamples,
  ...responseSamples,
];
