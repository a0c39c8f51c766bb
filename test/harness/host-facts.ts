/*
 * What a server is told of a machine that there is not.
 */
import type { HostFacts } from '../../src/server/server-view.ts';

/** Facts of no machine; nothing is said of its environment. @param version what the server calls itself */
export function hostFacts(version = '3.8.0-box'): HostFacts {
  return {
    version,
    environment: () => {
      throw new Error('nobody asks for the environment here');
    },
    timeZone: () => 'UTC',
    directorySize: () => 0,
    openFileDescriptorCount: () => 1,
    maxFileDescriptorCount: () => 2,
  };
}
