import { setTimeout } from 'node:timers/promises';
import { EXIT, KnownError } from '../model/error.js';
import type { StopReason } from '../observe/stop-conditions.js';

/** A person or a signal ended the run: everything is restored, and what was measured stays valid. */
export class Interrupted extends KnownError {
  constructor(message = 'interrupted') {
    super(message, { exitCode: EXIT.inconclusive });
    this.name = 'Interrupted';
  }
}

/** A condition from outside broke the trial off (`trial.stop-when`). */
export class Stopped extends Interrupted {
  constructor({ name, detail }: StopReason) {
    super(`stopped by the condition ${name}: ${detail}`);
    this.name = 'Stopped';
  }
}

/** What broke a trial off: where that was a condition, it says so. */
export const causeOf = (error: unknown, signal: AbortSignal): unknown =>
  error instanceof Interrupted && signal.reason instanceof Stopped ? signal.reason : error;

/** Waits; rejects with `Interrupted` as soon as the signal is given. */
export const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal }).catch(() => {
    throw new Interrupted();
  });
