/*
 * How often each operation was answered: the `op_count_` metrics.
 *
 * Answers to FinalRequestProcessor.incrementOpCount of 3.10 (ZOOKEEPER-4983); 3.8 does not have them.
 */

import type { MetricEntry } from '../../fourletter/index.ts';
import { OpCode } from '../../jute/op-code.ts';
import type { Metric } from './metric.ts';
import { SimpleCounter } from './simple-counter.ts';

/** The lines in their order, with the op codes that each of them counts. */
const countedOperations: readonly (readonly [name: string, opCodes: readonly OpCode[]])[] = [
  ['add_watch', [OpCode.addWatch]],
  ['check', [OpCode.check]],
  ['check_watches', [OpCode.checkWatches]],
  ['close_session', [OpCode.closeSession]],
  ['create', [OpCode.create, OpCode.create2, OpCode.createContainer, OpCode.createTTL]],
  ['create_session', [OpCode.createSession]],
  ['delete', [OpCode.delete, OpCode.deleteContainer]],
  ['exists', [OpCode.exists]],
  ['get_acl', [OpCode.getACL]],
  ['get_all_children_number', [OpCode.getAllChildrenNumber]],
  ['get_children', [OpCode.getChildren, OpCode.getChildren2]],
  ['get_data', [OpCode.getData]],
  ['get_ephemerals', [OpCode.getEphemerals]],
  ['multi', [OpCode.multi]],
  ['multi_read', [OpCode.multiRead]],
  ['ping', [OpCode.ping]],
  ['reconfig', [OpCode.reconfig]],
  ['remove_watches', [OpCode.removeWatches]],
  ['set_acl', [OpCode.setACL]],
  ['set_data', [OpCode.setData]],
  ['set_watches', [OpCode.setWatches, OpCode.setWatches2]],
  ['sync', [OpCode.sync]],
  ['who_am_i', [OpCode.whoAmI]],
];

/** closeSession is the least op code that is counted. */
const LEAST_OP_CODE = OpCode.closeSession;
const GREATEST_OP_CODE = OpCode.whoAmI;

/** Counters by op code; op codes that Java does not count (auth, sasl) are not counted here either. */
export class OperationCounters implements Metric {
  readonly #total: SimpleCounter;
  readonly #counters: readonly SimpleCounter[];
  readonly #byOpCode: (SimpleCounter | undefined)[];

  constructor() {
    this.#total = new SimpleCounter('op_count_total');
    const slots = GREATEST_OP_CODE - LEAST_OP_CODE + 1;
    const byOpCode = new Array<SimpleCounter | undefined>(slots).fill(undefined);
    this.#counters = countedOperations.map(([name, opCodes]) => {
      const counter = new SimpleCounter(`op_count_${name}`);
      for (const opCode of opCodes) byOpCode[opCode - LEAST_OP_CODE] = counter;
      return counter;
    });
    this.#byOpCode = byOpCode;
  }

  /** Counts one operation that was carried out, whatever came of it. */
  increment(opCode: number): void {
    const counter = this.#byOpCode[opCode - LEAST_OP_CODE];
    if (counter === undefined) return;
    counter.increment();
    this.#total.increment();
  }

  appendTo(entries: MetricEntry[]): void {
    this.#total.appendTo(entries);
    for (const counter of this.#counters) counter.appendTo(entries);
  }

  reset(): void {
    this.#total.reset();
    for (const counter of this.#counters) counter.reset();
  }
}
