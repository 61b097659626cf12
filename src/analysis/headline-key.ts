import type { MeasuredPhase } from '../model/event.js';
import type { RunFigures } from '../model/figures.js';
import { keyText, streamKey } from './comparison/key.js';

/** The keys of streams in these runs in one phase, in the order in which they first appear. */
export const streamKeys = (runs: readonly RunFigures[], phase: MeasuredPhase): string[] => {
  const rows = runs.flatMap(({ streams }) => streams.filter((row) => row.phase === phase));
  // A stream that never answered may have no address, hence no family: that is no key of its own.
  return [
    ...new Set(rows.filter(({ family }) => family !== null).map((row) => keyText(streamKey(row, phase)))),
  ];
};

const headlines = ({ trials, streams }: RunFigures, phase: MeasuredPhase): string[] =>
  trials
    .filter((trial) => trial.phase === phase && trial.headline_stream !== null)
    .flatMap(({ trial, headline_stream }) =>
      streams.filter((row) => row.trial === trial && row.phase === phase && row.stream === headline_stream),
    )
    .map((row) => keyText(streamKey(row, phase)));

/**
 * The key that speaks for a scenario: to which the worst stream of a trial belonged most often; of several the first.
 * Null: no trial had an outage.
 */
export const headlineKey = (runs: readonly RunFigures[], phase: MeasuredPhase): string | null => {
  const counts = new Map<string, number>();
  for (const key of runs.flatMap((run) => headlines(run, phase))) counts.set(key, (counts.get(key) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts].find(([, count]) => count === most)?.[0] ?? null;
};
