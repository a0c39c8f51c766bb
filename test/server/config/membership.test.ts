/*
 * server.N, group.N and weight.N in all their forms, in zoo.cfg or in a file of their own, and what cannot be an ensemble.
 */
import { describe, expect, it } from 'vitest';
import { obstacle } from '../../../src/server/config/obstacle.ts';
import { LEAST, mistakeIn, parseText } from './memory-files.ts';

const LIMITS = 'initLimit=10\nsyncLimit=5\n';
const THREE = `${LEAST}${LIMITS}server.1=a:2888:3888\nserver.2=b:2888:3888\nserver.3=c:2888:3888\n`;
const MYID = { '/data/myid': '1\n' };
const FORM =
  'is not of the form host:port:port[:role][|host:port:port[:role]]…[;[host:]clientPort[;[host:]secureClientPort]]';

function onlyMember(value: string, before = '') {
  const members = parseText(`dataDir=/data\n${before}server.1=${value}\n`).membership?.members;
  return members?.get(1);
}

describe('a server line', () => {
  it('has a host and two ports, and votes', () => {
    expect(onlyMember('zk1.example.com:2888:3888')).toEqual({
      id: 1,
      addresses: [{ host: 'zk1.example.com', quorumPort: 2888, electionPort: 3888 }],
      type: 'participant',
      clientAddress: null,
      secureClientAddress: null,
    });
  });

  it('may have a client port behind it, which is one of all addresses', () => {
    expect(onlyMember('a:2888:3888:participant;2181')?.clientAddress).toEqual({
      host: '0.0.0.0',
      port: 2181,
    });
  });

  it('may have addresses of IPv6', () => {
    const member = onlyMember('[2001:db8::1]:2888:3888;[::1]:2181');
    expect(member?.addresses[0]?.host).toBe('2001:db8::1');
    expect(member?.clientAddress).toEqual({ host: '::1', port: 2181 });
  });

  it('may have several addresses where that is allowed', () => {
    const member = onlyMember('a:2888:3888|b:2889:3889', 'multiAddress.enabled=true\n');
    expect(member?.addresses.map((one) => one.host)).toEqual(['a', 'b']);
  });

  it('may have a secure client port alone, as 3.10 writes it', () => {
    const member = onlyMember('a:2888:3888;;2281');
    expect(member?.clientAddress).toBeNull();
    expect(member?.secureClientAddress).toEqual({ host: '0.0.0.0', port: 2281 });
  });

  it.each([
    ['a:2888', `"a:2888" ${FORM}`],
    ['a:2888:3888:observer:x', `"a:2888:3888:observer:x" ${FORM}`],
    [':2888:3888', `":2888:3888" ${FORM}`],
    ['a:2888:3888;b:1:2', `b:1:2 ${FORM}`],
    ['a:2888:3888;1;2;3', `a:2888:3888;1;2;3 ${FORM}`],
    ['a:2888:2888', 'the two ports of a must differ, both are 2888'],
    ['a:2888:70000', '70000 is too large: 65535 is the most'],
    ['a:x:3888', '"x" is not a whole number'],
    ['a:2888:3888:boss', '"boss" is neither participant nor observer'],
    ['a:2888:3888;:2181', ':2181 has no host in front of its colon'],
    ['[::1:2888:3888', '[::1:2888:3888 starts with [ but has no matching ]'],
    ['[::1]2888:3888', '[::1]2888:3888 has no port behind its ]'],
    ['a:2888:3888|b:2888:3888', 'several addresses need multiAddress.enabled=true'],
  ])('cannot be %s', (value, reason) => {
    expect(mistakeIn(`${LEAST}server.1=${value}\n`)).toBe(`zoo.cfg:3: server.1: ${reason}`);
  });

  it('cannot give one member two roles', () => {
    const text = `${LEAST}multiAddress.enabled=true\nserver.1=a:1:2:observer|b:1:2:participant\n`;
    expect(mistakeIn(text)).toBe(
      'zoo.cfg:4: server.1: its addresses have different roles, observer and participant',
    );
  });

  it('needs a number', () => {
    expect(mistakeIn(`${LEAST}server.one=a:2888:3888\n`)).toBe(
      'zoo.cfg:3: server.one: the key is not of the form server.N with a number N',
    );
  });

  it('cannot come twice with different values', () => {
    expect(mistakeIn(`${THREE}server.1=d:2888:3888\n`, MYID)).toBe(
      'zoo.cfg:8: server.1: is given twice with different values, first on line 5',
    );
  });
});

