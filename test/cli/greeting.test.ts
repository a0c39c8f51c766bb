/*
 * What a server in the foreground of a terminal says first.
 */
import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../src/cli/environment.ts';
import { greeting } from '../../src/cli/greeting.ts';
import { LEAST, parseText } from '../server/config/memory-files.ts';

const environment = environmentOf({}, { name: '/etc/zk/zoo.cfg' });

/** The lines for a member of an ensemble, from the first with words on. */
function linesOf(servers: string, myid: string): readonly string[] {
  const text = `${LEAST}initLimit=10\nsyncLimit=5\n${servers}`;
  const config = parseText(text, { '/data/myid': myid });
  return greeting(environment, config, 2181).trim().split('\n');
}

describe('the greeting', () => {
  it('of a server alone says that it serves, and where', () => {
    const text = greeting(environment, parseText(LEAST), 2181);
    expect(text).toMatch(/^\n {2}zk-server \S+ is serving\.\n\n {4}clients {3}localhost:2181 \(/);
    expect(text).toContain('bin/zk-server status /etc/zk/zoo.cfg\n');
    expect(text).toContain('bin/zk-cli -server localhost:2181 ');
    expect(text).not.toContain('ensemble');
  });

  it('of a member says which it is, of how many, on which ports, and that it looks for the others', () => {
    const servers = 'server.1=zk1:2888:3888\nserver.2=zk2:2889:3889\nserver.3=zk3:2890:3890\n';
    const lines = linesOf(servers, '2');
    expect(lines[0]).toMatch(/^zk-server \S+ is server 2 of an ensemble of 3\.$/);
    expect(lines[1]).toContain('It looks for the others now');
    expect(lines.slice(3, 7)).toEqual([
      '    clients   localhost:2181 (on all addresses of this machine)',
      '    this is   server.2 at zk2, quorum port 2889, election port 3889',
      '    others    server.1 at zk1, quorum port 2888, election port 3888',
      '              server.3 at zk3, quorum port 2890, election port 3890',
    ]);
  });

  it('counts observers by themselves, and writes IPv6 addresses so that a port can follow', () => {
    const servers =
      'server.1=[::1]:2888:3888\nserver.2=zk2:2888:3888\nserver.3=zk3:2888:3888:observer\n';
    const lines = linesOf(servers, '1');
    expect(lines[0]).toContain('is server 1 of an ensemble of 2 and 1 observer.');
    expect(lines).toContain(
      '    this is   server.1 at [::1], quorum port 2888, election port 3888',
    );
    expect(lines).toContain(
      '              server.3 at zk3, quorum port 2888, election port 3888 (observer)',
    );
  });
});
