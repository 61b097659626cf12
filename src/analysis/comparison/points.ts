import type {
  ComparisonKey,
  ComparisonMetric,
  ComparisonPoint,
  ExcludedTrial,
} from '../../model/comparison.js';
import type { MeasuredPhase, RowPhase } from '../../model/event.js';
import type { RunFigures, SessionFigures } from '../../model/figures.js';
import type { StreamRow, TrialRow } from '../../model/tables.js';
import { isValid } from '../stream-summary.js';
import { keyText, sessionKey, streamKey } from './key.js';
import {
  byBadness,
  haveAllSurvived,
  type Measured,
  stallValue,
  streamValue,
  testedSessions,
  type StreamMetric,
} from './value.js';
import { groupBy } from '../../model/group-by.js';

export const STREAM_METRICS: readonly StreamMetric[] = [
  'longest',
  'total',
  'span',
  'count',
  'silence',
  'trigger_to_recovery',
];
export const SESSION_METRICS = ['survived', 'stall'] as const;

type Trial = TrialRow & { readonly trial: number; readonly phase: MeasuredPhase };

/** Sessions of a valid trial none of which crossed the failed node. */
interface Untested {
  readonly key: string;
  readonly name: string;
  readonly trial: Trial;
}

/** All trials of a side with one key: for every metric a point per trial, in the order of the trials. */
export interface KeyedPoints {
  readonly parts: ComparisonKey;
  readonly subjects: Set<string>;
  readonly points: Map<ComparisonMetric, ComparisonPoint[]>;
}

export interface SidePoints {
  readonly keys: Map<string, KeyedPoints>;
  readonly excluded: ExcludedTrial[];
  readonly untested: Untested[];
  /** Trials that gave at least one point, as `run/trial`. */
  readonly trials: Set<string>;
}

/** A trial of one of these was down more than once. */
export const wasDownOften = (sides: readonly KeyedPoints[]): boolean =>
  sides.some(({ points }) => points.get('count')?.some(({ value_s }) => (value_s ?? 0) > 1) === true);

/** Of a watch nothing has a trial or a phase. */
const isTrial = (row: TrialRow): row is Trial => row.trial !== null && row.phase !== null;

const keyed = (side: SidePoints, parts: ComparisonKey): KeyedPoints => {
  const text = keyText(parts);
  const found = side.keys.get(text);
  if (found !== undefined) return found;
  const added = {
    parts,
    subjects: new Set<string>(),
    points: new Map<ComparisonMetric, ComparisonPoint[]>(),
  };
  side.keys.set(text, added);
  return added;
};

const add = (
  side: SidePoints,
  { points }: KeyedPoints,
  metric: ComparisonMetric,
  point: ComparisonPoint,
): void => {
  const list = points.get(metric);
  if (list === undefined) points.set(metric, [point]);
  else list.push(point);
  side.trials.add(`${point.run}/${point.trial}`);
};

const exclude = (side: SidePoints, name: string, trial: Trial, why: string): void => {
  side.excluded.push({ side: name, run: trial.run, trial: trial.trial, phase: trial.phase, why });
};

const pointOf = ({ run, version, trial }: Trial, of: string, value: Measured): ComparisonPoint => ({
  run,
  version,
  trial,
  of,
  ...value,
  survived: null,
});

interface StreamMeasure {
  readonly stream: string;
  readonly value: Measured;
}

/** The worst of the streams, as the headline of a trial; null: one of them has no figure, so nobody knows. */
const worstStream = (rows: readonly StreamRow[], metric: StreamMetric): StreamMeasure | null => {
  let worst: StreamMeasure | null = null;
  for (const row of rows) {
    const value = streamValue(row, metric);
    if (value === null) return null;
    if (worst === null || byBadness(value, worst.value) > 0) worst = { stream: row.stream, value };
  }
  return worst;
};

