import type { MeasuredPhase } from '../model/event.js';
import type { RunFigures } from '../model/figures.js';
import type { StreamStatus, TrialStatus } from '../model/record.js';
import type { StreamRow, TrialRow } from '../model/tables.js';
import { keyText, streamKey } from './comparison/key.js';
import { provenLongest } from './flow/proven-longest.js';

export type Headline = Pick<TrialRow, 'headline_stream' | 'outage_lo_s' | 'outage_s' | 'outage_hi_s'>;

const NONE: Headline = { headline_stream: null, outage_lo_s: null, outage_s: null, outage_hi_s: null };

/** No recovery is worse than any length. */
const RANK: Partial<Record<StreamStatus, number>> = { 'not-recovered': 2, degraded: 1 };

/**
 * The headline of a trial is its worst crossing stream, never an average over streams: the one that is proven to have been
 * down longest, or among those of its class that may have been down as long, the one that is known best. One that did not
 * recover is worse than any length. A void trial has none, and one that was down at the start names the stream only.
 */
export const headlineOf = (status: TrialStatus, crossing: readonly StreamRow[]): Headline => {
  if (status === 'void') return NONE;
  if (status === 'down-at-start')
    return { ...NONE, headline_stream: crossing.find((row) => row.status === status)?.stream ?? null };
  const known = crossing.filter((row) => row.longest_lo_s !== null);
  const worst =
    known[
      provenLongest(
        known.map((row) => ({
          rank: RANK[row.status] ?? 0,
          lo: row.longest_lo_s ?? 0,
          hi: row.longest_hi_s,
          kind: row.class,
        })),
      )
    ];
  if (worst === undefined) return NONE;
  return {
    headline_stream: worst.stream,
    outage_lo_s: worst.longest_lo_s,
    outage_s: worst.longest_s,
    outage_hi_s: worst.longest_hi_s,
  };
};

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
