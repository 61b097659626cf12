import { EXIT, KnownError } from '../model/error.js';

/** A person or a signal ended the run: everything is restored, and what was measured stays valid. */
export class Interrupted extends KnownError {
  constructor() {
    super('interrupted', { exitCode: EXIT.inconclusive });
    this.name = 'Interrupted';
  }
}

/** Waits; rejects with `Interrupted` as soon as the signal is given. */
export const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Interrupted());
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new Interrupted());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
