/*
 * The disk as a tool may use it that only looks: nothing is changed, whoever asks for it, and what is read is reported as progress.
 */
import { basename } from 'node:path';
import type { ByteSource, OpenFile } from '../../datatree/storage/disk.ts';
import { NodeDisk } from '../../server/host/disk.ts';
import type { Progress } from './output.ts';

/** A disk to read from. */
export class ReadOnlyDisk extends NodeDisk {
  private readonly progress: Progress;

  constructor(progress: Progress) {
    super();
    this.progress = progress;
  }

  override open(path: string): OpenFile {
    return new ReportedFile(super.open(path), basename(path), this.progress);
  }

  override openPacked(path: string): ByteSource {
    return new ReportedSource(super.openPacked(path), basename(path), this.progress);
  }

  override truncate(path: string): void {
    throw new Error(`${path} is not to be changed`);
  }

  override removeNow(path: string): boolean {
    throw new Error(`${path} is not to be removed`);
  }
}

class ReportedFile implements OpenFile {
  readonly size: number;
  private readonly file: OpenFile;
  private readonly name: string;
  private readonly progress: Progress;

  constructor(file: OpenFile, name: string, progress: Progress) {
    this.file = file;
    this.size = file.size;
    this.name = name;
    this.progress = progress;
  }

  read(target: Uint8Array, position: number): number {
    this.progress.report(this.name, position, this.size);
    return this.file.read(target, position);
  }

  close(): void {
    this.file.close();
  }
}

class ReportedSource implements ByteSource {
  private readonly source: ByteSource;
  private readonly name: string;
  private readonly progress: Progress;
  private passed = 0;

  constructor(source: ByteSource, name: string, progress: Progress) {
    this.source = source;
    this.name = name;
    this.progress = progress;
  }

  read(target: Uint8Array): number {
    const size = this.source.read(target);
    this.passed += size;
    this.progress.report(`${this.name}, bytes unpacked`, this.passed);
    return size;
  }

  close(): void {
    this.source.close();
  }
}
