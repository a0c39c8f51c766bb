/*
 * Handshake: what a server says first on an election link that it has dialled: who it is, and where it can be dialled back.
 *
 * Three forms are read: -65536 with one address (3.5 on), -65535 with several (3.6 on with multiAddress.enabled), and the bare
 * id of 3.4. Answers to Java's QuorumCnxManager.InitialMessage and startConnection.
 */
import { readInt32, readInt64, writeInt32, writeInt64 } from '../../jute/int64.ts';
import type { Address } from '../ports.ts';
import type { ServerId } from '../server-id.ts';

/** Says that one address follows. */
const ONE_ADDRESS = -65_536n;
/** Says that several addresses may follow (ZOOKEEPER-3188). */
const SEVERAL_ADDRESSES = -65_535n;
/** Long.MAX_VALUE and -1: an observer that has no id (QuorumPeer.OBSERVER_ID, and before it). */
const OBSERVER_IDS: readonly bigint[] = [(1n << 63n) - 1n, -1n];

const HEAD_SIZE = 20;
/** The longest text of addresses that is taken, bytes (QuorumCnxManager.maxBuffer). */
const TEXT_SIZE_LIMIT = 2048;

/** Addresses that stand for every interface, and lead nowhere from another machine. */
const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::', '0:0:0:0:0:0:0:0']);

/**
 * Who has dialled. On the wire, big-endian:
 *
 *     version   8   -65536 or -65535; 0 and above is the id itself, and nothing follows
 *     sid       8
 *     length    4   1 up to 2048
 *     text      …   host:port, joined by |, an IPv6 address in brackets
 */
export interface Handshake {
  /** Its id, or null for an observer that has none. */
  readonly sid: ServerId | null;
  /** Where it listens for election links; without those that stand for every interface. */
  readonly addresses: readonly Address[];
}

function readSid(long: bigint): ServerId | null | undefined {
  if (OBSERVER_IDS.includes(long)) return null;
  return long >= 0n && long <= Number.MAX_SAFE_INTEGER ? Number(long) : undefined;
}

/** One `host:port`, or as a string why it is none. */
function readAddress(text: string): Address | string {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) return `a badly formed address ${JSON.stringify(text)}`;
  return { host, port };
}

/** Reads the text of addresses. */
function readAddresses(text: string): readonly Address[] | string {
  const addresses: Address[] = [];
  for (const part of text.split('|')) {
    const address = readAddress(part);
    if (typeof address === 'string') return address;
    if (!WILDCARDS.has(address.host)) addresses.push(address);
  }
  return addresses;
}

/** Takes a handshake off a stream, in whatever pieces it comes. */
export class HandshakeReader {
  private readonly bytes = new Uint8Array(HEAD_SIZE + TEXT_SIZE_LIMIT);
  private size = 0;
  /** How many bytes are needed for the next step. */
  private needed = 8;
  /** The handshake once it is complete, or as a string why it is none; null until then. */
  result: Handshake | string | null = null;

  /**
   * Takes what it needs of `chunk[offset, end)`.
   *
   * @returns the offset of the first byte that it did not take: it takes none once there is a result
   */
  take(chunk: Uint8Array, offset: number, end: number): number {
    let at = offset;
    while (this.result === null) {
      const taken = Math.min(this.needed - this.size, end - at);
      this.bytes.set(chunk.subarray(at, at + taken), this.size);
      this.size += taken;
      at += taken;
      if (this.size < this.needed) break;
      this.result = this.step();
    }
    return at;
  }

  private step(): Handshake | string | null {
    const version = readInt64(this.bytes, 0);
    if (version >= 0n) {
      const sid = readSid(version);
      return sid === undefined ? `server id ${version}` : { sid, addresses: [] };
    }
    if (version !== ONE_ADDRESS && version !== SEVERAL_ADDRESSES) {
      return `protocol version ${version}`;
    }
    if (this.size < HEAD_SIZE) {
      this.needed = HEAD_SIZE;
      return null;
    }
    const length = readInt32(this.bytes, 16);
    if (length <= 0 || length > TEXT_SIZE_LIMIT) return `addresses of ${length} bytes`;
    this.needed = HEAD_SIZE + length;
    if (this.size < this.needed) return null;
    const sid = readSid(readInt64(this.bytes, 8));
    if (sid === undefined) return `server id ${readInt64(this.bytes, 8)}`;
    const text = Buffer.from(this.bytes.buffer, HEAD_SIZE, length).toString('utf8');
    const addresses = readAddresses(text);
    return typeof addresses === 'string' ? addresses : { sid, addresses };
  }
}

/** An address as it is written here and in the log: host:port, IPv6 in brackets. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The bytes of a handshake.
 *
 * @param sid of the server that dials
 * @param addresses where it listens for election links, at least one; those beyond 2048 bytes of text are left out
 * @param multiAddressEnabled whether all of them are said (-65535), which servers before 3.6 do not understand
 */
export function writeHandshake(
  sid: ServerId,
  addresses: readonly Address[],
  multiAddressEnabled: boolean,
): Uint8Array {
  let text = '';
  for (const address of multiAddressEnabled ? addresses : addresses.slice(0, 1)) {
    const longer = text === '' ? addressText(address) : `${text}|${addressText(address)}`;
    if (Buffer.byteLength(longer, 'utf8') > TEXT_SIZE_LIMIT) break;
    text = longer;
  }
  const encoded = Buffer.from(text, 'utf8');
  const bytes = new Uint8Array(HEAD_SIZE + encoded.length);
  writeInt64(bytes, 0, multiAddressEnabled ? SEVERAL_ADDRESSES : ONE_ADDRESS);
  writeInt64(bytes, 8, BigInt(sid));
  writeInt32(bytes, 16, encoded.length);
  bytes.set(encoded, HEAD_SIZE);
  return bytes;
}
