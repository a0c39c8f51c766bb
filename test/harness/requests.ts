/*
 * The bodies of client requests, well formed or not, as bytes (zookeeper.jute, module proto). They are written with the
 * tests' own codec; see wire.ts for the reason.
 */
import { WireWriter } from './wire.ts';

/** Op codes by ZooKeeper's names (ZooDefs.OpCode). */
export const Op = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  closeSession: -11,
} as const;

/** A path or another string on the wire: text, arbitrary bytes, or absent. */
export type WireString = string | Uint8Array | null;

/** One entry of an access control list. */
export interface Acl {
  readonly perms: number;
  readonly scheme: WireString;
  readonly id: WireString;
}

/** Everybody may do everything. */
export const openAcl: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }];

const aclVector = (writer: WireWriter, acl: readonly Acl[] | null): WireWriter =>
  writer.vector(acl, ({ perms, scheme, id }) => writer.int(perms).string(scheme).string(id));

/** CreateRequest: path, data, acl, flags. */
export function create(
  path: WireString,
  data: Uint8Array | null = Buffer.alloc(0),
  flags = 0,
  acl: readonly Acl[] | null = openAcl,
): Buffer {
  const writer = new WireWriter().string(path).buffer(data);
  return aclVector(writer, acl).int(flags).bytes();
}

/** CreateTTLRequest: as CreateRequest, and the time to live in ms. */
export function createTTL(
  path: WireString,
  data: Uint8Array | null,
  flags: number,
  ttl: bigint,
  acl: readonly Acl[] | null = openAcl,
): Buffer {
  return new WireWriter()
    .raw(create(path, data, flags, acl))
    .long(ttl)
    .bytes();
}

/** SetDataRequest: path, data, expected version (-1 for any). */
export const setData = (path: WireString, data: Uint8Array | null, version = -1): Buffer =>
  new WireWriter().string(path).buffer(data).int(version).bytes();

/** SetACLRequest: path, acl, expected aversion (-1 for any). */
export const setACL = (path: WireString, acl: readonly Acl[] | null, version = -1): Buffer =>
  aclVector(new WireWriter().string(path), acl).int(version).bytes();

/** A path alone: GetACLRequest, SyncRequest, GetAllChildrenNumberRequest, GetEphemeralsRequest. */
export const pathOnly = (path: WireString): Buffer => new WireWriter().string(path).bytes();

/** A path and a flag: ExistsRequest, GetDataRequest, GetChildrenRequest, GetChildren2Request. */
export const pathAndWatch = (path: WireString, watch = false): Buffer =>
  new WireWriter().string(path).bool(watch).bytes();

/** A path and an int: DeleteRequest, CheckVersionRequest, CheckWatches-, RemoveWatches- and AddWatchRequest. */
export const pathAndInt = (path: WireString, value: number): Buffer =>
  new WireWriter().string(path).int(value).bytes();

/** AuthPacket: type 0, scheme, auth. */
export const auth = (scheme: WireString, credentials: Uint8Array | null): Buffer =>
  new WireWriter().int(0).string(scheme).buffer(credentials).bytes();

/** SetWatches (three lists) or SetWatches2 (five lists). */
export function setWatches(
  relativeZxid: bigint,
  lists: readonly (readonly WireString[] | null)[],
): Buffer {
  const writer = new WireWriter().long(relativeZxid);
  for (const list of lists) writer.vector(list, (path) => writer.string(path));
  return writer.bytes();
}

/** ReconfigRequest: joining, leaving, new members, version of the configuration. */
export const reconfig = (joining: string | null, leaving: string | null): Buffer =>
  new WireWriter().string(joining).string(leaving).string(null).long(-1n).bytes();

/** MultiTransactionRecord: each op after a MultiHeader (type, done, err), and a last header that says done. */
export function multi(ops: readonly { readonly op: number; readonly body: Uint8Array }[]): Buffer {
  const writer = new WireWriter();
  for (const { op, body } of ops) writer.int(op).bool(false).int(-1).raw(body);
  return writer.int(-1).bool(true).int(-1).bytes();
}
