import type { MeasuredPhase } from '../model/event.js';
import type { TrialRow } from '../model/record.js';
import { aftercareSentence } from './aftercare.js';
import { spellBounds, type Bounds } from './format.js';
import type { ReportInput } from './input.js';
import { watchSentence } from './watch-sentence.js';

/** Trials whose outage is known, if only from below. */
const isMeasured = (row: TrialRow): boolean => row.status === 'ok' || row.status === 'not-recovered';

export const trialBounds = (row: TrialRow): Bounds => ({
  lo: row.outage_lo_s,
  point: row.outage_s,
  hi: row.outage_hi_s,
});

/** `not-recovered` is worse than any number (it ranks as +infinity); among those the longest seen. */
const isWorse = (a: TrialRow, b: TrialRow): boolean => {
  const [pointA, pointB] = [a.outage_s ?? Infinity, b.outage_s ?? Infinity];
  if (pointA !== pointB) return pointA > pointB;
  return (a.outage_hi_s ?? a.outage_lo_s ?? 0) > (b.outage_hi_s ?? b.outage_lo_s ?? 0);
};

const worstOf = (rows: readonly TrialRow[]): TrialRow | null =>
  rows.reduce<TrialRow | null>((worst, row) => (worst === null || isWorse(row, worst) ? row : worst), null);

/** The trial with the longest outage; null: no trial was measured. */
export const worstTrial = (rows: readonly TrialRow[]): TrialRow | null => worstOf(rows.filter(isMeasured));

const counted = (rows: readonly TrialRow[]): string => {
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

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const figure = (worst: TrialRow, measured: readonly TrialRow[], noun: string): string => {
  const bounds = trialBounds(worst);
  if (worst.status === 'not-recovered') {
    const times = measured.filter((row) => row.status === 'not-recovered').length;
    const trials = measured.length === 1 ? '' : ` in ${times} of ${measured.length} ${noun}s`;
    return `traffic did not come back${trials}: it was down for ${spellBounds(bounds)}${place(worst, measured.length)}`;
  }
  const among = measured.length === 1 ? `in one ${noun}` : `in the worst of ${measured.length} ${noun}s`;
  const down = bounds.point === 0 ? 'no traffic was lost: any outage lasted' : 'traffic was down for';
  return `${down} ${spellBounds(bounds)} ${among}${place(worst, measured.length)}`;
};

const sentence = (phase: HeadlinePhase, rows: readonly TrialRow[]): string => {
  const measured = rows.filter(isMeasured);
  const others = rows.filter((row) => !isMeasured(row));
  const worst = worstOf(measured);
  if (worst === null) {
    const none = `no trial gave a figure: ${counted(others)}.`;
    return phase === 'failover' ? capital(none) : LEAD[phase] + none;
  }
  const first = figure(worst, measured, others.length === 0 ? 'trial' : 'valid trial');
  const excluded = others.length === 0 ? '' : ` Left out: ${counted(others)}.`;
  return `${phase === 'failover' ? capital(first) : LEAD[phase] + first}.${excluded}`;
};

/** The result in a sentence or two, one for each measured phase: always the worst stream of the worst trial. */
export const headline = (trials: readonly TrialRow[]): string => {
  const phases = (['failover', 'failback'] as const).filter((phase) =>
    trials.some((row) => row.phase === phase),
  );
  if (phases.length === 0) return 'No trial was finished.';
  return phases
    .map((phase) =>
      sentence(
        phase,
        trials.filter((row) => row.phase === phase),
      ),
    )
    .join(' ');
};

/** The result of a run in a sentence or two: of its trials, or of what was watched. */
export const runHeadline = (input: ReportInput): string => {
  const { record, tables } = input;
  if (record.kind === 'watch') return watchSentence(tables.streams);
  return [headline(tables.trials), aftercareSentence(input)].filter((text) => text !== '').join(' ');
};