describe('the client port', () => {
  it('of the own line may not contradict clientPort', () => {
    const text = 'dataDir=/data\nclientPort=2182\nserver.1=a:2888:3888;2181\n';
    expect(mistakeIn(text, MYID)).toBe(
      'zoo.cfg:2: clientPort: the client address 0.0.0.0:2182 differs from 0.0.0.0:2181 in the line server.1',
    );
  });

  it('of the own line narrows one of all addresses down', () => {
    const config = parseText(`${LEAST}server.1=a:2888:3888;127.0.0.1:2181\n`, MYID);
    expect([config.clientPortAddress, config.clientPort]).toEqual(['127.0.0.1', 2181]);
  });

  it('cannot be on two different addresses', () => {
    const text = `${LEAST}clientPortAddress=127.0.0.2\nserver.1=a:2888:3888;127.0.0.1:2181\n`;
    expect(mistakeIn(text, MYID)).toContain('127.0.0.2:2181 differs from 127.0.0.1:2181');
  });

  it('of another member means nothing', () => {
    const config = parseText(`${LEAST}server.2=a:2888:3888;9999\n`, MYID);
    expect(config.clientPort).toBe(2181);
  });
});

describe('an ensemble', () => {
  it('is read, and may have a member that serves no clients', () => {
    const config = parseText(THREE.replace('clientPort=2181\n', ''), MYID);
    expect(config.ensemble?.myid).toBe(1);
    expect([...(config.ensemble?.membership.members.keys() ?? [])]).toEqual([1, 2, 3]);
    expect([config.clientPort, obstacle(config)]).toEqual([null, null]);
  });

  it('of one needs standaloneEnabled=false', () => {
    const one = `${LEAST}${LIMITS}server.1=a:2888:3888\n`;
    expect(parseText(one, MYID).ensemble).toBeNull();
    expect(parseText(`${one}standaloneEnabled=false\n`, MYID).ensemble?.myid).toBe(1);
  });

  it.each([
    [
      THREE.replace('initLimit=10\n', ''),
      'zoo.cfg: initLimit: is not set, and an ensemble needs it',
    ],
    [
      THREE.replace('syncLimit=5\n', 'syncLimit=0\n'),
      'zoo.cfg:4: syncLimit: is not set, and an ensemble needs it',
    ],
    [
      `${LEAST}standaloneEnabled=false\n`,
      'zoo.cfg: standaloneEnabled=false needs at least one server.N line',
    ],
    [
      `${LEAST}server.1=a:1:2:observer\n`,
      'zoo.cfg: observers without a participant cannot form an ensemble',
    ],
    [
      `${LEAST}server.1=a:1:2\nserver.2=b:1:2:observer\n`,
      'zoo.cfg: one participant with observers needs standaloneEnabled=false',
    ],
  ])('cannot be %j', (text, message) => {
    expect(mistakeIn(text, MYID)).toBe(message);
  });

  it('needs a myid', () => {
    expect(mistakeIn(THREE)).toBe(
      "zoo.cfg:1: dataDir: there is no file /data/myid: write this server's number into it, one of 1, 2, 3 (the N of its line server.N in zoo.cfg)",
    );
  });

  it('needs a line for its own myid', () => {
    expect(mistakeIn(THREE, { '/data/myid': '7' })).toBe(
      '/data/myid:1: says that this is server 7, but zoo.cfg has no line server.7 (it has 1, 2, 3): correct the one or the other',
    );
  });

  it('of an even number is warned of', () => {
    const { warnings } = parseText(`${THREE}server.4=d:1:2\n`, MYID);
    expect(warnings.map((one) => one.text)).toEqual([
      'an even number of servers tolerates no more failures than one server fewer',
    ]);
  });
});

