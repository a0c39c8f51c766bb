/*
 * The client library with this project's server. The same stories run with Apache ZooKeeper in test/interop/client.test.ts.
 */
import { operationStories } from '../client/stories/operations.ts';
import { recipeStories } from '../client/stories/recipes.ts';
import { sessionStories } from '../client/stories/sessions.ts';
import { watchStories } from '../client/stories/watches.ts';

operationStories('ours');
sessionStories('ours');
watchStories('ours');
recipeStories('ours');
