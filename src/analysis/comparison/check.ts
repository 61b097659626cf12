import type { ComparedSide, ExcludedTrial } from '../../model/comparison.js';
import { usage } from '../../model/error.js';
import type { MeasuredPhase } from '../../model/event.js';
import type { LeftOut } from '../../model/figures.js';
import type { SidePoints } from './points.js';
import { identityOf } from '../run-order.js';
import type { PreparedSide } from './side.js';

const MOST_LISTED = 3;

/** `a; b; c; and 4 more` */
const listed = (items: readonly string[]): string => {
  const more = items.length - MOST_LISTED;
  const shown = items.slice(0, MOST_LISTED).join('; ');
  return more > 0 ? `${shown}; and ${more} more` : shown;
};

const sayLeftOut = ({ path, why }: LeftOut): string => `${path} (${why})`;
const sayExcluded = ({ run, trial, phase, why }: ExcludedTrial): string =>
  `${run} trial ${trial} ${phase}: ${why}`;

/** Throws KnownError unless there is a run in it. */
export const requireRuns = ({ name, runs, leftOut }: PreparedSide): void => {
  if (runs.length > 0) return;
  const why = leftOut.length === 0 ? '' : `: ${listed(leftOut.map(sayLeftOut))}`;
  throw usage(`${name}: no run to compare${why}`, 'seqgap list shows the runs there are');
};

/** Throws KnownError where nothing of the side was measured in the phase, but something in another. */
const requirePhase = ({ name, runs }: PreparedSide, phase: MeasuredPhase): void => {
  const phases = new Set(runs.flatMap(({ trials }) => trials.map((trial) => trial.phase)));
  const others = [...phases].filter((each) => each !== null);
  if (phases.has(phase) || others.length === 0) return;
  throw usage(
    `${name}: no trial in the phase ${phase}; there is ${others.join(', ')}`,
    'ask for that one, or repeat the run with trial.failback: measure',
  );
};

/**
 * Throws KnownError unless a trial of it gave a figure.
 *
 * @param phase that was asked for; null: both
 */
export const requireTrials = (
  side: PreparedSide,
  { trials, excluded }: SidePoints,
  phase: MeasuredPhase | null,
): void => {
  if (trials.size > 0) return;
  if (phase !== null) requirePhase(side, phase);
  const { name, runs } = side;
  const why =
    excluded.length > 0
      ? `no valid trial: ${listed(excluded.map(sayExcluded))}`
      : `no finished trial in ${listed(runs.map(({ summary }) => `${summary.path} (${summary.status})`))}`;
  throw usage(
    `${name}: ${why}`,
    'repeat the run; summary.md in its folder says what was wrong with each trial',
  );
};

/** Throws KnownError if two sides are the same words. */
export const requireDifferentNames = (sides: readonly PreparedSide[]): void => {
  const names = sides.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw usage(`${twice} is there twice`, 'name each side once');
};

/** Throws KnownError if a run is on both sides: it would be compared with itself. */
export const requireDifferentRuns = (base: PreparedSide, candidate: PreparedSide): void => {
  const own = new Set(base.runs.map(({ summary }) => identityOf(summary)));
  const both = candidate.runs.filter((run) => own.has(identityOf(run.summary)));
  if (both.length === 0) return;
  const runs = listed(both.map(({ summary }) => summary.path));
  throw usage(
    `${base.name} and ${candidate.name} have ${both.length === 1 ? 'a run' : 'runs'} in common: ${runs}`,
    'a run cannot be compared with itself: choose sides that differ',
  );
};

const valuesOf = (side: SidePoints, part: 'scenario' | 'trigger' | 'phase'): string[] => [
  ...new Set([...side.keys.values()].map(({ parts }) => parts[part])),
];

/** The first part of the key in which the sides have nothing in common, and what is to be done about it. */
const PARTS = [
  ['scenario', 'scenarios', 'compare runs of one scenario: seqgap list shows which there are'],
  [
    'trigger',
    'kinds of trigger',
    'graceful and hard triggers are never compared: repeat with the same trigger',
  ],
  ['phase', 'phases', 'repeat one of them with the same trial.failback'],
] as const;

/** Throws KnownError unless one key at least is on both sides. */
export const requireCommonKey = (
  [base, candidate]: readonly [ComparedSide, ComparedSide],
  [basePoints, candidatePoints]: readonly [SidePoints, SidePoints],
): void => {
  if ([...basePoints.keys.keys()].some((key) => candidatePoints.keys.has(key))) return;
  for (const [part, noun, remedy] of PARTS) {
    const [left, right] = [valuesOf(basePoints, part), valuesOf(candidatePoints, part)];
    if (left.some((value) => right.includes(value))) continue;
    throw usage(
      `different ${noun}: ${base.name} has ${listed(left)}, ${candidate.name} has ${listed(right)}`,
      remedy,
    );
  }
  const [left, right] = [[...basePoints.keys.keys()], [...candidatePoints.keys.keys()]];
  throw usage(
    `nothing to compare: ${base.name} has ${listed(left)}, ${candidate.name} has ${listed(right)}`,
    'both sides need streams of the same class and family, or sessions of the same name',
  );
};
