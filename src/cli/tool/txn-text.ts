/*
 * A transaction as a line of TxnLogToolkit. Those of 3.8 show the parts of a multi as raw bytes; here they are as later ones have them, which
 * is how all other transactions look.
 */

import { toHex } from '../../jute/int64.ts';
import { OpCode, opName } from '../../jute/op-code.ts';
import { decodeString } from '../../jute/reader.ts';
import type { Txn, TxnHeader } from '../../jute/txn.ts';
import { unreachable } from '../../jute/unreachable.ts';
import { javaAclList, juteAcl, juteString, shortLongDate } from './java-text.ts';

/** The name of an op code (Java: Request.op2String). */
export function javaOpName(type: number): string {
  return type === OpCode.createTTL ? 'createTtl' : opName(type);
}

function text(data: Uint8Array | null): string {
  if (data === null) return '';
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  return decodeString(bytes, 0, bytes.length);
}

/** The transaction without its header (Java: getFormattedTxnStr). */
function bodyText(txn: Txn): string {
  switch (txn.type) {
    case OpCode.create:
    case OpCode.create2:
      return `${txn.path},${text(txn.data)},${javaAclList(txn.acl)},${txn.ephemeral},${txn.parentCVersion}`;
    case OpCode.createContainer:
      return `${txn.path},${text(txn.data)},${javaAclList(txn.acl)},${txn.parentCVersion}`;
    case OpCode.createTTL:
      return `${txn.path},${text(txn.data)},${javaAclList(txn.acl)},${txn.parentCVersion},${txn.ttl}`;
    case OpCode.setData:
    case OpCode.reconfig:
      return `${txn.path},${text(txn.data)},${txn.version}`;
    case OpCode.delete:
    case OpCode.deleteContainer:
      return `${juteString(txn.path)}\n`;
    case OpCode.check:
      return `${juteString(txn.path)},${txn.version}\n`;
    case OpCode.setACL: {
      const acls = (txn.acl ?? []).map((acl) => `s{${juteAcl(acl)}}`);
      return `${juteString(txn.path)},v{${acls.join(',')}},${txn.version}\n`;
    }
    case OpCode.createSession:
      return `${txn.timeOut}\n`;
    case OpCode.closeSession:
      if (txn.paths2Delete === null) return '';
      return `v{${txn.paths2Delete.map(juteString).join(',')}}\n`;
    case OpCode.error:
      return `${txn.err}\n`;
    case OpCode.multi:
      return txn.txns.map(partText).join(';');
    default:
      return unreachable(txn);
  }
}

/** A part of a multi, on the same line. */
function partText(txn: Txn): string {
  const name = javaOpName(txn.type);
  switch (txn.type) {
    case OpCode.delete:
    case OpCode.deleteContainer:
      return `${name}:${txn.path}`;
    case OpCode.check:
      return `${name}:${txn.path},${txn.version}`;
    default:
      return `${name}:${bodyText(txn).replace(/\n$/, '')}`;
  }
}

/** What stands in front of the transaction itself. */
export function headerText(header: TxnHeader): string {
  const cxid = toHex(BigInt(header.cxid));
  return (
    `${shortLongDate(header.time)} session 0x${toHex(header.clientId)} cxid 0x${cxid} ` +
    `zxid 0x${toHex(header.zxid)} ${javaOpName(header.type)} `
  );
}

/** The line, or the lines where an ACL or data break it, with the line break at the end. */
export function txnText(header: TxnHeader, txn: Txn): string {
  const line = headerText(header) + bodyText(txn);
  return line.endsWith('\n') ? line : `${line}\n`;
}
