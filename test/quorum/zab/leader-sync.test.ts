/*
 * The leader brings each learner into step with its own history: DIFF, TRUNC, SNAP (Java: Leader, LearnerHandler; ZkV3_7_0.tla: LeaderProcess…).
 */
import { describe, expect, it } from 'vitest';
import { LogSource } from '../../../src/datatree/storage/log-source.ts';
import { SnapshotStream } from '../../../src/datatree/storage/snapshot-stream.ts';
import { toSessionId } from '../../../src/jute/int64.ts';
import { JuteWriter } from '../../../src/jute/writer.ts';
import { createTxn, DIRECTORY, Scene, zxid } from '../../datatree/storage/scene.ts';
import { LeaderScene, TICK } from './leader-scene.ts';
import { int, type Link, type RawPeer, zx } from './links.ts';

describe('synchronisation', () => {
  it('gives no history before a quorum has accepted the epoch', () => {
    const members = [1, 2, 3, 4, 5].map((sid) => `server.${sid}=h:1:2`).join('\n');
    const scene = new LeaderScene({ members });
    const [two, three] = [scene.hello(2), scene.hello(3)];
    two.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    expect(two.take()).toEqual(['LEADERINFO 1:0']);
    three.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    expect(two.take()).toEqual(['DIFF 0:0', 'NEWLEADER 1:0']);
  });

  it.each([
    ['a later epoch', zx(1, 1), 3],
    ['a later transaction of the same epoch', zx(2, 8), 2],
  ])('ends where a learner has %s: what it has may be committed', (_what, lastZxid, epoch) => {
    const scene = new LeaderScene({ accepted: 3, current: 2, committed: [zx(2, 7)] });
    scene.accepts(2, lastZxid, epoch);
    expect(scene.ended).toContain('is ahead');
    expect(scene.peers[0]?.isClosed).toBe(true);
  });

  it('goes on where an observer is ahead: what is committed a quorum has, and what else it has is cut', () => {
    const scene = new LeaderScene({ accepted: 3, current: 2, committed: [zx(2, 7)] });
    const observer = scene.hello(4, 0, 'observerInfo');
    scene.hello(2);
    observer.say('ackEpoch', zx(2, 8), int(2));
    scene.turn();
    scene.accepts(3, zx(2, 7), 2);
    expect(scene.ended).toBeNull();
    expect(observer.take()).toEqual(['LEADERINFO 4:0', 'TRUNC 2:7', 'NEWLEADER 4:0']);
  });

  it('takes a learner that is ahead once a quorum has accepted the epoch, and cuts it', () => {
    const scene = new LeaderScene({ accepted: 2, current: 2, committed: [zx(2, 7)] });
    scene.follows(2, zx(2, 7), 2);
    const late = scene.accepts(3, zx(2, 8), 2);
    expect(late.take()).toEqual(['LEADERINFO 3:0', 'TRUNC 2:7', 'NEWLEADER 3:0']);
  });

  it('does not count a voter that had accepted the epoch before, and may have done so for another leader', () => {
    const scene = new LeaderScene();
    const peer = scene.accepts(2, zx(0, 0), -1);
    expect(peer.take()).toEqual(['LEADERINFO 1:0']);
    expect(scene.epochs.current).toBe(0);
  });

  it('does not count a voter whose database is empty and should not be: its zxid is -1', () => {
    const scene = new LeaderScene();
    const peer = scene.hello(2, -1);
    peer.say('ackEpoch', -1n, int(-2));
    scene.turn();
    expect(peer.take()).toEqual(['LEADERINFO 1:0']);
  });

  it('does not count itself where its own database is empty and should not be', () => {
    const scene = new LeaderScene({ lastZxid: zxid(-1), accepted: 1, current: 1 });
    expect(scene.accepts(2).take()).toEqual(['LEADERINFO 2:0']);
    expect(scene.ended).toBeNull();
  });

  it('leads, and lets followers serve, only when a quorum has its history', () => {
    const scene = new LeaderScene({ committed: [zx(0, 1), zx(0, 2)] });
    const two = scene.accepts(2, zx(0, 1));
    expect(two.take()).toEqual([
      'LEADERINFO 1:0',
      'DIFF 0:2',
      'PROPOSAL 0:2',
      'COMMIT 0:2',
      'NEWLEADER 1:0',
    ]);
    expect(scene.server.told).toEqual([]);
    two.say('ack', zx(1, 0));
    scene.turn();
    expect(scene.server.told).toEqual(['lead 1:0']);
    expect(two.take()).toEqual(['UPTODATE']);
    expect(two.data.find(({ name }) => name === 'NEWLEADER')?.bytes.toString()).toBe(
      'the membership of 1:0',
    );
  });

  it('needs those who are to vote from now on as well, where it tells a membership that is not in force', () => {
    const proposedMembers = 'server.1=a:1:2\nserver.4=d:1:2\nserver.5=e:1:2';
    const scene = new LeaderScene({ proposedMembers });
    scene.follows(2);
    expect(scene.isEstablished).toBe(false);
    scene.observes(4);
    expect(scene.isEstablished).toBe(true);
  });

  it('does not take an observer for one of the quorum that has its history', () => {
    const scene = new LeaderScene();
    const observer = scene.hello(4, 0, 'observerInfo');
    scene.accepts(2);
    observer.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    observer.say('ack', zx(1, 0));
    scene.turn();
    expect(scene.isEstablished).toBe(false);
  });

  it('does not take the ACK of a proposal for that of NEWLEADER, which 3.8 may send first (ZOOKEEPER-4685)', () => {
    const scene = new LeaderScene({ committed: [zx(0, 1), zx(0, 2)] });
    const two = scene.accepts(2, zx(0, 0));
    two.say('ack', zx(0, 1));
    scene.turn();
    expect(scene.isEstablished).toBe(false);
    two.say('ack', zx(1, 0));
    scene.turn();
    expect(scene.isEstablished).toBe(true);
  });

  it('counts the ACK of a proposal that comes before that of NEWLEADER (ZOOKEEPER-4685)', () => {
    const scene = new LeaderScene();
    const two = scene.follows(2);
    scene.propose(1);
    two.link.destroy();
    scene.turn();
    const three = scene.accepts(3);
    three.say('ack', zx(1, 1));
    three.say('ack', zx(1, 0));
    scene.turn();
    expect(three.take().slice(-2)).toEqual(['UPTODATE', 'COMMIT 1:1']);
  });

  it('sends a whole tree where the memory does not reach back and the log is not worth reading', () => {
    const scene = new LeaderScene({ committed: [zx(1, 5)], accepted: 1, current: 1 });
    scene.server.history.tree.sessions.set(toSessionId(7n), 4000);
    const two = scene.accepts(2, zx(1, 2), 1);
    expect(two.take()).toEqual(['LEADERINFO 2:0', 'SNAP 1:5', 'NEWLEADER 2:0']);
    expect([...two.tree.sessions]).toEqual([[7n, 4000]]);
  });

  it('sends a late joiner what is committed, NEWLEADER, what is proposed, and then what comes (ZOOKEEPER-4394)', () => {
    const scene = new LeaderScene({ committed: [zx(0, 3)] });
    const two = scene.follows(2, zx(0, 3));
    scene.propose(1);
    two.say('ack', zx(1, 1));
    scene.turn();
    scene.propose(2);
    const three = scene.accepts(3, zx(0, 3));
    expect(three.take()).toEqual([
      'LEADERINFO 1:0',
      'DIFF 1:1',
      'PROPOSAL 1:1',
      'COMMIT 1:1',
      'NEWLEADER 1:0',
      'PROPOSAL 1:2',
    ]);
    scene.propose(3);
    two.say('ack', zx(1, 2));
    scene.turn();
    expect(three.take()).toEqual(['PROPOSAL 1:3', 'COMMIT 1:2']);
  });

  it('sends nobody what is only proposed but those that vote', () => {
    const scene = new LeaderScene();
    scene.follows(2);
    scene.propose(1, false);
    const observer = scene.hello(4, 0, 'observerInfo');
    observer.say('ackEpoch', zx(0, 0), int(0));
    scene.turn();
    expect(observer.take()).toEqual(['LEADERINFO 1:0', 'DIFF 0:0', 'NEWLEADER 1:0']);
  });

  it('lets observers wait where many trees are being sent, and voters never', () => {
    const options = { forceSnapshotSync: true, maxConcurrentSnapSyncs: 1 };
    const scene = new LeaderScene({ options });
    scene.follows(2);
    const ask = (sid: number, type: 'observerInfo' | 'followerInfo') => {
      const peer = scene.hello(sid, 0, type);
      peer.say('ackEpoch', zx(0, 0), int(0));
      scene.turn();
      return peer;
    };
    const closed = [ask(4, 'observerInfo'), ask(5, 'observerInfo'), ask(3, 'followerInfo')];
    expect(closed.map((peer) => peer.isClosed)).toEqual([false, true, false]);
  });

  describe('out of the log', () => {
    /** A leader whose log has 1 to 40 and whose memory has only the last. */
    function behind(damage: (scene: Scene) => void = () => undefined): LeaderScene {
      const logged = new Scene();
      for (let each = 0; each < 40; each++) logged.commit(createTxn(`/n${each}`, 'x'.repeat(9000)));
      const scene = new LeaderScene({ committed: [zx(0, 40)] });
      const directories = { logDirectory: DIRECTORY, snapshotDirectory: DIRECTORY };
      scene.server.history.log = (after, through) => {
        return LogSource.open(logged.disk, directories, after, through);
      };
      damage(logged);
      return scene;
    }

    const spoil = ({ disk }: Scene): void => {
      const bytes = disk.contents(`${DIRECTORY}/log.1`);
      bytes.fill(0x55, 200_000, 200_100);
      disk.put(`${DIRECTORY}/log.1`, bytes);
    };

    it('sends what is missing, in order', () => {
      const seen = behind().accepts(2, zx(0, 3)).take();
      const counters = Array.from({ length: 37 }, (_, index) => index + 4);
      expect(seen).toEqual([
        'LEADERINFO 1:0',
        'DIFF 0:40',
        ...counters.flatMap((each) => [`PROPOSAL 0:${each}`, `COMMIT 0:${each}`]),
        'NEWLEADER 1:0',
      ]);
    });

    it('sends the tree where the log does not reach back, and behind it nothing that it shows', () => {
      const scene = new LeaderScene({ committed: [zx(0, 39), zx(0, 40)] });
      const directories = { logDirectory: DIRECTORY, snapshotDirectory: DIRECTORY };
      scene.server.history.log = (after, through) => {
        return LogSource.open(new Scene().disk, directories, after, through);
      };
      scene.follows(2, zx(0, 40));
      scene.propose(1);
      const seen = scene.accepts(3, zx(0, 3)).take();
      expect(seen).toEqual(['LEADERINFO 1:0', 'SNAP 1:0', 'NEWLEADER 1:0', 'PROPOSAL 1:1']);
    });

    it('closes the link where the log cannot be read on, and sends the tree when the learner comes again', () => {
      const scene = behind(spoil);
      const first = scene.accepts(2, zx(0, 3));
      expect(first.take()).toContain('PROPOSAL 0:4');
      expect(first.isClosed).toBe(true);
      expect(scene.lines.join('\n')).toContain('cannot be sent what it misses');
      const again = scene.accepts(2, zx(0, 3));
      expect(again.take()).toEqual(['LEADERINFO 1:0', 'SNAP 0:40', 'NEWLEADER 1:0']);
    });
  });
});

