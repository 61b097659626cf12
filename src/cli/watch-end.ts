/** How a person ends a watch. */
export interface Ending {
  /** Once: no more probes, a summary. */
  readonly signal: AbortSignal;
  /** Twice: at once. */
  readonly hurry: AbortSignal;
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const CTRL_C = '\u0003';

/** Ends by a signal, and at a terminal by `q`. */
export const watchEnding = (input: NodeJS.ReadStream, interactive: boolean): Ending => {
  const first = new AbortController();
  const second = new AbortController();
  const stop = (): void => (first.signal.aborted ? second : first).abort();
  for (const name of SIGNALS) process.on(name, stop);
  // In raw mode a key comes without Enter, and Ctrl-C comes as a key.
  const onKey = (key: Buffer): void => {
    if (['q', 'Q', CTRL_C].includes(key.toString())) stop();
  };
  const keys = interactive && input.isTTY;
  if (keys) input.setRawMode(true).on('data', onKey);
  return {
    signal: first.signal,
    hurry: second.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, stop);
      if (!keys) return;
      input.off('data', onKey).setRawMode(false);
      input.pause();
    },
  };
};
