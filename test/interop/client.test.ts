/*
 * The client library with Apache ZooKeeper. The same stories run with this project's server in test/system/client.test.ts.
 */
import { operationStories } from '../client/stories/operations.ts';
import { recipeStories } from '../client/stories/recipes.ts';
import { sessionStories } from '../client/stories/sessions.ts';
import { watchStories } from '../client/stories/watches.ts';

operationStories('java');
sessionStories('java');
watchStories('java');
recipeStories('java');