const addStreams = (side: SidePoints, name: string, trial: Trial, rows: readonly StreamRow[]): void => {
  const groups = groupBy(rows, (row) => keyed(side, streamKey(row, trial.phase)));
  for (const [group, inGroup] of groups) {
    for (const { stream } of inGroup) group.subjects.add(stream);
    const unusable = inGroup.find(({ status }) => !isValid(status));
    if (unusable !== undefined) {
      exclude(side, name, trial, `${unusable.stream}: ${unusable.status}`);
      continue;
    }
    for (const metric of STREAM_METRICS) {
      const worst = worstStream(inGroup, metric);
      if (worst === null)
        exclude(side, name, trial, `${[...group.subjects].join(', ')}: no figure for ${metric}`);
      else add(side, group, metric, pointOf(trial, worst.stream, worst.value));
    }
  }
};

const addSessions = (side: SidePoints, trial: Trial, all: readonly SessionFigures[]): void => {
  for (const figures of all) {
    const key = sessionKey(trial.scenario, trial.phase, figures);
    if (testedSessions(figures) === 0) {
      side.untested.push({ key: keyText(key), trial, name: figures.name });
      continue;
    }
    const group = keyed(side, key);
    group.subjects.add(figures.name);
    const none = { lo_s: null, value_s: null, hi_s: null };
    const survived = haveAllSurvived(figures);
    add(side, group, 'survived', { ...pointOf(trial, figures.name, none), survived });
    add(side, group, 'stall', pointOf(trial, figures.name, stallValue(figures)));
  }
};

/** Rules fixed beforehand (docs/method.md, "Comparing, with few repeats"): void, down at the start, no failover. */
const reasonOf = ({ status, void_reason }: TrialRow): string | null => {
  if (isValid(status)) return null;
  return void_reason === null ? status : `${status}: ${void_reason}`;
};

interface Placed {
  readonly trial: number | null;
  readonly phase: RowPhase | null;
}

const placeOf = ({ trial, phase }: Placed): string => `${trial ?? ''} ${phase ?? ''}`;

/** By trial and phase: a run of many trials has far more rows of streams than of those. */
const byPlace = <Row extends Placed>(rows: readonly Row[]): Map<string, Row[]> => groupBy(rows, placeOf);

const addRun = (side: SidePoints, name: string, run: RunFigures, phase: MeasuredPhase | null): void => {
  const [streamsAt, sessionsAt] = [byPlace(run.streams), byPlace(run.sessions)];
  for (const trial of run.trials) {
    if (!isTrial(trial) || (phase !== null && trial.phase !== phase)) continue;
    const streams = streamsAt.get(placeOf(trial)) ?? [];
    const sessions = sessionsAt.get(placeOf(trial)) ?? [];
    const why = reasonOf(trial);
    if (why === null) {
      addStreams(side, name, trial, streams);
      addSessions(side, trial, sessions);
      continue;
    }
    exclude(side, name, trial, why);
    // A stream that never answered may have no address, hence no family: that is no key of its own.
    for (const row of streams)
      if (row.family !== null) keyed(side, streamKey(row, trial.phase)).subjects.add(row.stream);
  }
};

/**
 * The points of a side by key and metric. A trial that is no valid one gives none and is listed; the keys of its streams are
 * there all the same, so that one all of whose trials are void is compared, with n = 0.
 *
 * @param phase null: both
 */
export const sidePoints = (
  name: string,
  runs: readonly RunFigures[],
  phase: MeasuredPhase | null,
): SidePoints => {
  const side: SidePoints = { keys: new Map(), excluded: [], untested: [], trials: new Set() };
  for (const run of runs) addRun(side, name, run, phase);
  // Those that were tested in no trial at all are no key: control sessions, or what no outage reaches.
  for (const { key, name: sessions, trial } of side.untested)
    if (side.keys.has(key)) exclude(side, name, trial, `${sessions}: no session crossed the failed node`);
  return side;
};
