import { say } from './say.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Stop {
  readonly signal: AbortSignal;
  /** Where it is said that the run is being stopped. */
  say: (text: string) => void;
  release(): void;
}

/**
 * Ctrl-C and a polite kill end the run in order: probing stops, the pair is restored, results are written, and no
 * further scenario is begun.
 */
export const onStop = (): Stop => {
  const controller = new AbortController();
  const heard = (): void => {
    stop.say(
      controller.signal.aborted
        ? 'still restoring the pair; results are kept'
        : 'stopping: the pair is being restored, what was measured is kept (once is enough)',
    );
    controller.abort();
  };
  const stop: Stop = {
    signal: controller.signal,
    say,
    release: () => STOP_SIGNALS.forEach((name) => process.off(name, heard)),
  };
  for (const name of STOP_SIGNALS) process.on(name, heard);
  return stop;
};
