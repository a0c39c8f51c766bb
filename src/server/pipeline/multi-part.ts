/*
 * MultiPart: a part of a multi as it was read, before it is prepared. The object is read into again by the next multi.
 */

import { OpCode } from '../../jute/op-code.ts';
import type { JuteReader } from '../../jute/reader.ts';
import { JuteError } from '../../jute/reader.ts';
import type { RequestPath } from './request-path.ts';
import type { CreateType } from './write-ops.ts';
import { CreateOp, PathVersionOp, SetDataOp } from './write-ops.ts';

/** What a multi may consist of. */
export type PartType =
  | CreateType
  | typeof OpCode.delete
  | typeof OpCode.check
  | typeof OpCode.setData;

/** A part. Which of the operations it is, `type` says. */
export class MultiPart {
  type: PartType = OpCode.check;
  readonly createOp = new CreateOp();
  readonly pathVersionOp = new PathVersionOp();
  readonly setDataOp = new SetDataOp();

  /**
   * Reads what stands behind a header with this op code; returns the path. Raises JuteError, also for a part of a multiRead and for a
   * path that is null, over which Java fails.
   */
  read(type: number, reader: JuteReader): RequestPath {
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
        this.createOp.read(type, reader);
        this.createOp.becomePart();
        this.type = this.createOp.type;
        return pathOf(this.createOp);
      case OpCode.delete:
      case OpCode.check:
        this.pathVersionOp.read(reader);
        this.type = type;
        return pathOf(this.pathVersionOp);
      case OpCode.setData:
        this.setDataOp.read(reader);
        this.type = type;
        return pathOf(this.setDataOp);
      default:
        throw new JuteError(`op code ${type} in a multi`);
    }
  }

  /** Lets go of the bytes that it was read from. */
  release(): void {
    this.createOp.release();
    this.pathVersionOp.path.release();
    this.setDataOp.release();
  }
}

function pathOf(op: { readonly hasPath: boolean; readonly path: RequestPath }): RequestPath {
  if (!op.hasPath) throw new JuteError('a part without a path');
  return op.path;
}
