import { isMeasured } from '../../analysis/limits.js';
import { EXIT, type ExitCode } from '../../model/error.js';
import type { MeasuredPhase } from '../../model/event.js';
import type { TrialStatus } from '../../model/record.js';
import type { StreamRow, TrialRow } from '../../model/tables.js';
import { aftercareSentence } from './aftercare.js';
import { sayDown, sayFourFigures } from '../../analysis/words/four-figures.js';
import { sayDegraded, sayRandomLoss } from '../../analysis/words/impairment.js';
import { capital, saySeconds, spellBounds, type Bounds } from '../../analysis/words/format.js';
import { medianOf } from '../../analysis/statistics/quantile.js';
import type { AnalysedRun } from './analysed-run.js';
import { sayStatistic, watchSentence } from './run-words.js';

/** Trials whose outage is known, if only from below: the higher, the worse. */
const RANK: Readonly<Partial<Record<TrialStatus, number>>> = { ok: 0, degraded: 1, 'not-recovered': 2 };

export const trialBounds = (row: TrialRow): Bounds => ({
  lo: row.outage_lo_s,
  point: row.outage_s,
  hi: row.outage_hi_s,
});

/** No recovery is worse than any number, and none at all the worst; among those the longest seen. */
const isWorse = (a: TrialRow, b: TrialRow): boolean => {
  const [rankA, rankB] = [RANK[a.status] ?? 0, RANK[b.status] ?? 0];
  if (rankA !== rankB) return rankA > rankB;
  const [pointA, pointB] = [a.outage_s ?? Infinity, b.outage_s ?? Infinity];
  if (pointA !== pointB) return pointA > pointB;
  return (a.outage_hi_s ?? a.outage_lo_s ?? 0) > (b.outage_hi_s ?? b.outage_lo_s ?? 0);
};

const worstOf = (rows: readonly TrialRow[]): TrialRow | null =>
  rows.reduce<TrialRow | null>((worst, row) => (worst === null || isWorse(row, worst) ? row : worst), null);

/** The trial with the longest outage; null: no trial was measured. */
export const worstTrial = (rows: readonly TrialRow[]): TrialRow | null => worstOf(rows.filter(isMeasured));

