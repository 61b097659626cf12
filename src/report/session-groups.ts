import { hasSurvived } from '../analysis/limits.js';
import type { RowPhase } from '../model/event.js';
import type { SessionRow, SessionVerdict } from '../model/record.js';
import { groupBy } from '../model/group-by.js';

/** All connections of one session in one phase, over all trials. */
export interface SessionGroup {
  readonly phase: RowPhase | null;
  readonly name: string;
  readonly kind: string;
  /** Connections that were tested. */
  readonly total: number;
  readonly survived: number;
  readonly trials: number;
  /** Trials in which every tested connection survived: sessions of one trial are not independent. */
  readonly trialsSurvived: number;
  /** Every verdict that occurred, with how often. */
  readonly verdicts: ReadonlyMap<SessionVerdict, number>;
  /** The connection that stalled longest among the survivors; null if none stalled or none survived. */
  readonly longestStall: SessionRow | null;
  /** Different error texts, in the order of appearance. */
  readonly errors: readonly string[];
}

/** `echo` of `echo#12` */
const sessionName = (row: SessionRow): string => row.session.replace(/#\d+$/, '');

const groupOf = (rows: readonly SessionRow[], first: SessionRow): SessionGroup => {
  const tested = rows.filter((row) => row.verdict !== 'not-tested');
  const verdicts = new Map<SessionVerdict, number>();
  for (const row of rows) verdicts.set(row.verdict, (verdicts.get(row.verdict) ?? 0) + 1);
  const trials = new Set(tested.map((row) => row.trial));
  const broken = new Set(tested.filter((row) => !hasSurvived(row)).map((row) => row.trial));
  const longestStall = tested
    .filter(hasSurvived)
    .reduce<SessionRow | null>((a, b) => ((b.stall_s ?? 0) > (a?.stall_s ?? 0) ? b : a), null);
  return {
    phase: first.phase,
    name: sessionName(first),
    kind: first.kind,
    total: tested.length,
    survived: tested.filter(hasSurvived).length,
    trials: trials.size,
    trialsSurvived: trials.size - broken.size,
    verdicts,
    longestStall,
    errors: [...new Set(rows.map((row) => row.error).filter((error) => error !== null))],
  };
};

/** In the order of the rows: phase by phase as they come, session by session. */
export const sessionGroups = (rows: readonly SessionRow[]): readonly SessionGroup[] => {
  const groups = groupBy(rows, (row) => `${row.phase ?? ''}/${sessionName(row)}`);
  return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [groupOf(group, group[0])]));
};
