import {
  LEAST_FOR_VARIANCE,
  type PhaseSpread,
  type PhaseSpreads,
  phaseSpreads,
} from '../../analysis/timeline/phases-spread.js';
import { API_AGAINST_TRAFFIC, TRAFFIC } from '../../analysis/timeline/timeline-events.js';
import { oneLine } from '../../model/outside.js';
import type { ResultTables, RowKey, TrialRow, PhaseRow, TimelineRow } from '../../model/tables.js';
import { capital, sayBounds, sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import {
  apart,
  type Block,
  type Column,
  drawn,
  figure,
  instantCell,
  interval,
  lines,
  on,
  section,
  type Section,
  sentence,
  table,
  text,
  cellOf,
  boundsCell,
} from '../sections.js';
import { markdownText } from '../text/markdown.js';
import { left, right, tableLines, textWidth, wrap } from '../text/table.js';
import { count, seconds, TRIAL_AND_PHASE } from './cells.js';
import type { AnalysedRun } from './analysed-run.js';
import { trialBounds, worstTrial } from './headline.js';
import { slowestPhase } from './slowest-phase.js';

/** Where the time of an outage went. */

type Explained = Pick<ResultTables, 'timeline' | 'phases'>;

const isOf =
  ({ trial, phase }: RowKey) =>
  (row: RowKey): boolean =>
    row.trial === trial && row.phase === phase;

/** `API said done 1.204 s after the trigger; traffic was back 8.310 s later`: of one trial and phase. */
const apiSentences = ({ timeline = [] }: Explained, key: RowKey): readonly string[] =>
  timeline
    .filter(({ milestone }) => milestone === API_AGAINST_TRAFFIC)
    .filter(isOf(key))
    .flatMap(({ detail }) => detail ?? []);

/** As fine as the sentences about the API, so that they add up. */
const exact = (seconds: number): string => `${Math.abs(seconds).toFixed(3)} s`;

/**
 * `loss from 1.506 s to 2.706 s after the trigger`: an outage does not begin with its trigger. null: nothing was lost, or an
 * older run does not tell.
 */
const sayEdges = ({ timeline = [] }: Explained, trial: TrialRow): string | null => {
  const own = timeline.filter(isOf(trial)).filter(({ subject }) => subject === trial.headline_stream);
  const loss = own.find(({ milestone }) => milestone === TRAFFIC.loss)?.after_trigger_s ?? null;
  const back = own.find(({ milestone }) => milestone === TRAFFIC.recovery);
  if (loss === null || back === undefined) return null;
  const { after_trigger_s: until, at_hi_s, detail } = back;
  const isEarly = loss < 0;
  const from = `loss from ${exact(loss)}${isEarly ? ' before the trigger' : ''}`;
  if (until === null || at_hi_s === null)
    return `${from}${isEarly ? '' : ' after the trigger'} on; recovery: ${detail ?? 'not seen'}`;
  return `${from} to ${exact(until)} after ${isEarly ? 'it' : 'the trigger'}${detail === null ? '' : ` (${detail})`}`;
};

/** When one trial and phase was down, and what the API said of it, each in a sentence. */
const sentencesOf = (tables: Explained, trial: TrialRow): readonly string[] => {
  const edges = sayEdges(tables, trial);
  return [...(edges === null ? [] : [edges]), ...apiSentences(tables, trial)];
};

/** `Slowest phase: detection (median 2.77 s, 79 % of the outage in 3 of 4 failovers).`, or why that is not known. */
const saySlowest = (run: AnalysedRun): string => {
  const worst = worstTrial(run.tables.trials);
  if (run.record.kind === 'watch' || worst === null || worst.outage_s === 0) return '';
  const slowest = slowestPhase(run);
  return slowest.names === null
    ? `Slowest phase: not known, because ${slowest.why}.`
    : `Slowest phase: ${slowest.names.join(', ')} (${slowest.rests}).`;
};

/** What was not seen is in the phase behind it, whose own length it is not. */
const sayUnseen = ({ phase, trials, spreads }: PhaseSpreads): readonly string[] =>
  spreads
    .filter(({ n }) => n < trials)
    .map(
      ({ name, n }) =>
        `${capital(phase ?? 'all')}: the end of ${name} was not seen in ${trials - n} of ${sayNumberOf(trials, 'trial')}; there its time is in the next phase.`,
    );

/** The waterfall of one trial and phase; empty where nothing explains its outage. */
export const trialWaterfall = ({ phases = [] }: Explained, key: RowKey, room: number): string[] =>
  waterfall(phases.filter(isOf(key)), room);

/** `trial 2, failover: 3.42 s  [3.41 … 3.43] (ping)` */
export const sayExplained = (row: TrialRow): string =>
  `trial ${row.trial ?? '-'}, ${row.phase ?? ''}: ${sayBounds(trialBounds(row))} (${row.headline_stream ?? ''})`;

const percent = (share: number | null): string => (share === null ? '' : `${Math.round(100 * share)} %`);

/** `0.61 … 1.90 s` */
const sayRange = ({ min_s, max_s }: PhaseSpread): string =>
  min_s === null || max_s === null ? '' : `${saySeconds(min_s)} … ${saySeconds(max_s)}`;

interface SpreadRow extends PhaseSpread, Pick<PhaseSpreads, 'trials'> {
  readonly of: PhaseSpreads['phase'];
}

const SPREADS: readonly Column<SpreadRow>[] = [
  text('of', ({ of }) => of),
  text('phase', ({ name }) => name, { shrinks: true }),
  text('until', ({ until }) => until, { shrinks: true }),
  figure('n', ({ n, trials }) => `${n}/${trials}`),
  figure('median', ({ median_s }) => seconds(median_s)),
  text('min … max', sayRange),
  figure('share', ({ share }) => percent(share)),
  figure('variance', ({ variance }) => percent(variance)),
];

/** The parts of the outages over all trials. */
export const spreadsTable = (spreads: readonly PhaseSpreads[]): Block =>
  table(
    spreads.flatMap(({ phase, trials, spreads: each }) =>
      each.map((spread): SpreadRow => ({ ...spread, of: phase, trials })),
    ),
    SPREADS,
    { caption: 'Parts of the outages, over all trials' },
  );

/** `Failover: attach carries 81 % of the variance over 10 trials.`, or why nobody can say. */
export const sayVariance = ({ phase, trials, variance, spreads }: PhaseSpreads): string => {
  const of = capital(phase ?? 'all');
  switch (variance) {
    case 'too few trials':
      return `${of}: ${sayNumberOf(trials, 'trial')}, ranges only; at least ${LEAST_FOR_VARIANCE} say which phase carries the variance.`;
    case 'within the intervals':
      return `${of}: the outages of ${trials} trials differ by less than their intervals are wide: no phase carries that.`;
    case 'known': {
      const [first, ...rest] = spreads;
      if (first === undefined) return '';
      const most = rest.reduce((a, b) => ((b.variance ?? 0) > (a.variance ?? 0) ? b : a), first);
      return `${of}: ${most.name} carries ${percent(most.variance)} of the variance over ${trials} trials.`;
    }
  }
};

/** Columns of the drawings: what fits a page. */
const ROOM = 96;

/** Trial by trial. */
const trialList = (tables: ResultTables): string[] =>
  tables.trials.flatMap((row) => {
    const waterfall = trialWaterfall(tables, row, ROOM);
    const said = sentencesOf(tables, row).map((line) => `  ${markdownText(line)}.`);
    if (waterfall.length + said.length === 0) return [];
    // Indented, not fenced: a name cannot end the block.
    const block = waterfall.length === 0 ? [] : ['', ...waterfall.map((line) => `      ${line}`), ''];
    return [`- ${markdownText(sayExplained(row))}`, ...block, ...said];
  });

const INDENT = '  ';

/** The longest of a measured phase, drawn; the others are in summary.md. */
const longest = (tables: ResultTables, phase: 'failover' | 'failback', room: number): string[] => {
  const worst = worstTrial(tables.trials.filter((row) => row.phase === phase));
  const waterfall = worst === null ? [] : trialWaterfall(tables, worst, room - INDENT.length);
  return worst === null || waterfall.length === 0
    ? []
    : [...wrap(sayExplained(worst), room), ...waterfall.map((line) => INDENT + line)];
};

const where = ({ trial, phase }: TrialRow): string =>
  `trial ${trial ?? '-'}${phase === 'failover' ? '' : `, ${phase ?? ''}`}`;

/** Where the time of the outages went: over all trials, then trial by trial, or of the longest. */
export const whereTheTimeWent = (run: AnalysedRun): Section => {
  const { tables } = run;
  const spreads = phaseSpreads(tables.phases ?? [], tables.trials);
  const said = tables.trials.flatMap((row) => {
    const sentences = sentencesOf(tables, row);
    return sentences.length === 0 ? [] : [`${where(row)}: ${sentences.join('; ')}`];
  });
  return section(
    'Where the time went',
    sentence(saySlowest(run)),
    spreadsTable(spreads),
    lines(spreads.flatMap((spread) => [...sayUnseen(spread), sayVariance(spread)])),
    ...(['failover', 'failback'] as const).map((phase) =>
      on('terminal', apart(drawn((room) => longest(tables, phase, room)))),
    ),
    on('terminal', apart(lines(said))),
    on(
      'markdown',
      drawn(() => trialList(tables)),
    ),
  );
};

const PHASES: readonly Column<PhaseRow>[] = [
  text('phase of the outage', ({ name }) => name),
  ...TRIAL_AND_PHASE,
  figure('step', ({ step }) => count(step)),
  text('ends with', ({ until }) => until),
  interval('length', ({ lo_s, length_s, hi_s }) => boundsCell({ lo: lo_s, point: length_s, hi: hi_s })),
  figure('share', ({ share }) => cellOf(share, percent)),
  text('status', ({ status }) => status),
];

export const phasesByTrial = ({ tables }: AnalysedRun): Section => ({
  ...section(
    'Phases of the outage',
    table(tables.phases ?? [], PHASES, { caption: 'What the outage was spent on' }),
  ),
  id: 'phases',
});

const MILESTONES: readonly Column<TimelineRow>[] = [
  text('milestone', ({ milestone }) => milestone),
  ...TRIAL_AND_PHASE,
  text('kind', ({ kind }) => kind),
  text('subject', ({ subject }) => subject),
  text('seen by', ({ source }) => source),
  figure('after the trigger', ({ after_trigger_s }) => seconds(after_trigger_s)),
  figure('trial’s clock, not before', ({ at_lo_s }) => seconds(at_lo_s)),
  figure('not after', ({ at_hi_s }) => seconds(at_hi_s)),
  text('UTC', ({ at_utc }) => instantCell(at_utc)),
  text('detail', ({ detail }) => detail),
];

export const milestones = ({ tables }: AnalysedRun): Section =>
  section(
    'Milestones',
    table(tables.timeline ?? [], MILESTONES, { caption: 'Milestones', file: 'timeline.csv' }),
  );

/** Below the line of a trial that has just ended: its waterfall, and the API's word against the traffic's. */
export const trialSection = (tables: ResultTables, trial: number, room: number): string[] => {
  const rows = tables.trials.filter((row) => row.trial === trial);
  return rows.flatMap((row) => {
    const drawn = trialWaterfall(tables, row, room - 2 * INDENT.length);
    const lines = [
      ...drawn,
      ...sentencesOf(tables, row).flatMap((text) => wrap(text, room - 2 * INDENT.length, INDENT.length)),
    ];
    const title = rows.length > 1 && lines.length > 0 ? [`${INDENT}${row.phase ?? ''}`] : [];
    return [...title, ...lines.map((line) => INDENT.repeat(2) + line)];
  });
};

/** Narrower bars show nothing, wider ones no more. */
const NARROWEST_BAR = 8;
const WIDEST_BAR = 40;

/** Without titles: each line says itself what it is. */
const WATERFALL = [left('', true), left(''), right(''), right(''), left('', true)];

const STATUS: Readonly<Record<PhaseRow['status'], string>> = {
  ok: '',
  'not-seen': ' (not seen)',
  before: ' (before)',
  after: ' (seen only after traffic was back)',
};

/** @param open its end was not seen */
const bar = (from: number, to: number, width: number, open: boolean): string => {
  const [start, end] = [Math.round(from * width), Math.round(to * width)];
  // So short that it would round to nothing.
  const short = to > from && end === start;
  const drawn = short
    ? `${' '.repeat(Math.min(start, width - 1))}▏`
    : ' '.repeat(start) + (open ? '░' : '█').repeat(Math.max(0, end - start));
  return `|${drawn.slice(0, width).padEnd(width)}|`;
};

/** What is left for the bars: between the columns are two spaces each, and a bar has two ends. */
const barWidth = (rows: readonly (readonly string[])[], room: number): number => {
  const widest = (column: number): number => Math.max(...rows.map((row) => textWidth(row[column] ?? '')));
  const beside = [0, 1, 2, 3].reduce((sum, column) => sum + widest(column) + 2, 2);
  return Math.max(NARROWEST_BAR, Math.min(WIDEST_BAR, room - beside));
};

const timeOf = ({ length_s, lo_s, status }: PhaseRow): string => {
  if (length_s !== null) return saySeconds(length_s);
  return status === 'not-seen' && lo_s > 0 ? `≥ ${saySeconds(lo_s)}` : '';
};

/**
 * Where the time of one outage went, a line for each phase: its name, a bar on the time of the outage, its length, share
 * and what ended it. No line is wider than `room`; no colour is needed to read it.
 *
 * @param phases of one trial and phase
 */
export const waterfall = (phases: readonly PhaseRow[], room: number): string[] => {
  const first = phases[0];
  if (first === undefined) return [];
  const lengths = phases.map(({ length_s, lo_s }) => length_s ?? lo_s);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const beside = phases.map((row) => [
    oneLine(row.name),
    timeOf(row),
    percent(row.share),
    oneLine(row.until) + STATUS[row.status],
  ]);
  const width = barWidth(beside, room);
  const rows = phases.map((row, index) => {
    const [name = '', ...figures] = beside[index] ?? [];
    const from = total === 0 ? 0 : (row.start_s - first.start_s) / total;
    const to = total === 0 ? 0 : from + (lengths[index] ?? 0) / total;
    return [name, bar(from, to, width, row.length_s === null), ...figures];
  });
  const [, ...lines] = tableLines(WATERFALL, rows, room, (cell) => cell);
  return lines;
};
