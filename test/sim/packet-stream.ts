/*
 * The packets that a server writes to another one through the quorum port, where they go by: each can be looked at, changed or taken
 * away. What a turn has written begins and ends with a packet, but for a tree, which goes by as it is.
 */
import { PacketType, SNAPSHOT_SIGNATURE } from '../../src/quorum/zab/packet.ts';
import type { Tamper } from './sabotage.ts';

/** One packet. */
export interface RawPacket {
  readonly type: number;
  readonly zxid: bigint;
  readonly bytes: Buffer;
  readonly data: Buffer;
}

/** Shows packets, and takes what is given for each, null for nothing. */
export function packets(change: (packet: RawPacket) => Buffer | null): Tamper {
  let isInTree = false;
  return (bytes) => {
    const parts: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      if (isInTree) {
        const end = treeEnd(bytes, at);
        isInTree = end === null;
        parts.push(bytes.subarray(at, end ?? bytes.length));
        at = end ?? bytes.length;
        continue;
      }
      const packet = packetAt(bytes, at);
      isInTree = packet.type === PacketType.snap;
      const changed = change(packet);
      if (changed !== null) parts.push(changed);
      at += packet.bytes.length;
    }
    return Buffer.concat(parts);
  };
}

/** Where the signature behind a tree ends; null where it is not there. */
function treeEnd(bytes: Buffer, start: number): number | null {
  const at = bytes.indexOf(SNAPSHOT_SIGNATURE, start, 'latin1');
  return at < 0 ? null : at + SNAPSHOT_SIGNATURE.length;
}

function packetAt(bytes: Buffer, start: number): RawPacket {
  const dataEnd = start + 16 + Math.max(0, bytes.readInt32BE(start + 12));
  // A list of identities, two strings each.
  let end = dataEnd + 4;
  for (let left = 2 * bytes.readInt32BE(dataEnd); left > 0; left--) {
    end += 4 + Math.max(0, bytes.readInt32BE(end));
  }
  return {
    type: bytes.readInt32BE(start),
    zxid: bytes.readBigInt64BE(start + 4),
    bytes: bytes.subarray(start, end),
    data: bytes.subarray(start + 16, dataEnd),
  };
}
