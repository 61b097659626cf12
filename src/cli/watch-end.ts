import { hearStops } from '../stop-signals.js';

/** How a person ends a watch. */
export interface Ending {
  /** Once: no more probes, a summary. */
  readonly signal: AbortSignal;
  /** Twice: at once. */
  readonly hurry: AbortSignal;
  release(): void;
}

const CTRL_C = '\u0003';

/** Ends by a signal, at a terminal by `q`, and when nobody reads the output any more (`| head`). */
export const watchEnding = ({
  stdin: input,
  stdout,
  stderr,
}: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>): Ending => {
  const first = new AbortController();
  const second = new AbortController();
  const stop = (): void => (first.signal.aborted ? second : first).abort();
  const deaf = hearStops(stop);
  // In raw mode a key comes without Enter, and Ctrl-C comes as a key.
  const onKey = (key: Buffer): void => {
    if (['q', 'Q', CTRL_C].includes(key.toString())) stop();
  };
  const keys = stderr.isTTY && input.isTTY;
  // For good: the summary finds no reader either.
  stdout.on('error', () => first.abort());
  if (keys) input.setRawMode(true).on('data', onKey);
  return {
    signal: first.signal,
    hurry: second.signal,
    release: () => {
      deaf();
      if (!keys) return;
      input.off('data', onKey).setRawMode(false);
      input.pause();
    },
  };
};
