import { closeSync, fstatSync } from 'node:fs';
import { constants } from 'node:os';

/*
 * Who hears Ctrl-C and a polite kill. This is the first thing that is loaded (src/cli.ts): until somebody has asked to
 * hear them, the process ends at once, whatever it is reading or loading.
 */

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

const hearing = new Set<(name: StopSignal) => void>();
let listening = false;

const leaving = new Set<() => void>();

/** What is still done when a stop ends the process: a terminal is given back as it was. Returns how to end that. */
export const beforeEnd = (leave: () => void): (() => void) => {
  leaving.add(leave);
  return () => void leaving.delete(leave);
};

/** Ends the process as the signal would have done, so that a shell's loop around it ends as well. */
export const endBy = (name: StopSignal): never => {
  if (process.stdin.isTTY && process.stdin.isRaw) process.stdin.setRawMode(false);
  for (const leave of leaving) leave();
  for (const each of STOP_SIGNALS) process.removeAllListeners(each);
  process.kill(process.pid, name);
  process.exit(128 + constants.signals[name]);
};

/**
 * Lets go of the terminal, which is gone or about to be. At its end Node gives a terminal back as it was, and aborts where
 * that fails (seen with 20.20); what is closed it leaves alone.
 */
const letGo = (): void => {
  for (const fd of [0, 1, 2]) {
    try {
      if (fstatSync(fd).isCharacterDevice()) closeSync(fd);
    } catch {
      // It is closed.
    }
  }
};

const pass = (name: StopSignal): void => {
  if (name === 'SIGHUP') process.once('exit', letGo);
  if (hearing.size === 0) endBy(name);
  for (const hear of [...hearing]) hear(name);
};

/** Takes the signals from Node, which would end the process without giving the terminal back. */
export const listenForStops = (): void => {
  // Once: to take a listener away and put it back would lose a signal that came just before.
  if (!listening) for (const name of STOP_SIGNALS) process.on(name, pass);
  listening = true;
};

/** From now on a stop is what `hear` makes of it. Returns how to end that. */
export const hearStops = (hear: (name: StopSignal) => void): (() => void) => {
  listenForStops();
  hearing.add(hear);
  return () => void hearing.delete(hear);
};
