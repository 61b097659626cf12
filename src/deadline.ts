import { setTimeout as sleep } from 'node:timers/promises';
import { KnownError } from './model/error.js';
import { toMs, type Nanoseconds } from './model/time.js';
import { formatDuration } from './model/duration.js';

/** Whoever waited does not wait any longer: the run was interrupted, or what it was for is over. */
export const givenUp = (): KnownError => new KnownError('given up');

/** Calls `end` once, when the signal is given or if it was given before. Returns how to forget it. */
export const whenAborted = (signal: AbortSignal | undefined, end: () => void): (() => void) => {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    end();
    return () => undefined;
  }
  signal.addEventListener('abort', end, { once: true });
  return () => signal.removeEventListener('abort', end);
};

const reasonOf = ({ reason }: AbortSignal): KnownError => (reason instanceof KnownError ? reason : givenUp());

/** @throws KnownError where the signal was given. */
export const requireTime = (signal: AbortSignal | undefined): void => {
  if (signal?.aborted === true) throw reasonOf(signal);
};

/**
 * Gives what `waiting` gives; rejects with the signal's reason, a KnownError, if that comes first. What was begun is not ended by this:
 * whoever began it listens to the same signal.
 */
export const heeding = <T>(signal: AbortSignal, waiting: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const forget = whenAborted(signal, () => reject(reasonOf(signal)));
    void waiting.then(resolve, reject).finally(forget);
  });

/**
 * One deadline over everything that `work` waits for, which also ends when `outer` is given. @throws KnownError when the
 * time is over (`late`) or it was given up, and whatever `work` throws before.
 */
export const within = async <T>(
  time: Nanoseconds,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
  late: () => KnownError = () => new KnownError(`no answer within ${formatDuration(time)}`),
): Promise<T> => {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(late()), toMs(time));
  const forget = whenAborted(outer, () => over.abort(reasonOf(outer as AbortSignal)));
  try {
    return await heeding(over.signal, work(over.signal));
  } finally {
    clearTimeout(timer);
    forget();
  }
};

/** Looks again and again, for what tells nobody when it changes. @returns false: the time was up first */
export const holdsWithin = async (
  test: () => boolean | Promise<boolean>,
  { limit_ms, every_ms = 20 }: { readonly limit_ms: number; readonly every_ms?: number },
): Promise<boolean> => {
  const end = performance.now() + limit_ms;
  while (!(await test())) {
    if (performance.now() >= end) return false;
    await sleep(every_ms);
  }
  return true;
};
