import { expect, it } from 'vitest';
import { ServerHost, startClock } from '../../../src/server/host/server-host.ts';
import { TestLink } from '../client.ts';

it('a client that comes while there is no server yet is sent away, to try another one', () => {
  const host = new ServerHost(startClock());
  const link = new TestLink('10.0.0.1', 40_000);
  expect(host.accept(link)).toBeNull();
  expect(link.state).toBe('destroyed');
  host.stop();
});
