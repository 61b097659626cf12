import { hasSurvived } from '../analysis/limits.js';
import type { SessionFigures } from '../model/figures.js';
import type { SessionRow, SessionVerdict } from '../model/record.js';
import { groupBy } from '../model/group-by.js';

/** `echo` of `echo#12`. */
const entryOf = ({ session }: SessionRow): string => {
  const at = session.lastIndexOf('#');
  return at === -1 ? session : session.slice(0, at);
};

const longest = (rows: readonly SessionRow[]): number | null =>
  rows.reduce<number | null>(
    (so_far, { stall_s }) => (stall_s === null ? so_far : Math.max(so_far ?? 0, stall_s)),
    null,
  );

/** One for each trial, phase and scenario entry, in the order of the rows. Rows without a trial tell of none. */
export const sessionFigures = (rows: readonly SessionRow[]): SessionFigures[] => {
  const groups = groupBy(
    rows.filter(({ trial, phase }) => trial !== null && phase !== null),
    (row) => [row.trial, row.phase, row.trigger, entryOf(row), row.kind].join('\n'),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || first.trial === null || first.phase === null) return [];
    const verdicts: Partial<Record<SessionVerdict, number>> = {};
    for (const { verdict } of group) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    const { trial, phase, trigger, kind } = first;
    const stall_s = longest(group.filter(hasSurvived));
    return [{ trial, phase, trigger, name: entryOf(first), kind, verdicts, stall_s }];
  });
};
