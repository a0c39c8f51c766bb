/*
 * Which class makes the requests of a load that goes round over several connections. A job names its load
 * by a word, because it crosses from the harness to the generator process as JSON.
 */
import type { SteadyLoad } from '../lane.ts';
import { FilledGetLoad, FillLoad } from './fill.ts';
import { ChildrenLoad, ExistsLoad, GetLoad } from './read.ts';
import { CreateDeleteLoad, MixedLoad, MultiLoad, SetLoad } from './write.ts';

/** What the lanes of a steady load ask for. */
export type SteadyLoadName =
  | 'get'
  | 'exists'
  | 'mixed'
  | 'set'
  | 'createDelete'
  | 'multi'
  | 'getChildren'
  | 'fill'
  | 'filledGet';

/**
 * Makes the load for `lanes` connections that are spread over so many servers; `znodes` is how many there are to fill, or
 * were filled.
 */
export function steadyLoad(
  name: SteadyLoadName,
  options: { readonly lanes: number; readonly znodes: number; readonly servers: number },
): SteadyLoad {
  switch (name) {
    case 'get':
      return new GetLoad();
    case 'exists':
      return new ExistsLoad();
    case 'mixed':
      return new MixedLoad(options);
    case 'set':
      return new SetLoad(options.lanes);
    case 'createDelete':
      return new CreateDeleteLoad();
    case 'multi':
      return new MultiLoad(options.lanes);
    case 'getChildren':
      return new ChildrenLoad();
    case 'fill':
      return new FillLoad(options);
    case 'filledGet':
      return new FilledGetLoad(options.znodes);
  }
}
