import { groupBy } from '../model/group-by.js';
import type { StreamRow } from '../model/record.js';
import { isValid } from '../analysis/summary.js';
import { saySeconds } from './format.js';
import type { ReportInput } from './input.js';

/** Two kinds of traffic that are held against each other: what tells them apart, all else being the same. */
interface Contrast {
  readonly names: readonly [string, string];
  readonly isOf: readonly [(row: StreamRow) => boolean, (row: StreamRow) => boolean];
  /** What has to be the same. */
  readonly same: (row: StreamRow) => string;
}

/** Longer than any, where the recovery was not seen. */
const lengthOf = (row: StreamRow): number => row.longest_s ?? Infinity;

const halfWidth = ({ longest_lo_s: lo, longest_hi_s: hi }: StreamRow): number =>
  lo === null || hi === null ? 0 : (hi - lo) / 2;

/** The worst speaks for its kind, as in the headline. */
const worstOf = (rows: readonly StreamRow[]): StreamRow | null =>
  rows.reduce<StreamRow | null>(
    (worst, row) => (worst === null || lengthOf(row) > lengthOf(worst) ? row : worst),
    null,
  );

/** One trial in which the two differ by more than their resolutions together. */
interface Difference {
  /** Index of the kind that was down longer. */
  readonly longer: 0 | 1;
  readonly rows: readonly [StreamRow, StreamRow];
  readonly by_s: number;
}

const differenceOf = (rows: readonly StreamRow[], { isOf }: Contrast): Difference | null => {
  const [first, second] = [worstOf(rows.filter(isOf[0])), worstOf(rows.filter(isOf[1]))];
  if (first === null || second === null) return null;
  const [a, b] = [lengthOf(first), lengthOf(second)];
  if (a === b) return null;
  const by_s = Math.abs(a - b);
  if (by_s <= halfWidth(first) + halfWidth(second)) return null;
  return { longer: a > b ? 0 : 1, rows: [first, second], by_s };
};

const sayLength = (row: StreamRow): string => {
  if (row.longest_s === null) return 'not recovered';
  return row.longest_s === 0 ? 'no loss' : saySeconds(row.longest_s);
};

/** `IPv6 was down 1.20 s longer than IPv4 in 2 of 3 trials: ping6 3.40 s, ping 2.20 s (trial 2)` */
const say = (
  differences: readonly Difference[],
  trials: number,
  { names }: Contrast,
  phase: StreamRow['phase'],
): string => {
  const most = differences.reduce((largest, each) => (each.by_s > largest.by_s ? each : largest));
  const { longer, rows, by_s } = most;
  const shorter = longer === 0 ? 1 : 0;
  const alike = differences.filter((each) => each.longer === longer).length;
  const other = `than ${names[shorter]}`;
  const what =
    by_s === Infinity
      ? `${names[longer]} did not come back, ${names[shorter]} did`
      : `${names[longer]} was down ${saySeconds(by_s)} longer ${other}`;
  const where = trials === 1 ? '' : ` in ${alike} of ${trials} trials`;
  const lead = phase === null || phase === 'failover' ? '' : `${phase}: `;
  const lengths = [longer, shorter].map((index) => {
    const row = rows[index as 0 | 1];
    return `${row.stream} ${sayLength(row)}`;
  });
  const trial = trials === 1 ? '' : ` (trial ${rows[0].trial ?? '-'})`;
  return `${lead}${what}${where}: ${lengths.join(', ')}${trial}`;
};

const contrastsOf = (rows: readonly StreamRow[], contrast: Contrast): string[] =>
  [...groupBy(rows, (row) => `${row.phase ?? ''} ${contrast.same(row)}`).values()].flatMap((alike) => {
    const byTrial = [...groupBy(alike, ({ trial }) => trial).values()].filter((own) =>
      contrast.isOf.every((isOf) => own.some(isOf)),
    );
    const differences = byTrial
      .map((own) => differenceOf(own, contrast))
      .filter((difference) => difference !== null);
    return differences.length === 0
      ? []
      : [say(differences, byTrial.length, contrast, alike[0]?.phase ?? null)];
  });

/**
 * Where IPv4 and IPv6, or TCP and ICMP, were down for different times: by more than the half-widths of their intervals
 * together, in the same trial and from the same vantage. Each kind has its worst stream; control streams take no part.
 */
export const contrasts = ({ record, tables }: ReportInput): string[] => {
  const plans = new Map(record.scenario.streams.map((plan) => [plan.name, plan]));
  const fromOf = ({ stream }: StreamRow): string => plans.get(stream)?.from ?? '';
  const typeOf = ({ stream }: StreamRow): string | undefined => plans.get(stream)?.type;
  const rows = tables.streams.filter(
    (row) =>
      row.trial !== null &&
      row.direction === 'round-trip' &&
      row.longest_lo_s !== null &&
      isValid(row.status) &&
      plans.get(row.stream)?.control === false,
  );
  const families: Contrast = {
    names: ['IPv4', 'IPv6'],
    isOf: [(row) => row.family === 'ipv4', (row) => row.family === 'ipv6'],
    same: (row) => `${typeOf(row) ?? ''} ${fromOf(row)}`,
  };
  const protocols: Contrast = {
    names: ['ICMP', 'TCP'],
    isOf: [(row) => typeOf(row) === 'icmp', (row) => typeOf(row) === 'tcp'],
    same: (row) => `${row.family ?? ''} ${fromOf(row)}`,
  };
  return [...contrastsOf(rows, families), ...contrastsOf(rows, protocols)];
};
