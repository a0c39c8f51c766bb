/*
 * StorageError: what keeps a server from starting on the files that it has, with the file and where in it. It is meant
 * for the operator, who has to decide; nothing has been changed on the disk for it. (Java: plain IOExceptions.) DirectoryError is the
 * one kind that has an exit code of its own. (Java: FileTxnSnapLog.DatadirException, SnapDirContentCheckException and
 * LogDirContentCheckException.)
 */

/** The files cannot be used as they are. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  /** The file or directory that is spoken of; null for none in particular. */
  readonly path: string | null;
  /** Where in that file, in bytes; null for no place in particular. */
  readonly offset: number | null;

  constructor(message: string, path: string | null = null, offset: number | null = null) {
    const place = offset === null ? path : `${path} at offset ${offset}`;
    super(place === null ? message : `${message} (${place})`);
    this.path = path;
    this.offset = offset;
  }
}

/** A data directory cannot be used at all, or is another's. */
export class DirectoryError extends StorageError {}
