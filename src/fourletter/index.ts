/*
 * Four-letter words: what operators and scripts ask over the client port with `echo ruok | nc`.
 *
 * The room's door: which bytes are a word, which words are allowed, and what each answers from a ServerView (Java: the classes
 * of org.apache.zookeeper.server.command).
 */

export { type FourLetterWord, isFourLetterWord } from './codes.ts';
export { javaDouble } from './java-text.ts';
export type * from './server-view.ts';
export { fourLetterWordWhitelist } from './whitelist.ts';
export { answerFourLetterWord, argumentLength } from './words.ts';