/** `1 void, 2 down-at-start` */
export const countedStatuses = (rows: readonly TrialRow[]): string => {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.status, (counts.get(row.status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
};

const place = (worst: TrialRow, count: number): string => {
  const where = [
    worst.headline_stream === null ? null : `stream ${worst.headline_stream}`,
    count > 1 && worst.trial !== null ? `trial ${worst.trial}` : null,
  ].filter((part) => part !== null);
  return where.length === 0 ? '' : ` (${where.join(', ')})`;
};

type HeadlinePhase = Exclude<MeasuredPhase, 'no-sync'>;

const LEAD: Readonly<Record<HeadlinePhase, string>> = { failover: '', failback: 'On failback, ' };

/** The stream that a trial's headline is of; older runs may not have it. */
export const headlineRow = (trial: TrialRow, streams: readonly StreamRow[]): StreamRow | null =>
  streams.find(
    (row) =>
      row.trial === trial.trial &&
      row.phase === trial.phase &&
      row.stream === trial.headline_stream &&
      row.direction === 'round-trip',
  ) ?? null;

/** `in one trial`, `in the worst of 3 trials` */
const among = (count: number, noun: string): string =>
  count === 1 ? `in one ${noun}` : `in the worst of ${count} ${noun}s`;

/** ` in 2 of 3 trials`; nothing where there is one. */
const times = (worst: TrialRow, measured: readonly TrialRow[], noun: string): string => {
  if (measured.length === 1) return '';
  const count = measured.filter(({ status }) => status === worst.status).length;
  return ` in ${count} of ${measured.length} ${noun}s`;
};

/**
 * `all 5 trials 1.08 to 1.20 s, median 1.18 s`: how the trials differ, which is not how exactly one of them was measured. Empty
 * where there is a single one, where nothing was lost, one did not recover, or was down more than once: that is no one length.
 */
const sayRange = (rows: readonly TrialRow[], streams: readonly StreamRow[]): string => {
  const measured = rows.filter(isMeasured);
  if (measured.some((row) => (headlineRow(row, streams)?.periods ?? 0) > 1)) return '';
  const lengths = measured.flatMap(({ outage_s }) => outage_s ?? []).toSorted((a, b) => a - b);
  const [least, most] = [lengths[0], lengths.at(-1)];
  if (least === undefined || most === undefined || most === 0) return '';
  if (measured.length < 2 || lengths.length < measured.length) return '';
  const valid = measured.length === rows.length ? '' : ' valid';
  const [from, to] = [sayStatistic(least, 1), saySeconds(most)];
  const all = `all ${measured.length}${valid} trials`;
  return from === to
    ? `${all} ${to}`
    : `${all} ${from.replace(/ s$/, '')} to ${to}, median ${sayStatistic(medianOf(lengths), 1)}`;
};

const figure = (
  worst: TrialRow,
  row: StreamRow | null,
  measured: readonly TrialRow[],
  noun: string,
): string => {
  const bounds = trialBounds(worst);
  const down = (row === null ? null : sayFourFigures(row)) ?? `down for ${spellBounds(bounds, 'measured ')}`;
  const at = place(worst, measured.length);
  const random = row === null ? null : sayRandomLoss(row);
  const beside = random === null ? '' : `, beside ${random}`;
  if (worst.status === 'not-recovered')
    return `traffic did not come back${times(worst, measured, noun)}: it was ${down}${at}${beside}`;
  if (worst.status === 'degraded') {
    const residual = row === null ? null : sayDegraded(row);
    const what = residual === null ? '' : ` (${residual})`;
    const was = bounds.point === 0 ? 'no outage was seen' : `it was ${down}`;
    return `traffic stayed degraded${times(worst, measured, noun)}${what}: ${was}${at}${beside}`;
  }
  const said =
    bounds.point === 0
      ? `no traffic was lost: any outage lasted ${spellBounds(bounds)}`
      : `traffic was ${down}`;
  return `${said} ${among(measured.length, noun)}${at}${beside}`;
};

/**
 * The largest total where the longest outage would hide it: another stream or trial was down longer in all than the one that
 * was down longest at once.
 */
const hidden = (worst: TrialRow, measured: readonly TrialRow[], streams: readonly StreamRow[]): string => {
  const own = headlineRow(worst, streams);
  const known = Math.max(worst.outage_s ?? Infinity, own?.total_s ?? 0);
  const most = streams
    .filter(
      (row) =>
        row.direction === 'round-trip' &&
        row.total_s !== null &&
        row.total_s > known &&
        measured.some(({ trial, phase }) => trial === row.trial && phase === row.phase),
    )
    .toSorted((a, b) => (b.total_s ?? 0) - (a.total_s ?? 0))[0];
  if (most === undefined) return '';
  const trial = measured.length > 1 ? ` in trial ${most.trial ?? '-'}` : '';
  return ` Stream ${most.stream} was ${sayDown(most)}${trial}.`;
};

const sentence = (phase: HeadlinePhase, rows: readonly TrialRow[], streams: readonly StreamRow[]): string => {
  const measured = rows.filter(isMeasured);
  const others = rows.filter((row) => !isMeasured(row));
  const worst = worstOf(measured);
  if (worst === null) {
    const none = `no trial gave a figure: ${countedStatuses(others)}.`;
    return phase === 'failover' ? capital(none) : LEAD[phase] + none;
  }
  const noun = others.length === 0 ? 'trial' : 'valid trial';
  const range = worst.status === 'ok' ? sayRange(rows, streams) : '';
  const first = `${figure(worst, headlineRow(worst, streams), measured, noun)}${range === '' ? '' : `; ${range}`}`;
  const excluded = others.length === 0 ? '' : ` Left out: ${countedStatuses(others)}.`;
  return `${phase === 'failover' ? capital(first) : LEAD[phase] + first}.${hidden(worst, measured, streams)}${excluded}`;
};

/**
 * The result in a sentence or two, one for each measured phase: always the worst stream of the worst trial.
 *
 * @param streams those that cross the pair
 */
export const headline = (trials: readonly TrialRow[], streams: readonly StreamRow[]): string => {
  const phases = (['failover', 'failback'] as const).filter((phase) =>
    trials.some((row) => row.phase === phase),
  );
  if (phases.length === 0) return 'No trial was finished.';
  return phases
    .map((phase) =>
      sentence(
        phase,
        trials.filter((row) => row.phase === phase),
        streams.filter((row) => row.phase === phase),
      ),
    )
    .join(' ');
};

/** The result of a run in a sentence or two: of its trials, or of what was watched. */
export const runHeadline = (run: AnalysedRun): string => {
  const { record, tables } = run;
  if (record.kind === 'watch') return watchSentence(tables.streams, tables.outages);
  const control = new Set(record.scenario.streams.filter((plan) => plan.control).map(({ name }) => name));
  const crossing = tables.streams.filter(({ stream }) => !control.has(stream));
  return [headline(tables.trials, crossing), aftercareSentence(run)].filter((text) => text !== '').join(' ');
};

/** The exit code of a run: a pair that could not be restored comes before any verdict. */
export const exitCodeOf = ({ record, verdict }: AnalysedRun): ExitCode => {
  if (record.restored === false) return EXIT.notRestored;
  switch (verdict) {
    case 'pass':
      return EXIT.pass;
    case 'fail':
      return EXIT.limit;
    case 'inconclusive':
      return EXIT.inconclusive;
  }
};