describe('groups and weights', () => {
  it('make a hierarchical quorum, where a weight is 1 unless given', () => {
    const membership = parseText(`${THREE}group.1=1:2\ngroup.2=3\nweight.3=4\n`, MYID).membership;
    expect(membership?.groups).toEqual([
      { id: 1, members: [1, 2] },
      { id: 2, members: [3] },
    ]);
    expect(membership?.weights).toEqual(
      new Map([
        [3, 4],
        [1, 1],
        [2, 1],
      ]),
    );
  });

  it.each([
    ['group.1=1:2\ngroup.2=2:3\n', 'zoo.cfg:9: group.2: server 2 is in group 1 already'],
    ['group.1=1:2\n', 'zoo.cfg:7: server.3: is in no group, while other servers are'],
    ['weight.1=2\n', 'zoo.cfg:5: server.1: is in no group, while other servers are'],
    [
      'group.1=1:2:3:9\n',
      'zoo.cfg:8: group.1: server 9 is not a participant: a group holds those that vote',
    ],
    ['group.1=1:x\n', 'zoo.cfg:8: group.1: "x" is not a whole number'],
    ['groups=1:2:3\n', 'zoo.cfg:8: groups: the key is not of the form group.N with a number N'],
    ['group.1=1:2:3\nweight.1=-1\n', 'zoo.cfg:9: weight.1: -1 is too small: 0 is the least'],
  ])('cannot be %j', (lines, message) => {
    expect(mistakeIn(`${THREE}${lines}`, MYID)).toBe(message);
  });
});

describe('a dynamic file', () => {
  const CFG = `${LEAST}${LIMITS}dynamicConfigFile=/conf/zoo.cfg.dynamic.100000000\n`;
  const dynamic = (text: string) => ({ ...MYID, '/conf/zoo.cfg.dynamic.100000000': text });

  it('holds the membership, and its version in its name', () => {
    const config = parseText(CFG, dynamic('server.1=a:1:2;2181\nserver.2=b:1:2;2181\n'));
    expect(config.membership?.version).toBe(0x100000000n);
    expect(config.dynamicConfigFile).toBe('/conf/zoo.cfg.dynamic.100000000');
  });

  it('has no version without one in its name', () => {
    const text = CFG.replace('.100000000', '');
    const config = parseText(text, {
      ...MYID,
      '/conf/zoo.cfg.dynamic': 'server.1=a:1:2\nserver.2=b:1:2\n',
    });
    expect(config.membership?.version).toBe(0n);
  });

  it('leaves no place for server lines in zoo.cfg', () => {
    expect(mistakeIn(`${CFG}server.1=a:1:2\n`, dynamic(''))).toBe(
      'zoo.cfg:6: server.1: belongs into the file that dynamicConfigFile names',
    );
  });

  it('holds nothing else', () => {
    expect(mistakeIn(CFG, dynamic('server.1=a:1:2\ntickTime=1\n'))).toBe(
      '/conf/zoo.cfg.dynamic.100000000:2: tickTime: does not belong into a dynamic file: only server.N, group.N and weight.N do',
    );
    expect(mistakeIn(CFG, dynamic('version=1\n'))).toContain(
      'the name of the file says its version',
    );
  });

  it('has to be there', () => {
    expect(mistakeIn(CFG, MYID)).toBe(
      'zoo.cfg:5: dynamicConfigFile: cannot read /conf/zoo.cfg.dynamic.100000000: there is no such file',
    );
  });
});

describe('a version line', () => {
  it('gives the version of a configuration that is in zoo.cfg', () => {
    expect(parseText(`${THREE}version=1a\n`, MYID).membership?.version).toBe(26n);
  });

  it('is hexadecimal', () => {
    expect(mistakeIn(`${THREE}version=xyz\n`, MYID)).toBe(
      'zoo.cfg:8: version: "xyz" is not a hexadecimal number',
    );
  });
});
