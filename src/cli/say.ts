import { stderr } from '../terminal.js';

/** A line of progress: for people, so it goes to stderr. */
export const say = (text: string): void => stderr.write(`${text}\n`);
