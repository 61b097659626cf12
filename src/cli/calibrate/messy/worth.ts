import { type ShareInterval, clopperPearson } from '../../../analysis/statistics/clopper-pearson.js';
import { GOALS } from '../statistics.js';
import { MESSY_ENGINES, MESSY_KINDS, type MessyEngine, type MessyKind } from './kinds.js';
import type { MessyCell } from './result.js';

/** The point of a headline is to be off by less than this on average, as a multiple of the probe interval. */
const MOST_BIAS_T = 0.1;
/** The mean of fewer points is off by as much by chance: each has a standard deviation of 0.41 T. */
const LEAST_POINTS = 100;

/** Cells of one kind and engine, put together. */
export interface Worth {
  readonly kind: MessyKind;
  readonly engine: MessyEngine;
  readonly trials: number;
  readonly silent: number;
  readonly covered: number;
  /** Of those that say something; null: none does. */
  readonly share: number | null;
  /** Exact, 95 %. */
  readonly interval: ShareInterval | null;
  /** Mean error of the point and mean absolute error; null: no point. */
  readonly bias_T: number | null;
  readonly abs_T: number | null;
  readonly points: number;
  readonly wrong: number;
  readonly statuses: Readonly<Record<string, number>>;
}

const total = (cells: readonly MessyCell[], figure: (cell: MessyCell) => number): number =>
  cells.reduce((sum, cell) => sum + figure(cell), 0);

const statusesOf = (cells: readonly MessyCell[]): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const { statuses } of cells)
    for (const [status, count] of Object.entries(statuses)) found[status] = (found[status] ?? 0) + count;
  return found;
};

/** @param cells of one kind and engine */
export const worthOf = (cells: readonly [MessyCell, ...MessyCell[]]): Worth => {
  const [{ kind, engine }] = cells;
  const [trials, silent, covered, points] = [
    total(cells, (cell) => cell.trials),
    total(cells, (cell) => cell.silent),
    total(cells, (cell) => cell.covered),
    total(cells, (cell) => cell.points),
  ];
  const said = trials - silent;
  return {
    kind,
    engine,
    trials,
    silent,
    covered,
    share: said === 0 ? null : covered / said,
    interval: said === 0 ? null : clopperPearson(covered, said),
    bias_T: points === 0 ? null : total(cells, (cell) => cell.error_T) / points,
    abs_T: points === 0 ? null : total(cells, (cell) => cell.abs_error_T) / points,
    points,
    wrong: total(cells, (cell) => cell.wrong_passes),
    statuses: statusesOf(cells),
  };
};

/** By kind and engine, in their order. */
export const worths = (cells: readonly MessyCell[]): Worth[] =>
  MESSY_KINDS.flatMap((kind) =>
    MESSY_ENGINES.flatMap((engine) => {
      const [first, ...rest] = cells.filter((cell) => cell.kind === kind && cell.engine === engine);
      return first === undefined ? [] : [worthOf([first, ...rest])];
    }),
  );

/**
 * Kinds whose headline has one true length to be compared with. In the others the point is not one of an outage: its
 * stretch of random loss, the longest of many, what a stop hides, and sessions.
 */
const HAS_LENGTH: ReadonlySet<MessyKind> = new Set(['clean', 'loss', 'lasting', 'far', 'slow', 'second']);

/** The sentences in which it falls short; empty: it meets them. */
export const messyShortfalls = (cells: readonly MessyCell[]): string[] =>
  worths(cells).flatMap(({ kind, engine, share, covered, trials, silent, bias_T, points, wrong }) => {
    const judged = engine === 'headline' && HAS_LENGTH.has(kind) && points >= LEAST_POINTS;
    const where = `${kind}, ${engine}`;
    return [
      share !== null && share < GOALS.coverage
        ? `${where}: ${covered} of ${trials - silent} inside the interval, less than ${100 * GOALS.coverage} %`
        : null,
      judged && bias_T !== null && Math.abs(bias_T) > MOST_BIAS_T
        ? `${where}: a bias of ${bias_T.toFixed(2)} T, more than ${MOST_BIAS_T} T`
        : null,
      wrong > 0 ? `${where}: ${wrong} of ${trials} passed that must not` : null,
    ].filter((text) => text !== null);
  });
