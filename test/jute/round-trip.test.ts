/*
 * What is written is read again, whatever the values: every record, and nothing is left over.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Txn } from '../../src/jute/txn.ts';
import { readTxn, writeTxn } from '../../src/jute/txn.ts';
import * as arbitraries from './arbitraries.ts';
import type { Codec } from './codecs.ts';
import * as codecs from './codecs.ts';

/** A transaction with its op code before it, as the record alone does not tell what it is. */
const typedTxn: Codec<Txn> = {
  read: (reader) => readTxn(reader.readInt(), reader),
  write(writer, txn) {
    writer.writeInt(txn.type);
    writeTxn(writer, txn);
  },
};

function roundTrips<T>(name: string, codec: Codec<T>, values: fc.Arbitrary<T>): void {
  it(name, () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(codecs.decode(codec, codecs.encode(codec, value))).toEqual(value);
      }),
      { numRuns: 40 },
    );
  });
}

describe('what is written is read again', () => {
  roundTrips('int', codecs.int, arbitraries.int);
  roundTrips('ustring', codecs.string, arbitraries.nullableText);
  roundTrips('vector<ustring>', codecs.strings, arbitraries.texts);
  roundTrips('Id', codecs.id, arbitraries.id);
  roundTrips('ACL', codecs.acl, arbitraries.acl);
  roundTrips('vector<ACL>', codecs.acls, arbitraries.acls);
  roundTrips('Stat', codecs.stat, arbitraries.stat);
  roundTrips('ClientInfo', codecs.clientInfo, arbitraries.clientInfo);

  roundTrips('ConnectRequest', codecs.connectRequest, arbitraries.connectRequest);
  roundTrips('ConnectResponse', codecs.connectResponse, arbitraries.connectResponse);
  roundTrips('RequestHeader', codecs.requestHeader, arbitraries.requestHeader);
  roundTrips('ReplyHeader', codecs.replyHeader, arbitraries.replyHeader);
  roundTrips('CreateRequest', codecs.create, arbitraries.create);
  roundTrips('CreateTTLRequest', codecs.createTTL, arbitraries.createTTL);
  roundTrips('DeleteRequest, CheckVersionRequest', codecs.pathVersion, arbitraries.pathVersion);
  roundTrips('SetDataRequest', codecs.setData, arbitraries.setData);
  roundTrips('SetACLRequest', codecs.setACL, arbitraries.setACL);
  roundTrips('GetDataRequest and its like', codecs.pathWatch, arbitraries.pathWatch);
  roundTrips('AddWatchRequest and its like', codecs.pathKind, arbitraries.pathKind);
  roundTrips('SetWatches', codecs.setWatches, arbitraries.setWatches);
  roundTrips('SetWatches2', codecs.setWatches2, arbitraries.setWatches2);
  roundTrips('AuthPacket', codecs.authPacket, arbitraries.authPacket);
  roundTrips('WatcherEvent', codecs.watcherEvent, arbitraries.watcherEvent);
  roundTrips('Create2Response', codecs.create2Response, arbitraries.create2Response);
  roundTrips('GetDataResponse', codecs.getDataResponse, arbitraries.getDataResponse);
  roundTrips('GetChildren2Response', codecs.getChildren2Response, arbitraries.getChildren2Response);
  roundTrips('GetACLResponse', codecs.getACLResponse, arbitraries.getACLResponse);
  roundTrips('WhoAmIResponse', codecs.whoAmIResponse, arbitraries.whoAmIResponse);

  roundTrips('TxnHeader', codecs.txnHeader, arbitraries.txnHeader);
  roundTrips('TxnDigest', codecs.txnDigest, arbitraries.txnDigest);
  roundTrips('each Txn but MultiTxn', typedTxn, arbitraries.singleTxn);
  roundTrips('MultiTxn', typedTxn, arbitraries.multiTxn);
  roundTrips('MultiOperationRecord', codecs.multiOps, arbitraries.multiOps);
  roundTrips('MultiResponse', codecs.multiResults, arbitraries.multiResults);
});
