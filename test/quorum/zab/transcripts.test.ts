/*
 * The protocol as text (test/harness/transcripts.ts): what leaders and learners say to each other because of each command.
 *
 *     > ensemble 3 [observers 1] [commitLogCount=1 …]   voters are s1, s2 …, observers behind them; options of test/sim/options.ts
 *     > start 1 2 3                                     processes start
 *     > client 1 create /a text                         a client of s1 asks: create, set, get, sync; it keeps its connection
 *     > kill 3, off 3                                   kill -9; the power fails, and what was not synced may be lost
 *     > accepted 3 5000                                 the file with the epoch that it has accepted says something else
 *     > cut 1 2, heal 1 2                               nothing passes between them, and again
 *     > drop 3 COMMIT, pass 3 COMMIT                    packets of a type are lost on their way, and not any more
 *     > run ms, status                                  time passes; who does what
 */
import { transcripts } from '../../harness/transcripts.ts';
import { Scene } from '../../sim/scene.ts';

function configure(scene: Scene, words: readonly string[]): void {
  const observers = words.includes('observers') ? Number(words[words.indexOf('observers') + 1]) : 0;
  const others = words
    .filter((word) => word.includes('='))
    .map((word) => word.split('='))
    .map(([name = '', value = '']) => [name, Number(value)]);
  scene.ensemble(Number(words[0]), observers, Object.fromEntries(others));
}

function carryOut(scene: Scene, command: string): string[] {
  const [verb, ...words] = command.split(' ');
  const [host = '', other = ''] = words.map((word) => (/^\d$/.test(word) ? `s${word}` : word));
  switch (verb) {
    case 'ensemble':
      configure(scene, words);
      return [];
    case 'start':
      for (const word of words) scene.server(`s${word}`).start();
      return [];
    case 'client':
      scene.ask(host, words.slice(1));
      return [];
    case 'kill':
    case 'off':
      scene.server(host).crash(verb === 'off');
      scene.forgetClient(host);
      return [];
    case 'accepted':
      scene.writeAcceptedEpoch(host, other);
      return [];
    case 'cut':
    case 'heal':
      scene.cut(host, other, verb === 'cut');
      return [];
    case 'drop':
    case 'pass':
      scene.drop(host, other, verb === 'drop');
      return [];
    case 'run':
      scene.run(Number(words[0]));
      return [];
    case 'status':
      return scene.status;
    default:
      throw new Error(`no such command: ${command}`);
  }
}

transcripts('the broadcast', new URL('transcripts/', import.meta.url), () => {
  const scene = new Scene();
  return { carryOut: (command) => carryOut(scene, command), take: () => scene.take() };
});
