import type { Transition } from '../ground/transitions.js';

/** The service's words, as the roles that its driver reads from them. */
const ROLES: Readonly<Record<string, string>> = {
  STOPPED: 'standby',
  STARTING: 'transitioning',
  RUNNING: 'active',
};

/** What the service's script says it did: lines of a word and the instants before and after, in epoch seconds. */
export const stateChanges = (output: string): Pick<Transition, 'value' | 'after' | 'before'>[] =>
  output.split('\n').flatMap((line) => {
    const [word = '', after, before] = line.split(' ');
    const value = ROLES[word];
    return value === undefined ? [] : [{ value, after: Number(after), before: Number(before) }];
  });
