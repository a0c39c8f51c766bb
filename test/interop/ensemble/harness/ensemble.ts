/*
 * An ensemble of server processes: each member is Apache ZooKeeper (`java`) or this project's server (`ours`), with the
 * very same zoo.cfg and myid, and can be stopped, killed, paused, and replaced by one of the other kind on the same
 * files. With `links` the members find each other through proxies that can be cut (links.ts).
 *
 * ZK_ENSEMBLE_OURS=java runs every story with Apache ZooKeeper in our place: what fails then is the story.
 * ZK_ENSEMBLE_LOGS=folder keeps there all that the members of a story which failed have logged.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../../harness/ports.ts';
import type { ConfigOverrides, ServerKind } from '../../../harness/server.ts';
import { until } from '../../../harness/until.ts';
import { superDigest } from '../../differential/arguments.ts';
import { Links } from './links.ts';
import { Member, type Place, type Role } from './member.ts';

/** One member to be. Members are numbered from 1. */
export interface MemberPlan {
  readonly kind: ServerKind;
  readonly isObserver?: boolean;
}

/**
 * For stories in which servers freeze or links fall silent: the others notice after 2.5 s. In all other stories that takes 10 s, and
 * a server that stands still for some seconds keeps its place.
 */
export const quickToNotice: ConfigOverrides = { syncLimit: 5 };

/** An ensemble to be. */
export interface EnsemblePlan {
  readonly members: readonly MemberPlan[];
  /** In ms; 500 if not given, so that the tests are quick. */
  readonly tickTime?: number;
  /** Further keys of every zoo.cfg. */
  readonly config?: ConfigOverrides;
}

/** How long an election, a start and a synchronisation may take together on a busy machine (ms). */
const settleLimitMs = 90_000;

/** How much of each log a failure shows (characters). */
const shownLog = 6_000;

/** Members that are all of one kind, or of the kinds given. */
export const membersOf = (...kinds: readonly ServerKind[]): MemberPlan[] =>
  kinds.map((kind) => ({ kind }));

async function makePlace(folder: string, id: number, isObserver: boolean): Promise<Place> {
  const own = join(folder, String(id));
  await mkdir(join(own, 'data'), { recursive: true });
  await writeFile(join(own, 'data', 'myid'), `${id}\n`);
  return {
    id,
    isObserver,
    folder: own,
    clientPort: await freePort(),
    quorumPort: await freePort(),
    electionPort: await freePort(),
  };
}

/** The server.N lines in the zoo.cfg of `self`, who finds the others behind its own proxies. */
async function serverLines(
  self: Place,
  places: readonly Place[],
  links: Links,
): Promise<Record<string, string>> {
  const lines: Record<string, string> = {};
  for (const { id, isObserver, quorumPort, electionPort } of places) {
    const way = { from: self.id, to: id };
    const isSelf = id === self.id;
    const quorum = isSelf
      ? quorumPort
      : await links.open({ ...way, kind: 'quorum', port: quorumPort });
    const election = isSelf
      ? electionPort
      : await links.open({ ...way, kind: 'election', port: electionPort });
    const role = isObserver ? 'observer' : 'participant';
    lines[`server.${id}`] = `127.0.0.1:${quorum}:${election}:${role}`;
  }
  return lines;
}

/** The processes of one ensemble, and the network between them. */
export class Ensemble {
  readonly links: Links;
  readonly #folder: string;
  readonly #members: ReadonlyMap<number, Member>;

  private constructor(folder: string, members: readonly Member[], links: Links) {
    this.#folder = folder;
    this.#members = new Map(members.map((member) => [member.place.id, member]));
    this.links = links;
  }

  /** Makes the files of all members and starts none. */
  static async make(plan: EnsemblePlan): Promise<Ensemble> {
    const folder = await mkdtemp(join(tmpdir(), 'zk-ensemble-'));
    const links = new Links();
    const places: Place[] = [];
    for (const [index, { isObserver = false }] of plan.members.entries()) {
      places.push(await makePlace(folder, index + 1, isObserver));
    }
    const members: Member[] = [];
    for (const [index, { kind }] of plan.members.entries()) {
      const place = places[index];
      if (place === undefined) throw new RangeError('a member without a place');
      members.push(
        new Member(place, kind, {
          tickTime: plan.tickTime ?? 500,
          initLimit: 20,
          syncLimit: 20,
          minSessionTimeout: 1_000,
          maxSessionTimeout: 60_000,
          'DigestAuthenticationProvider.superDigest': superDigest,
          ...(place.isObserver ? { peerType: 'observer' } : {}),
          ...(await serverLines(place, places, links)),
          ...plan.config,
        }),
      );
    }
    return new Ensemble(folder, members, links);
  }

