/*
 * Prepare: turns a request that writes into a transaction, or into the error transaction that refuses it
 * (Java: PrepRequestProcessor).
 *
 * It reads the tree through PendingChanges, so that a request sees what was asked before it, and changes nothing but them.
 * Each check is made in Java's order, because that decides which of several errors a client is told. A refused request takes a
 * zxid as well and stands in the log.
 */

import type { EphemeralTypeOptions } from '../../datatree/ephemeral-type.ts';
import { viewOfRange } from '../../jute/byte-range.ts';
import { ErrorCode } from '../../jute/error-code.ts';
import { OpCode } from '../../jute/op-code.ts';
import { JuteError, JuteReader } from '../../jute/reader.ts';
import type { CloseSessionTxn, Txn } from '../../jute/txn.ts';
import type { AccessControl } from '../auth/access.ts';
import type { SessionTracker } from '../session/session-tracker.ts';
import { Asker } from './asker.ts';
import type { PendingChanges } from './pending-changes.ts';
import type { Moment } from './pending-node.ts';
import { PrepareCreate } from './prepare-create.ts';
import { PrepareDelete } from './prepare-delete.ts';
import { PrepareMulti } from './prepare-multi.ts';
import { PrepareSet } from './prepare-set.ts';
import type { QuotaCheck } from './quota-check.ts';
import type { Request } from './request.ts';
import type { CreateType } from './write-ops.ts';
import { CreateOp, PathVersionOp, SetACLOp, SetDataOp } from './write-ops.ts';

/** A transaction, or the code that refuses it. */
type Prepared = Txn | ErrorCode;

/** What is fixed for one server. */
export interface PrepareOptions extends EphemeralTypeOptions {
  readonly closeSessionTxnEnabled: boolean;
  readonly reconfigEnabled: boolean;
}

/** Makes transactions of requests. */
export class Prepare {
  private readonly sessions: SessionTracker;
  private readonly options: PrepareOptions;
  private readonly creates: PrepareCreate;
  private readonly deletes: PrepareDelete;
  private readonly sets: PrepareSet;
  private readonly multis: PrepareMulti;
  private readonly reader = new JuteReader(Buffer.alloc(0));
  private readonly asker: Asker;
  private readonly createOp = new CreateOp();
  private readonly pathVersionOp = new PathVersionOp();
  private readonly setDataOp = new SetDataOp();
  private readonly setACLOp = new SetACLOp();

  constructor(
    ports: {
      readonly pending: PendingChanges;
      readonly sessions: SessionTracker;
      readonly access: AccessControl;
      readonly quotas: QuotaCheck;
    },
    options: PrepareOptions,
  ) {
    this.sessions = ports.sessions;
    this.options = options;
    this.asker = new Asker(ports.sessions);
    this.creates = new PrepareCreate(ports, options);
    this.deletes = new PrepareDelete(ports, options);
    this.sets = new PrepareSet(ports);
    const { pending } = ports;
    const { creates, deletes, sets } = this;
    this.multis = new PrepareMulti({ pending, creates, deletes, sets });
  }

  /**
   * Gives `request` the transaction that carries it out, which uses the bytes of request.body. A record that cannot be read is
   * refused with MarshallingError.
   */
  prepare(request: Request, moment: Moment): Txn {
    const prepared = this.prepareOrRefuse(request, moment);
    return typeof prepared === 'number' ? { type: OpCode.error, err: prepared } : prepared;
  }

  private prepareOrRefuse(request: Request, moment: Moment): Prepared {
    try {
      const reader = this.reader.resetTo(request.body);
      this.asker.set(request);
      return this.dispatch(request, reader, moment);
    } catch (error) {
      if (error instanceof JuteError) return ErrorCode.marshallingError;
      throw error;
    }
  }

  private dispatch(request: Request, reader: JuteReader, moment: Moment): Prepared {
    const { type } = request;
    const { asker } = this;
    switch (type) {
      case OpCode.create:
      case OpCode.create2:
      case OpCode.createContainer:
      case OpCode.createTTL:
        return this.create(type, reader, moment);
      case OpCode.delete:
        this.pathVersionOp.read(reader);
        return this.deletes.prepare(this.pathVersionOp, asker, moment);
      case OpCode.setData:
        return this.setData(reader, moment);
      case OpCode.setACL:
        this.setACLOp.read(reader);
        return this.sets.prepareACL(this.setACLOp, asker, moment);
      case OpCode.multi:
        return this.multis.prepare(request, reader, asker, moment);
      case OpCode.reconfig:
        return this.reconfig(reader);
      case OpCode.createSession:
        return { type, timeOut: reader.readInt() };
      case OpCode.closeSession:
        return this.closeSession(request, moment);
      case OpCode.deleteContainer:
        // Java takes a client's whole request, its header too, for the path, which is then never a good one.
        return request.isInternal
          ? this.deletes.prepareContainer(viewOfRange(request.body).toString('utf8'), moment)
          : ErrorCode.badArguments;
      default:
        throw new Error(`op code ${type} is no write`);
    }
  }

  private create(type: CreateType, reader: JuteReader, moment: Moment): Prepared {
    this.createOp.read(type, reader);
    return this.creates.prepare(this.createOp, type, this.asker, moment);
  }

  private setData(reader: JuteReader, moment: Moment): Prepared {
    this.setDataOp.read(reader);
    return this.sets.prepareData(this.setDataOp, this.asker, moment);
  }

  /** joiningServers, leavingServers, newMembers ustring, curConfigId long: read, because a record cut short is refused first. */
  private reconfig(reader: JuteReader): Prepared {
    for (let text = 0; text < 3; text++) reader.readString();
    reader.readLong();
    if (!this.options.reconfigEnabled) return ErrorCode.reconfigDisabled;
    return this.asker.sessionErr || ErrorCode.unimplemented;
  }

  private closeSession(request: Request, moment: Moment): CloseSessionTxn {
    const paths = this.deletes.prepareEndOf(request.sessionId, moment);
    this.sessions.setClosing(request.sessionId);
    const paths2Delete = this.options.closeSessionTxnEnabled ? paths : null;
    return { type: OpCode.closeSession, paths2Delete };
  }
}
