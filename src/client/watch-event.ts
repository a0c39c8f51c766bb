/*
 * The event of a watch as a server sends it (Java: WatcherEvent, ClientCnxn.SendThread.readResponse). Who is to hear of it is known to
 * the WatchRegistry.
 */

import { EventType } from '../jute/op-code.ts';
import { JuteError, type JuteReader } from '../jute/reader.ts';
import { readWatcherEvent } from '../jute/responses.ts';
import type { WatchedEvent } from './watch-registry.ts';

const eventNames = new Map<number, WatchedEvent['type']>(
  Object.entries(EventType).map(([name, type]) => [type, name as WatchedEvent['type']]),
);

/** What has happened, and to which path of the server. Raises JuteError for a type that no client knows. */
export function readWatchEvent(reader: JuteReader): Pick<WatchedEvent, 'type' | 'path'> {
  const event = readWatcherEvent(reader);
  const type = eventNames.get(event.type);
  if (type === undefined || event.path === null) {
    throw new JuteError(`a watch event of type ${event.type}`);
  }
  return { type, path: event.path };
}
