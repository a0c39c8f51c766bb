/*
 * Bytes as a table, sixteen in a row, as `get -x` of 3.9 shows them (Java: HexDumpOutputFormatter).
 */

const ROW_SIZE = 16;
const EDGE = `+--------+${'-'.repeat(49)}+${'-'.repeat(16)}+`;
const HEAD = [
  `         +${'-'.repeat(49)}+`,
  `         |${Array.from({ length: ROW_SIZE }, (_, column) => `  ${column.toString(16)}`).join('')} |`,
  EDGE,
];

function row(bytes: Uint8Array, offset: number): string {
  const part = [...bytes.subarray(offset, offset + ROW_SIZE)];
  const digits = part.map((byte) => ` ${byte.toString(16).padStart(2, '0')}`).join('');
  const letters = part.map((byte) =>
    byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '.',
  );
  const start = offset.toString(16).padStart(8, '0');
  return `|${start}|${digits.padEnd(48)} |${letters.join('').padEnd(ROW_SIZE)}|`;
}

/** The lines of the table; none for no bytes. */
export function hexDump(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  const rows: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += ROW_SIZE) rows.push(row(bytes, offset));
  return [...HEAD, ...rows, EDGE];
}