  /** The numbers of all members. */
  get ids(): readonly number[] {
    return [...this.#members.keys()];
  }

  /** One member. */
  member(id: number): Member {
    const member = this.#members.get(id);
    if (member === undefined) throw new RangeError(`there is no member ${id}`);
    return member;
  }

  /** The client port of a member. */
  port(id: number): number {
    return this.member(id).place.clientPort;
  }

  /** The client ports of all members. */
  get ports(): readonly number[] {
    return this.ids.map((id) => this.port(id));
  }

  /** The members that run and are not paused. */
  get up(): readonly number[] {
    return this.ids.filter((id) => this.member(id).isUp);
  }

  /** Starts processes, all at once, and waits for none of them. */
  async launch(...ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.member(id).launch()));
  }

  /** Starts processes and waits until the ensemble has settled; returns the leader. */
  async start(...ids: readonly number[]): Promise<number> {
    await this.launch(...ids);
    return await this.settled();
  }

  /**
   * Starts all members so that one of them leads: first the leader and so many of lower number as make a quorum with it,
   * all with equal logs; then the rest. Its number has to be high enough for that.
   */
  async startLedBy(leader: number): Promise<void> {
    const voters = this.ids.filter((id) => !this.member(id).place.isObserver);
    const quorum = Math.floor(voters.length / 2) + 1;
    const first = voters.filter((id) => id < leader).slice(1 - quorum);
    await this.start(leader, ...first);
    await this.start(...this.ids.filter((id) => id !== leader && !first.includes(id)));
    const elected = await this.leader();
    if (elected !== leader) throw new Error(`${elected} leads, and ${leader} was to`);
  }

  /** SIGTERM for one member, and waits for its end. */
  stop(id: number): Promise<void> {
    return this.member(id).stop();
  }

  /** SIGKILL for one member, and waits for its end. */
  kill(id: number): Promise<void> {
    return this.member(id).kill();
  }

  /** Stops a member and starts a server of the given kind on its files; returns the leader when all is settled. */
  async replace(id: number, kind: ServerKind): Promise<number> {
    await this.stop(id);
    this.member(id).become(kind);
    return await this.start(id);
  }

  /** What each member is. */
  async roles(): Promise<ReadonlyMap<number, Role>> {
    const roles = await Promise.all(this.ids.map((id) => this.member(id).role()));
    return new Map(this.ids.map((id, index) => [id, roles[index] ?? 'down']));
  }

  /** Waits until one of the running members leads, and returns it. */
  leader(): Promise<number> {
    return until('a leader', async () => await this.#leader(), settleLimitMs);
  }

  async #leader(): Promise<number | false> {
    const leaders = [...(await this.roles())].filter(([, role]) => role === 'leader');
    const [only] = leaders;
    return leaders.length === 1 && only !== undefined ? only[0] : false;
  }

  /** Waits until every running member serves, and one of them leads; returns that one. */
  async settled(ids = this.up): Promise<number> {
    let last = '';
    let settled: number | Error;
    try {
      settled = await until(
        'the ensemble to settle',
        async () => {
          const failed = await this.#restartFailed();
          if (failed !== undefined) return failed;
          const roles = await this.roles();
          last = [...roles].map(([id, role]) => `${id} ${role}`).join(', ');
          const leaders = ids.filter((id) => roles.get(id) === 'leader');
          const [leader] = leaders;
          const serving = ids.every((id) => this.#isServing(id, roles.get(id)));
          return leaders.length === 1 && serving ? leader : false;
        },
        settleLimitMs,
      );
    } catch (error) {
      throw new Error(`${String(error)} (at last: ${last})`);
    }
    if (settled instanceof Error) throw settled;
    return settled;
  }

  /**
   * Starts Java servers again that have ended by themselves, as a supervisor would: a follower of 3.8.0 may die of its
   * leader's death (a NullPointerException in SendAckRequestProcessor). Ours may not: that is returned.
   */
  async #restartFailed(): Promise<Error | undefined> {
    for (const id of this.ids) {
      const member = this.member(id);
      if (!member.hasFailed) continue;
      if (member.server.kind === 'ours') return new Error(`member ${id} has ended by itself`);
      await member.launch();
    }
    return undefined;
  }

  #isServing(id: number, role: Role | undefined): boolean {
    if (this.member(id).place.isObserver) return role === 'observer';
    return role === 'leader' || role === 'follower';
  }

  /** The end of what every member has logged; where it is asked for, all of it is kept in files. */
  get logs(): string {
    const folder = process.env['ZK_ENSEMBLE_LOGS'];
    if (folder !== undefined) {
      mkdirSync(folder, { recursive: true });
      for (const id of this.ids) writeFileSync(join(folder, `${id}.log`), this.member(id).log);
    }
    return this.ids
      .map((id) => {
        const member = this.member(id);
        return `--- member ${id} (${member.kind}) ---\n${member.log.slice(-shownLog)}`;
      })
      .join('\n');
  }

  /** Ends all processes and removes all files. */
  async dispose(): Promise<void> {
    this.links.destroy();
    await Promise.all(this.ids.map((id) => this.member(id).dispose()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Runs a story with an ensemble of which nothing is started, and removes it; a failure shows the ends of all logs. */
export async function withEnsemble<T>(
  plan: EnsemblePlan,
  story: (ensemble: Ensemble) => Promise<T>,
): Promise<T> {
  const ensemble = await Ensemble.make(plan);
  try {
    return await story(ensemble);
  } catch (error) {
    console.error(ensemble.logs);
    throw error;
  } finally {
    await ensemble.dispose();
  }
}
