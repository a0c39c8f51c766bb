/*
 * Elections as text (test/harness/transcripts.ts): what servers say to each other because of each command.
 *
 *     > ensemble 1 2 3 [observer 4] [group 1:2:3 …] [weight 1=0 …]
 *     > start 1 [zxid 0x100000005] [epoch 1] [as 2]     a process starts on s1, or looks for a leader again
 *     > kill 3, off 3                                   kill -9; the power fails
 *     > cut 1 2, heal 1 2                               nothing passes between them, and again
 *     > stranger 1 hex                                  somebody writes bytes to an election port
 *     > established 1 epoch                             the leader's epoch is known (updateVote)
 *     > run ms, settle, status                          time passes; until nobody looks; who does what
 */
import { transcripts } from '../../harness/transcripts.ts';
import { Simulation } from './simulation.ts';

function numbersBehind(words: readonly string[], word: string): number[] {
  const numbers: number[] = [];
  const at = words.indexOf(word);
  for (let index = at + 1; at !== -1 && /^[0-9]+$/.test(words[index] ?? ''); index++) {
    numbers.push(Number(words[index]));
  }
  return numbers;
}

const wordBehind = (words: readonly string[], word: string): string | undefined =>
  words.includes(word) ? words[words.indexOf(word) + 1] : undefined;

function configure(simulation: Simulation, words: readonly string[]): void {
  const groups = words
    .filter((word) => word.includes(':'))
    .map((word, index) => ({ id: index + 1, members: word.split(':').map(Number) }));
  const ids = numbersBehind(words, 'ensemble');
  const weights = new Map<number, number>(groups.length === 0 ? [] : ids.map((id) => [id, 1]));
  for (const word of words.filter((one) => one.includes('='))) {
    const [id, weight] = word.split('=').map(Number);
    weights.set(id ?? 0, weight ?? 0);
  }
  simulation.configure(ids, numbersBehind(words, 'observer'), groups, weights);
}

function carryOut(simulation: Simulation, command: string): string[] {
  const words = command.split(' ');
  const host = `s${words[1]}`;
  switch (words[0]) {
    case 'ensemble':
      configure(simulation, words);
      return [];
    case 'start':
      simulation.start(host, {
        id: Number(wordBehind(words, 'as') ?? words[1]),
        zxid: BigInt(wordBehind(words, 'zxid') ?? 0),
        epoch: Number(wordBehind(words, 'epoch') ?? 0),
      });
      return [];
    case 'kill':
      simulation.kill(host);
      return [];
    case 'off':
      simulation.powerOff(host);
      return [];
    case 'cut':
      simulation.network.cut(host, `s${words[2]}`);
      return [];
    case 'heal':
      simulation.network.heal(host, `s${words[2]}`);
      return [];
    case 'stranger':
      simulation.intrude(host, Buffer.from(words[2] ?? '', 'hex'));
      simulation.run(10);
      return [];
    case 'established':
      simulation.updateVote(host, Number(words[2]));
      return [];
    case 'run':
      simulation.run(Number(words[1]));
      return [];
    case 'settle':
      return [`after ${simulation.runUntilElected(600_000)} ms: ${simulation.status}`];
    case 'status':
      return [simulation.status];
    default:
      throw new Error(`no such command: ${command}`);
  }
}

transcripts('elections', new URL('transcripts/', import.meta.url), () => {
  const simulation = new Simulation();
  return {
    carryOut: (command) => carryOut(simulation, command),
    take: () => simulation.network.take(),
  };
});
