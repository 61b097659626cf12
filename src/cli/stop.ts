import { endBy, hearStops, type StopSignal } from '../stop-signals.js';
import { say } from './say.js';

/**
 * What a stop finds, and so what it means:
 *
 * - `idle`      nothing is touched and nothing is open: the process ends
 * - `delegated` a program inside a lab hears it too, and says what it does
 * - `untouched` the pair is as it was before the run: what was measured is kept; again: the process ends
 * - `touched`   the pair was changed, or may have been: it is restored first, however often it is asked
 * - `reporting` the pair is done with: the reports are made; again: the process ends
 */
export type StopPhase = 'idle' | 'delegated' | 'untouched' | 'touched' | 'reporting';

const WORDS: Readonly<Record<Exclude<StopPhase, 'delegated'>, readonly [first: string, again: string]>> = {
  idle: ['stopped: nothing was touched', ''],
  untouched: [
    'stopping: nothing is to be put back, what was measured is kept (again: at once)',
    'stopped: nothing was to be put back',
  ],
  touched: [
    'stopping: the pair is being restored, what was measured is kept (once is enough)',
    'still restoring the pair; results are kept',
  ],
  reporting: [
    'stopping: only the reports of what was measured are still made (again: at once)',
    'stopped: the reports are not complete; "seqgap report" makes them again',
  ],
};

export interface Stop {
  readonly signal: AbortSignal;
  phase: StopPhase;
  /** Where it is said that the run is being stopped. */
  say: (text: string) => void;
  release(): void;
}

/**
 * Ctrl-C and a polite kill. Where a pair may have been touched they end the run in order: probing stops, the pair is
 * restored, results are written, and no further scenario is begun.
 */
export const onStop = (): Stop => {
  const controller = new AbortController();
  const hear = (name: StopSignal): void => {
    const { phase } = stop;
    const again = controller.signal.aborted;
    const atOnce = phase === 'idle' || (again && (phase === 'untouched' || phase === 'reporting'));
    if (phase !== 'delegated') stop.say(WORDS[phase][again && phase !== 'idle' ? 1 : 0]);
    if (atOnce) endBy(name);
    controller.abort();
  };
  const stop: Stop = { signal: controller.signal, phase: 'idle', say, release: hearStops(hear) };
  return stop;
};
