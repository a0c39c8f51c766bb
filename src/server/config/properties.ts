/*
 * The text of a .properties file as a list of keys with their lines. The syntax (escapes, continuation lines, separators)
 * is the library's; the encoding is ISO 8859-1, because java.util.Properties reads a stream so and a path with other
 * letters has to name the same directory that Apache ZooKeeper has been using.
 */
import { Properties } from 'properties-file/parser';
import { ConfigError, type Place } from './config-error.ts';

/** One `key=value` of a file, both trimmed as QuorumPeerConfig trims them. */
export interface Property {
  /** The key with its escapes resolved. */
  readonly key: string;
  /** The value with its escapes resolved and its continuation lines joined. */
  readonly value: string;
  /** The line that the key starts on. */
  readonly place: Place;
}

/** What an operator's editor may leave in front of a file: the byte order mark of UTF-8, read as ISO 8859-1. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/** A `\u` that four hexadecimal digits do not follow, which java.util.Properties refuses. */
const BAD_UNICODE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?![0-9a-fA-F]{4})/;

/**
 * Reads a .properties file.
 *
 * @param file the name that errors and places give
 * @param bytes the file's content
 * @returns every property in the order of the file, repeated keys included
 * @throws ConfigError for a malformed unicode escape
 */
export function readProperties(file: string, bytes: Uint8Array): readonly Property[] {
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const text = latin1.startsWith(BYTE_ORDER_MARK) ? latin1.slice(BYTE_ORDER_MARK.length) : latin1;
  let nodes: ReturnType<Properties['getProperties']>;
  try {
    nodes = new Properties(text).getProperties();
  } catch (error) {
    const line = text.split(/\r\n|\r|\n/).findIndex((one) => BAD_UNICODE_ESCAPE.test(one));
    if (line === -1) throw error;
    throw new ConfigError({ file, line: line + 1 }, null, '\\u needs four hexadecimal digits');
  }
  return nodes.map((node) => ({
    key: node.key.trim(),
    value: node.value.trim(),
    place: { file, line: node.startingLineNumber },
  }));
}

/** A property of a file, and which lines it takes up. */
export interface PropertyLines {
  readonly key: string;
  /** 1-based. */
  readonly first: number;
  /** 1-based; `first` or one of its continuation lines. */
  readonly last: number;
}

/**
 * Where the properties of a .properties file stand.
 *
 * @param text the file, one character for each byte
 */
export function propertyLines(text: string): readonly PropertyLines[] {
  const bare = text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
  return new Properties(bare).getProperties().map((node) => ({
    key: node.key.trim(),
    first: node.startingLineNumber,
    last: node.endingLineNumber,
  }));
}
