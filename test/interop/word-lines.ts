/*
 * The answers to four-letter words of two servers, made comparable: what differs from run to run is masked, line by line.
 */

/** The lines of a text, with numbers, versions and folders masked, and sorted: connections stand in the order of a hash table. */
export const maskedLines = (text: string): string[] =>
  text
    .replaceAll(/Zookeeper version: .*|zk_version\t.*/g, 'a version')
    .replaceAll(/(dataDir|dataLogDir)=.*/g, '$1=a folder')
    .replaceAll(/^0 expire at .*\n/gm, '')
    .replaceAll(/expire at .*/g, 'expire at a time')
    .replaceAll(/\b0x[0-9a-f]+/g, '#')
    .replaceAll(/\d+(\.\d+)?/g, '#')
    .split('\n')
    .sort();

/** The keys of `mntr`, in their order. */
export const monitorKeys = (mntr: string): string[] =>
  mntr
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '')
    .filter((key) => key !== '');

/** Keys of `mntr` that 3.9 and later have and 3.8.0 has not. */
export const laterKeys = /^zk_(op_count_\w+|ttl_node_\w+_count|snapshot_error_count)$/;

const setsOfADump = /Sets \(\d+\)\/\((\d+)\):\n((?:\d+ expire at .*\n|\t.*\n)*)/g;

/** Whether a `dump` lists as many as it counts: Java can put a session into a later set while it prints the earlier one. */
export const isWholeDump = (dump: string): boolean =>
  [...dump.matchAll(setsOfADump)].every(
    ([, count, lines = '']) => lines.split('\n\t').length - 1 === Number(count),
  );
