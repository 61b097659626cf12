import type { TrendChange, TrendResult, TrendRun, TrendStep } from '../../model/trend.js';
import { SHORTEST_LEVEL } from '../../analysis/statistics/change-points.js';
import { sayLevel, sayNumberOf, saySeconds, sayShift, spellP } from '../../analysis/words/format.js';
import { sayStart } from '../gate/gate-words.js';
import { sayStatistic } from '../run/run-words.js';

/** Phrases that the outputs of a trend have in common. */

/** `3/4` trials in which every session lived; empty where none was tested. */
export const saySurvived = ({ survived, survived_of }: TrendRun): string =>
  survived_of === 0 ? '' : `${survived}/${survived_of}`;

/** The verdict; how a run ended where that was not in order. */
export const sayState = ({ status, verdict }: TrendRun): string => {
  if (status === 'complete') return verdict ?? '';
  return status === 'running' ? 'half-written' : status;
};

const sayChangeSize = ({ shift_s, shift_lo_s, shift_hi_s, level }: TrendChange): string => {
  if (shift_s === null) return 'from or to runs that did not recover';
  const shift = { shift: shift_s, lo: shift_lo_s ?? -Infinity, hi: shift_hi_s ?? Infinity };
  const said = sayShift(shift, level !== null);
  return level === null ? said : `${said} (${sayLevel(level)})`;
};

const sayVersions = ({ version_before, version_after }: TrendChange): string =>
  version_before === version_after
    ? `the version did not change here (${version_after})`
    : `the version changed here, from ${version_before} to ${version_after}`;

/** `2026-01-31 22:00: +1.21 s  [+0.98 … +1.45] (97.1 %); the version changed here, from 10.1.3 to 11.0.0` */
export const sayTrendChange = (change: TrendChange, { runs }: TrendResult): string => {
  const at = runs.find(({ run }) => run === change.run);
  return `${at === undefined ? change.run : sayStart(at.started_utc)}: ${sayChangeSize(change)}; ${sayVersions(change)}`;
};

const sayStepVersions = ({ version_before, version_after }: TrendStep): string =>
  version_before === version_after
    ? `, still of ${version_after}`
    : `, since ${version_after} (${version_before} before)`;

/**
 * `The last 3 runs, from 2026-01-31 22:00 on, since 9.1 (9.0 before), are all longer than the 9 before: +2.20 s in the median`
 * (p = 0.027). A level has 4 runs: 1 more will tell.
 */
export const sayTrendStep = (step: TrendStep, { runs: all }: TrendResult): string => {
  const { run, runs, before, shift_s, way, p } = step;
  const from = all.find((each) => each.run === run)?.started_utc;
  const at = from === undefined ? run : sayStart(from);
  const who =
    runs === 1
      ? `The newest run (${at}${sayStepVersions(step)}) is`
      : `The last ${runs} runs, from ${at} on${sayStepVersions(step)}, are all`;
  const size = shift_s === null ? '' : `: ${shift_s < 0 ? '' : '+'}${saySeconds(shift_s)} in the median`;
  const more = SHORTEST_LEVEL - runs;
  return (
    `${who} ${way} than the ${before} before${size} (${spellP(p)}); ` +
    `a level has ${SHORTEST_LEVEL} runs: ${more} more will tell whether it stays`
  );
};

/** A run that failed by its own limits or trials. */
export const hasFailed = ({ verdict }: TrendRun): boolean => verdict === 'fail';

/** `Limit ping.longest: at most 2s; 3 of 12 runs failed`; empty where there is neither. */
export const sayTrendLimits = ({ limits, runs }: TrendResult): string => {
  const failed = runs.filter(hasFailed).length;
  const said = [
    ...limits.map(({ key, text }) => `limit ${key}: at most ${text}`),
    ...(failed === 0 ? [] : [`${failed} of ${sayNumberOf(runs.length, 'run')} failed`]),
  ].join('; ');
  return `${said[0]?.toUpperCase() ?? ''}${said.slice(1)}`;
};

const METRIC_NAME = {
  longest: 'longest outage',
  total: 'total outage',
  span: 'span of the outage',
  silence: 'longest silence',
  trigger_to_recovery: 'time from trigger to recovery',
} as const;

/** What is followed: `longest outage, failover, stream web` */
export const sayQuestion = ({ question: { metric, phase, stream } }: TrendResult): string =>
  `${METRIC_NAME[metric]}, ${phase}${stream === null ? '' : `, stream ${stream}`}`;

const withFigures = ({ runs }: TrendResult): TrendRun[] => runs.filter(({ n }) => n > 0);

const sayChanges = ({ changes }: TrendResult): string => {
  const last = changes.at(-1);
  if (last === undefined) return 'no change of level is found';
  const size = last.shift_s === null ? '' : ` by ${saySeconds(Math.abs(last.shift_s))}`;
  const times = changes.length === 1 ? 'the level changed once' : `the level changed ${changes.length} times`;
  const way = last.shift_s === null ? 'changed' : last.shift_s < 0 ? 'fell' : 'rose';
  return `${times}: it last ${way}${size}${last.version_before === last.version_after ? '' : `, with ${last.version_after}`}`;
};

/** The history in a sentence; a second one for the newest runs, where they are apart from those before. */
export const trendSentence = (result: TrendResult): string => {
  const { runs } = result;
  const known = withFigures(result);
  const newest = known.at(-1);
  const counted = sayNumberOf(runs.length, 'run');
  if (newest === undefined) return `None of ${counted} has a figure.`;
  const median = sayStatistic(newest.median_s, newest.n);
  const step = result.step === null ? '' : ` ${sayTrendStep(result.step, result)}.`;
  return `Median of the newest run: ${median} (${sayNumberOf(newest.n, 'trial')}); in ${counted} ${sayChanges(result)}.${step}`;
};
