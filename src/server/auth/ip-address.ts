/*
 * Addresses and CIDR expressions of scheme `ip` (Java: IPAuthenticationProvider; IPv6 as since 3.9.4).
 * Only compares; where a connection's address comes from is the host's business.
 */

const IPV6_SEGMENTS = 8;

/** The number that Java's Integer.parseInt makes of a text, or null where it would throw. */
function parseDecimal(text: string): number | null {
  if (!/^[+-]?\d+$/.test(text)) return null;
  const value = Number(text);
  return value >= -(2 ** 31) && value < 2 ** 31 ? value : null;
}

function ipv4Bytes(address: string): number[] | null {
  const parts = address.split('.').map(parseDecimal);
  if (parts.length !== 4) return null;
  const bytes = parts.filter((part) => part !== null && part >= 0 && part <= 255);
  return bytes.length === 4 ? (bytes as number[]) : null;
}

function ipv6Segments(text: string): number[] | null {
  if (text === '') return [];
  const bytes: number[] = [];
  for (const segment of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(segment)) return null;
    const value = Number.parseInt(segment, 16);
    bytes.push(value >> 8, value & 0xff);
  }
  return bytes;
}

function ipv6Bytes(address: string): number[] | null {
  const halves = address.split('::');
  const [head, tail] = halves.map(ipv6Segments);
  if (halves.length > 2 || head === undefined || head === null || tail === null) return null;
  if (tail === undefined) return head.length === IPV6_SEGMENTS * 2 ? head : null;
  const missing = IPV6_SEGMENTS * 2 - head.length - tail.length;
  if (missing < 2) return null;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function addressBytes(address: string): number[] | null {
  return address.includes(':') ? ipv6Bytes(address) : ipv4Bytes(address);
}

interface Network {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** `address` or `address/bits`; null where it is neither. */
function parseNetwork(expression: string): Network | null {
  const slash = expression.indexOf('/');
  const bytes = addressBytes(slash < 0 ? expression : expression.slice(0, slash));
  if (bytes === null) return null;
  if (slash < 0) return { bytes, bits: bytes.length * 8 };
  const bits = parseDecimal(expression.slice(slash + 1));
  if (bits === null || bits < 0 || bits > bytes.length * 8) return null;
  return { bytes, bits };
}

/** Whether `expression` may stand in an access list: an IPv4 or IPv6 address, alone or with `/bits`. */
export function isAddressExpression(expression: string): boolean {
  return parseNetwork(expression) !== null;
}

/** Whether `address` lies in the network of `expression`; false for anything that is no address. */
export function addressMatches(address: string, expression: string): boolean {
  const network = parseNetwork(expression);
  const bytes = addressBytes(address);
  if (network === null || bytes === null || bytes.length !== network.bytes.length) return false;
  return bytes.every((byte, index) => {
    const bitsHere = Math.min(8, Math.max(0, network.bits - index * 8));
    const mask = (0xff << (8 - bitsHere)) & 0xff;
    return (byte & mask) === ((network.bytes[index] ?? 0) & mask);
  });
}
