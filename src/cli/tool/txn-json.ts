/*
 * A transaction as one JSON object on a line, for jq and the like. Java has nothing of the kind.
 */
import { OpCode, opName } from '../../jute/op-code.ts';
import type { Txn, TxnDigest, TxnHeader } from '../../jute/txn.ts';
import { unreachable } from '../../jute/unreachable.ts';
import { aclText, jsonData } from './json-values.ts';
import { hex, isoTime } from './words.ts';

function bodyOf(txn: Txn): object {
  switch (txn.type) {
    case OpCode.create:
    case OpCode.create2:
    case OpCode.createContainer:
    case OpCode.createTTL:
      return {
        path: txn.path,
        ...jsonData(txn.data, 'auto'),
        acl: txn.acl?.map(aclText) ?? null,
        ...('ephemeral' in txn ? { ephemeral: txn.ephemeral } : {}),
        parentCVersion: txn.parentCVersion,
        ...(txn.type === OpCode.createTTL ? { ttl: Number(txn.ttl) } : {}),
      };
    case OpCode.setData:
    case OpCode.reconfig:
      return { path: txn.path, ...jsonData(txn.data, 'auto'), version: txn.version };
    case OpCode.delete:
    case OpCode.deleteContainer:
      return { path: txn.path };
    case OpCode.check:
      return { path: txn.path, version: txn.version };
    case OpCode.setACL:
      return { path: txn.path, acl: txn.acl?.map(aclText) ?? null, version: txn.version };
    case OpCode.createSession:
      return { timeout: txn.timeOut };
    case OpCode.closeSession:
      return { deletes: txn.paths2Delete };
    case OpCode.error:
      return { error: txn.err };
    case OpCode.multi:
      return { parts: txn.txns.map((part) => ({ type: opName(part.type), ...bodyOf(part) })) };
    default:
      return unreachable(txn);
  }
}

/** Where a transaction was found. */
export interface TxnPlace {
  /** The file, where several are read. */
  readonly file: string | null;
  /** Bytes. */
  readonly offset: number;
  /** Whether its checksum is the right one. */
  readonly isSound: boolean;
}

/** The object, with the line break. */
export function txnJson(
  place: TxnPlace,
  header: TxnHeader,
  txn: Txn,
  digest: TxnDigest | undefined,
): string {
  const object = {
    ...(place.file === null ? {} : { file: place.file }),
    offset: place.offset,
    ...(place.isSound ? {} : { crcError: true }),
    zxid: hex(header.zxid),
    time: isoTime(header.time),
    session: hex(header.clientId),
    cxid: header.cxid,
    type: opName(header.type),
    ...bodyOf(txn),
    ...(digest === undefined ? {} : { digest: hex(digest.treeDigest) }),
  };
  return `${JSON.stringify(object)}\n`;
}
