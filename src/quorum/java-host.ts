/*
 * The text of a host as java.net.InetSocketAddress.getHostString gives it: names as they were written, addresses of IPv6
 * in their long form without zeros in front (`::1` is `0:0:0:0:0:0:0:1`), and those that stand for IPv4 as such.
 */

/** The 16-bit pieces on one side of `::`; null where they are none. An address of IPv4 counts for two. */
function pieces(text: string): number[] | null {
  if (text === '') return [];
  const found: number[] = [];
  for (const one of text.split(':')) {
    const dotted = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(one);
    if (dotted !== null) {
      const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(1).map(Number);
      if (Math.max(a, b, c, d) > 255) return null;
      found.push(a * 256 + b, c * 256 + d);
    } else if (/^[0-9a-fA-F]{1,4}$/.test(one)) found.push(Number.parseInt(one, 16));
    else return null;
  }
  return found;
}

/** The eight pieces of an address of IPv6; null where the text is none. */
function eightPieces(text: string): readonly number[] | null {
  const sides = text.split('::');
  const [first = '', second] = sides;
  const left = pieces(first);
  const right = pieces(second ?? '');
  if (sides.length > 2 || left === null || right === null) return null;
  const missing = 8 - left.length - right.length;
  if (second === undefined ? missing !== 0 : missing < 1) return null;
  return [...left, ...Array<number>(missing).fill(0), ...right];
}

/**
 * The host as Java writes it.
 *
 * @param host name or address, without brackets; whatever is no address of IPv6 comes back as it is
 */
export function javaHostString(host: string): string {
  if (!host.includes(':')) return host;
  const [address = '', zone] = host.split('%', 2);
  const eight = eightPieces(address);
  if (eight === null) return host;
  const [a, b, c, d, e, f, high = 0, low = 0] = eight;
  if ([a, b, c, d, e].every((piece) => piece === 0) && f === 0xffff) {
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  const text = eight.map((piece) => piece.toString(16)).join(':');
  return zone === undefined ? text : `${text}%${zone}`;
}
