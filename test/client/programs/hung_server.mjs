/*
 * A client of a server that does not read any more: it writes more than the system takes, closes, and has nothing else to do.
 * Usage: node hung_server.mjs ADDRESS.
 */
import { ZooKeeper } from '../../../dist/src/client/index.js';

const [address = ''] = process.argv.slice(2);
const zk = await ZooKeeper.connect(address, { sessionTimeoutMs: 10_000 });
for (let count = 0; count < 40; count++) zk.setData('/a', Buffer.alloc(900_000)).catch(() => {});
await zk.close({ timeoutMs: 100 });
console.log('closed');
