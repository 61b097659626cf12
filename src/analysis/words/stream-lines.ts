import { groupBy } from '../../model/group-by.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import { sayNumberOf, spellBounds } from './format.js';
import { sayFourFigures } from './four-figures.js';
import { sayDegraded, spellRandomLoss } from './impairment.js';

/** What is unknown is worse than any number. */
const worstBy = (rows: readonly StreamRow[], figure: (row: StreamRow) => number | null): StreamRow =>
  rows.reduce((worst, row) => ((figure(row) ?? Infinity) > (figure(worst) ?? Infinity) ? row : worst));

/** ` (trial 2, the worst of 3)`; nothing for the only one. */
const inTrial = ({ trial }: StreamRow, among: number): string =>
  trial === null ? '' : among === 1 ? ` (trial ${trial})` : ` (trial ${trial}, the worst of ${among})`;

const degraded = (rows: readonly StreamRow[], trials: number): string | null => {
  const own = rows.filter(({ status }) => status === 'degraded');
  if (own.length === 0) return null;
  const worst = worstBy(own, ({ residual_loss }) => residual_loss);
  const count = trials > 1 ? ` in ${own.length} of ${sayNumberOf(trials, 'trial')}` : '';
  return `degraded${count}: ${sayDegraded(worst) ?? ''}${inTrial(worst, own.length)}`;
};

const often = (rows: readonly StreamRow[]): string | null => {
  const own = rows.filter((row) => sayFourFigures(row) !== null);
  if (own.length === 0) return null;
  const worst = worstBy(own, ({ total_s }) => total_s);
  return `${sayFourFigures(worst) ?? ''}${inTrial(worst, own.length)}`;
};

const random = (rows: readonly StreamRow[]): string | null => {
  const own = rows.filter(({ background_loss }) => background_loss !== null);
  if (own.length === 0) return null;
  return spellRandomLoss(worstBy(own, ({ background_loss }) => background_loss));
};

const boundsOf = ({ lo_s, outage_s, hi_s }: OutageRow): string =>
  spellBounds({ lo: lo_s, point: outage_s, hi: hi_s });

/** The longest refusal, and how many there were: `refused 3 times, the longest for 4.04 s (3.94–4.14 s)`; null: none. */
export const longestRefusal = (
  rows: readonly OutageRow[],
): { readonly row: OutageRow; readonly said: string } | null => {
  const own = rows.filter(({ kind, direction }) => kind === 'refused' && direction === 'round-trip');
  const [worst] = own.toSorted(
    (a, b) => (b.outage_s ?? Infinity) - (a.outage_s ?? Infinity) || b.lo_s - a.lo_s,
  );
  if (worst === undefined) return null;
  const often = own.length === 1 ? 'refused for' : `refused ${own.length} times, the longest for`;
  return { row: worst, said: `${often} ${boundsOf(worst)}` };
};

/** `refused for 4.04 s (3.94–4.14 s) (trial 1): the path was up` */
export const sayRefused = (rows: readonly OutageRow[]): string | null => {
  const longest = longestRefusal(rows);
  if (longest === null) return null;
  const { trial } = longest.row;
  return `${longest.said}${trial === null ? '' : ` (trial ${trial})`}: the path was up`;
};

type Named = Pick<StreamRow, 'stream' | 'phase' | 'direction'>;

const nameOf = ({ stream, phase, direction }: Named): string =>
  [stream, direction === 'round-trip' ? null : direction, phase === 'failover' ? null : phase && `(${phase})`]
    .filter((part) => part !== null)
    .join(' ');

/**
 * The same of a run among several, of its trials only: control streams are left out there.
 *
 * @param who `10.1.3`, or the run
 */
export const runLines = (who: string, rows: readonly StreamRow[]): string[] =>
  streamLines(
    rows.filter(({ trial, direction }) => trial !== null && direction === 'round-trip'),
    [],
  ).map((line) => `${who}: ${line}`);

/**
 * What the longest outage does not say of a stream, line by line: an outage in several parts, that it stayed degraded, random
 * loss, refusals. Each is that of the worst trial.
 *
 * @param outages of the same streams and trials
 */
export const streamLines = (rows: readonly StreamRow[], outages: readonly OutageRow[]): string[] => {
  const byName = groupBy(outages, nameOf);
  return [...groupBy(rows, nameOf)].flatMap(([name, own]) =>
    [often(own), degraded(own, own.length), random(own), sayRefused(byName.get(name) ?? [])]
      .filter((line) => line !== null)
      .map((line) => `${name}: ${line}`),
  );
};