describe('a tree that is being sent', () => {
  /** A follower behind the memory, whose network takes nothing for now. */
  function sending() {
    const scene = new LeaderScene({ committed: [zx(0, 9)] });
    scene.follows(2, zx(0, 9));
    const { history } = scene.server;
    history.tree.sessions.set(toSessionId(7n), 4000);
    const streams: SnapshotStream[] = [];
    history.openSnapshot = () => {
      const stream = new SnapshotStream(history.tree);
      streams.push(stream);
      return stream;
    };
    const three = scene.hello(3);
    const [handler] = [...scene.leader.handlers].filter(({ sid }) => sid === 3);
    const link = handler?.link as Link;
    link.unsentSize = 1 << 20;
    three.say('ackEpoch', zx(0, 1), int(0));
    scene.turn();
    three.take();
    return { scene, three, link, streams };
  }

  it('waits for the network, and what comes meanwhile follows behind it', () => {
    const { scene, three, link } = sending();
    scene.propose(1);
    expect(three.take()).toEqual([]);
    expect(scene.leader.endTurn()).toBe(false);
    link.unsentSize = 0;
    scene.turn();
    expect(three.take()).toEqual(['SNAP 1:0', 'NEWLEADER 1:0', 'PROPOSAL 1:1']);
    expect(three.tree.sessions.get(toSessionId(7n))).toBe(4000);
  });

  it('is followed by what was committed meanwhile, then NEWLEADER, then what is not committed', () => {
    const { scene, three, link } = sending();
    const two = scene.peers[0] as RawPeer;
    scene.propose(1);
    two.say('ack', zx(1, 1));
    scene.turn();
    scene.propose(2);
    link.unsentSize = 0;
    scene.turn();
    expect(three.take()).toEqual([
      'SNAP 1:0',
      'PROPOSAL 1:1',
      'COMMIT 1:1',
      'NEWLEADER 1:0',
      'PROPOSAL 1:2',
    ]);
    two.say('ack', zx(1, 2));
    scene.turn();
    expect(three.take()).toEqual(['COMMIT 1:2']);
  });

  it('goes out in slices, each in the memory of the one before once the network has that', () => {
    const { scene, link } = sending();
    for (let id = 8n; id < 20_000n; id++)
      scene.server.history.tree.sessions.set(toSessionId(id), 1);
    const slices: Uint8Array[] = [];
    link.write = (bytes) => {
      slices.push(bytes);
      link.unsentSize = bytes.length;
    };
    link.unsentSize = 0;
    expect([scene.leader.endTurn(), slices.length]).toEqual([true, 1]);
    const first = Buffer.from(slices[0] ?? []);
    expect([scene.leader.endTurn(), slices.length]).toEqual([false, 1]);
    expect(Buffer.compare(first, slices[0] ?? Buffer.alloc(0))).toBe(0);
    link.unsentSize = 0;
    expect([scene.leader.endTurn(), slices.length]).toEqual([true, 2]);
    expect(slices[1]?.buffer).toBe(slices[0]?.buffer);
  });

  it.each([
    [
      'the link breaks',
      ({ three, scene }: ReturnType<typeof sending>) => {
        three.link.destroy();
        scene.turn();
      },
    ],
    ['the term ends', ({ scene }: ReturnType<typeof sending>) => scene.leader.end('enough')],
    ['the learner comes again', ({ scene }: ReturnType<typeof sending>) => scene.hello(3)],
  ])('is forgotten by the tree when %s', (_what, ends) => {
    const parts = sending();
    ends(parts);
    const writer = new JuteWriter();
    parts.streams[0]?.writeSlice(writer, 1 << 20);
    expect([parts.streams.length, writer.length]).toEqual([1, 0]);
  });

  it('may take longer than initLimit, as long as the network takes more of it', () => {
    const { scene, three, link } = sending();
    const { sessions } = scene.server.history.tree;
    for (let id = 1n; id <= 20_000n; id++) sessions.set(toSessionId(id), 4000);
    const two = scene.peers[0] as RawPeer;
    const write = link.write.bind(link);
    link.write = (bytes) => {
      write(bytes);
      link.unsentSize = 1 << 20;
    };
    for (let slice = 1; slice <= 4; slice++) {
      link.unsentSize = 0;
      scene.turn();
      scene.passWith(9 * TICK, two);
    }
    expect(scene.lines.at(-1)).not.toContain('silent');
    expect([three.take().at(0), three.isClosed]).toEqual(['SNAP 1:0', false]);
    scene.passWith(2 * TICK, two);
    expect(three.isClosed).toBe(true);
  });

  it('is given up where too much waits behind it', () => {
    const { scene, three, link } = sending();
    const two = scene.peers[0] as RawPeer;
    link.unsentSize = 512 << 20;
    scene.turn();
    expect(three.isClosed).toBe(false);
    scene.propose(1);
    two.say('ack', zx(1, 1));
    scene.turn();
    expect(three.isClosed).toBe(true);
    expect(scene.lines.at(-1)).toContain('does not read');
  });

  it('is not waited for by a learner that reads nothing at all', () => {
    const { scene, three, link } = sending();
    link.unsentSize = 600 << 20;
    scene.turn();
    link.unsentSize = 0;
    scene.turn();
    link.unsentSize = 600 << 20;
    scene.propose(1);
    expect(three.isClosed).toBe(true);
    expect(scene.lines.at(-1)).toContain('does not read');
  });
});
