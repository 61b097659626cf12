import type { Scenario } from '../../model/plan.js';
import type { ResultTables, PhaseRow, TrialRow } from '../../model/tables.js';
import { medianOf } from '../../analysis/statistics/quantile.js';
import { sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import { groupBy } from '../../model/group-by.js';
import type { AnalysedRun } from './analysed-run.js';

/** On which phase the failovers of a run spent most, or why that is not known. */
export type SlowestPhase =
  /** `names`: the longest in all, and any that may have been as long. */
  | { readonly names: readonly string[]; readonly rests: string }
  | { readonly names: null; readonly why: string };

interface PhaseSum {
  readonly name: string;
  readonly lo_s: number;
  readonly length_s: number;
  readonly hi_s: number;
}

const sumOf = (name: string, rows: readonly PhaseRow[]): PhaseSum => ({
  name,
  lo_s: rows.reduce((sum, row) => sum + row.lo_s, 0),
  length_s: rows.reduce((sum, row) => sum + (row.length_s ?? 0), 0),
  hi_s: rows.reduce((sum, row) => sum + (row.hi_s ?? Infinity), 0),
});

/** `median 2.77 s, ` */
const sayMedian = (rows: readonly PhaseRow[], phase: string): string => {
  const median = medianOf(rows.flatMap(({ name, length_s }) => (name === phase ? (length_s ?? []) : [])));
  return median === null ? '' : `median ${saySeconds(median)}, `;
};

const isSeen = ({ length_s }: PhaseRow): boolean => length_s !== null;

/** Without a single row of phases. */
const whyNone = ({ observe, phases }: Scenario): string => {
  if (observe.length === 0)
    return 'nobody was asked what the pair did meanwhile: the scenario has no `observe`';
  return phases.length === 0 && observe.every(({ source }) => source.kind !== 'role')
    ? 'the scenario has no `phases`, and no observer of roles'
    : 'no observer told of a role';
};

/** `detection was not seen in 1 of 3 failovers` */
const whyUnseen = (all: readonly (readonly PhaseRow[])[]): string => {
  const missed = groupBy(
    all.flat().filter((row) => !isSeen(row)),
    ({ name }) => name,
  );
  const said = [...missed].map(
    ([name, rows]) =>
      `the end of ${name} was not seen in ${rows.length} of ${sayNumberOf(all.length, 'failover')}`,
  );
  return said.length === 0 ? 'there is only one phase' : said.join(', ');
};

interface Failovers {
  readonly trials: readonly TrialRow[];
  /** Of those that are divided at all. */
  readonly divided: readonly (readonly PhaseRow[])[];
}

const failoversOf = ({ trials, phases = [] }: ResultTables): Failovers => {
  const own = trials.filter((row) => row.phase === 'failover' && row.status === 'ok');
  const rows = phases.filter(({ phase }) => phase === 'failover');
  return {
    trials: own,
    divided: own
      .map(({ trial }) => rows.filter((row) => row.trial === trial))
      .filter((each) => each.length > 0),
  };
};

const whyNotKnown = ({ trials, divided }: Failovers, scenario: Scenario): string => {
  if (trials.length === 0) return 'no failover was measured up to its end';
  if (trials.every(({ outage_s }) => outage_s === 0)) return 'no traffic was lost';
  return divided.length === 0 ? whyNone(scenario) : whyUnseen(divided);
};

/** Of the failovers of which every phase was seen. */
export const slowestPhase = ({ record, tables }: Pick<AnalysedRun, 'record' | 'tables'>): SlowestPhase => {
  const failovers = failoversOf(tables);
  const seen = failovers.divided.filter((own) => own.length > 1 && own.every(isSeen));
  const sums = [...groupBy(seen.flat(), (row) => row.name)].map(([phase, own]) => sumOf(phase, own));
  const [top] = sums.toSorted((a, b) => b.length_s - a.length_s);
  if (top === undefined || top.length_s === 0)
    return { names: null, why: whyNotKnown(failovers, record.scenario) };
  const equals = sums.filter((each) => each === top || each.hi_s >= top.lo_s);
  const all = sums.reduce((sum, { length_s }) => sum + length_s, 0);
  const share = equals.reduce((sum, { length_s }) => sum + length_s, 0) / all;
  const together = equals.length > 1 ? ' together; their intervals overlap' : '';
  const median = equals.length === 1 ? sayMedian(seen.flat(), top.name) : '';
  return {
    names: equals.map(({ name }) => name),
    rests: `${median}${Math.round(100 * share)} % of the outage in ${seen.length} of ${sayNumberOf(failovers.trials.length, 'failover')}${together}`,
  };
};
