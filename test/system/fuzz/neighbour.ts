/*
 * Starts and ends the client next door (neighbour.mjs) of a fuzz test.
 */
import { fileURLToPath } from 'node:url';
import { Dialogue } from '../../harness/command.ts';

const script = fileURLToPath(new URL('./neighbour.mjs', import.meta.url));

/** A well-behaved client at work. */
export class Neighbour {
  readonly #dialogue: Dialogue;

  private constructor(dialogue: Dialogue) {
    this.#dialogue = dialogue;
  }

  /** Opens a session, makes a znode at `path`, and begins to work on it. */
  static async moveIn(port: number, path: string): Promise<Neighbour> {
    const dialogue = new Dialogue(process.execPath, [script, String(port), path]);
    await dialogue.hear('ready');
    return new Neighbour(dialogue);
  }

  /** Ends its work; fails if anything went wrong in it. Returns how long each write and read took (ms), sorted. */
  async moveOut(): Promise<number[]> {
    this.#dialogue.say('enough');
    const [, latencies = '[]'] = await this.#dialogue.end();
    const parsed: unknown = JSON.parse(latencies);
    if (!Array.isArray(parsed)) throw new Error('no latencies');
    return parsed.map(Number).sort((left, right) => left - right);
  }
}
