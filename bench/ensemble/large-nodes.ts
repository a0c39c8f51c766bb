/*
 * A few znodes that are nearly as large as a znode may be, so that a snapshot is large and loading it still quick.
 */
import { Conversation } from '../conversation.ts';

const PARENT = '/bench/large';
const LARGE_BYTES = 900_000;

/** Creates `count` znodes of 900 KB, one after the other, with numbers from `from` on. */
export async function createLargeNodes(
  port: number,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<void> {
  const session = await Conversation.open(port);
  await session.ensure('/bench');
  await session.ensure(PARENT);
  const data = Buffer.alloc(LARGE_BYTES, 0x5a);
  for (let znode = from; znode < from + count; znode++) {
    await session.create(`${PARENT}/n${znode}`, data);
  }
  await session.close();
}
