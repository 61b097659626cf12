import { addCauses, decodeCauses, encodeCauses } from '../model/causes.js';
import type { StreamRow } from '../model/record.js';
import { sayCount } from './format.js';
import { groupBy } from '../model/group-by.js';

const total = (rows: readonly StreamRow[], figure: (row: StreamRow) => number): number =>
  rows.reduce((sum, row) => sum + figure(row), 0);

/** `12 unresolved, 3 unreachable, 1 blocked: EHOSTUNREACH 12, host-unreachable 3, EPERM 1` */
const saying = (rows: readonly StreamRow[]): string | null => {
  const causes = new Map<string, number>();
  for (const row of rows) addCauses(causes, decodeCauses(row.causes));
  const counts: readonly (readonly [number, string])[] = [
    [total(rows, (row) => row.unresolved), 'unresolved'],
    [total(rows, (row) => row.unreachable), 'unreachable'],
    [total(rows, (row) => row.local_blocked), 'blocked'],
  ];
  const kinds = counts.filter(([count]) => count > 0).map(([count, word]) => `${sayCount(count)} ${word}`);
  if (kinds.length === 0) return null;
  const named = [...decodeCauses(encodeCauses(causes))].map(
    ([cause, count]) => `${cause} ${sayCount(count)}`,
  );
  return named.length === 0 ? kinds.join(', ') : `${kinds.join(', ')}: ${named.join(', ')}`;
};

/** Why probes were not answered, where something said so: per stream and phase, over all trials. */
export const lossCauses = (rows: readonly StreamRow[]): string[] => {
  const groups = groupBy(
    // A way of a STAMP stream has lost no other probes than its round trip.
    rows.filter(({ direction }) => direction === 'round-trip'),
    ({ phase, stream }) => (phase === 'failback' ? `${stream} (failback)` : stream),
  );
  return [...groups].flatMap(([name, group]) => {
    const text = saying(group);
    return text === null ? [] : [`${name}: ${text}`];
  });
};
