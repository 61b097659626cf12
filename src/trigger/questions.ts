import { findAction, findUndo, type ActionKey, type NodeDrivers } from './act/action.js';
import { shown, type Bound } from './ask/bound.js';
import { leftOut } from './transport/template.js';
import type { Command } from './transport/transport.js';

/** One question that is put to a node, and what for. */
export interface Asked {
  readonly what: string;
  readonly command: string;
}

const asked = (bound: Bound, what: string, run: Command): Asked => ({ what, command: shown(bound, run) });

/** What is sent when a connection is made, before anything is asked. */
const loginOf = (bound: Bound): Asked[] => {
  const { driver, values } = bound;
  const start = (driver.shell?.start ?? []).filter((line) => !leftOut(line, values));
  const login = driver.http?.login?.run;
  return [
    ...start.map((line) => asked(bound, 'after the login', line)),
    ...(login === undefined ? [] : [asked(bound, 'the login', login)]),
  ];
};

/** Every question to a node that a trial puts by itself: who it is, its role and clock, whether it is fit to fail over. */
export const questionsOf = (bound: Bound): readonly Asked[] => {
  const { identity, role, clock, ready, leftover, sync } = bound.driver;
  return [
    ...loginOf(bound),
    ...(identity === undefined ? [] : [asked(bound, `identity: ${identity.about}`, identity.run)]),
    ...(role === undefined ? [] : [asked(bound, 'role', role.run)]),
    ...(clock === undefined ? [] : [asked(bound, 'clock', clock.run)]),
    ...ready.map(({ about, run }) => asked(bound, `ready: ${about}`, run)),
    ...leftover.map(({ about, run }) => asked(bound, `left over: ${about}`, run)),
    ...(sync === undefined ? [] : [asked(bound, `state sync: ${sync.about}`, sync.run)]),
  ];
};

/** What is asked before an action, and before and after its undo. */
export const actionQuestions = (drivers: NodeDrivers, key: ActionKey): readonly Asked[] => {
  const found = findAction(drivers, key);
  const back = findUndo(drivers, found);
  const { requires } = found.spec;
  return [
    ...(found.bound === drivers.own ? [] : loginOf(found.bound)),
    ...(requires === undefined ? [] : [asked(found.bound, `before it: ${requires.about}`, requires.run)]),
    ...(back === null
      ? []
      : [asked(back.bound, `before and after the undo: ${back.undo.about}`, back.undo.done.run)]),
  ];
};
