import { hasSurvived } from '../../analysis/limits.js';
import type { RowPhase } from '../../model/event.js';
import { groupBy } from '../../model/group-by.js';
import type { SessionPlan } from '../../model/plan.js';
import type { SessionVerdict } from '../../model/record.js';
import type { SessionRow, OpeningRow } from '../../model/tables.js';
import { saySeconds } from '../../analysis/words/format.js';
import type { AnalysedRun } from './analysed-run.js';

/** Least, middle and most of some figures, in seconds. */
export interface Spread {
  readonly min_s: number;
  readonly median_s: number;
  readonly max_s: number;
}

/** All tested connections of one kind, age and speaker in one phase, over all trials. */
export interface MatrixRow {
  readonly phase: RowPhase | null;
  readonly kind: string;
  /** As in the scenario; null: opened before the steady time. */
  readonly stratum: string | null;
  readonly speaker: 'client' | 'server';
  readonly idle: boolean;
  readonly tested: number;
  readonly verdicts: Readonly<Record<Exclude<SessionVerdict, 'not-tested'>, number>>;
  /** Of those that survived; null: none did. */
  readonly stall: Spread | null;
  /** What TCP explains of the same sessions' stalls; null where nothing could be predicted. */
  readonly predicted: Spread | null;
}

const spreadOf = (values: readonly (number | null)[]): Spread | null => {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const [min_s] = sorted;
  const max_s = sorted.at(-1);
  if (min_s === undefined || max_s === undefined) return null;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? min_s;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? min_s;
  return { min_s, median_s: (lower + upper) / 2, max_s };
};

/** `echo` of `echo#12` */
const sessionName = ({ session }: SessionRow): string => session.replace(/#\d+$/, '');

type Manner = Pick<SessionPlan, 'speaksFirst' | 'idle'>;

const rowOf = (rows: readonly SessionRow[], first: SessionRow, { speaksFirst, idle }: Manner): MatrixRow => {
  const count = (wanted: SessionVerdict): number => rows.filter(({ verdict }) => verdict === wanted).length;
  return {
    phase: first.phase,
    kind: first.kind,
    stratum: first.stratum,
    speaker: speaksFirst,
    idle,
    tested: rows.length,
    verdicts: {
      survived: count('survived'),
      'survived-late': count('survived-late'),
      reset: count('reset'),
      blackholed: count('blackholed'),
      'app-closed': count('app-closed'),
    },
    stall: spreadOf(rows.map(({ stall_s }) => stall_s)),
    predicted: spreadOf(rows.map(({ stall_predicted_s }) => stall_predicted_s)),
  };
};

/** Kind by age by who speaks first, phase by phase, in the order of the rows. Connections that were not tested are left out. */
export const sessionMatrix = ({ record, tables }: AnalysedRun): readonly MatrixRow[] => {
  const plans = new Map(record.scenario.sessions.map((plan) => [plan.name, plan]));
  const mannerOf = (row: SessionRow): Manner =>
    plans.get(sessionName(row)) ?? { speaksFirst: 'client', idle: false };
  const groups = groupBy(
    tables.sessions.filter(({ verdict }) => verdict !== 'not-tested'),
    (row) => {
      const { speaksFirst, idle } = mannerOf(row);
      return [row.phase, row.kind, row.stratum, speaksFirst, idle].join('/');
    },
  );
  return [...groups.values()].flatMap((rows) =>
    rows[0] === undefined ? [] : [rowOf(rows, rows[0], mannerOf(rows[0]))],
  );
};

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

/** Of the survivors; null: none stalled, or none survived. */
const longestStallOf = (rows: readonly SessionRow[]): SessionRow | null =>
  rows
    .filter(hasSurvived)
    .reduce<SessionRow | null>((a, b) => ((b.stall_s ?? 0) > (a?.stall_s ?? 0) ? b : a), null);

const groupOf = (rows: readonly SessionRow[], first: SessionRow): SessionGroup => {
  const tested = rows.filter((row) => row.verdict !== 'not-tested');
  const verdicts = new Map<SessionVerdict, number>();
  for (const row of rows) verdicts.set(row.verdict, (verdicts.get(row.verdict) ?? 0) + 1);
  const trials = new Set(tested.map((row) => row.trial));
  const broken = new Set(tested.filter((row) => !hasSurvived(row)).map((row) => row.trial));
  return {
    phase: first.phase,
    name: sessionName(first),
    kind: first.kind,
    total: tested.length,
    survived: tested.filter(hasSurvived).length,
    trials: trials.size,
    trialsSurvived: trials.size - broken.size,
    verdicts,
    longestStall: longestStallOf(tested),
    errors: [...new Set(rows.map((row) => row.error).filter((error) => error !== null))],
  };
};

/** In the order of the rows: phase by phase as they come, session by session. */
export const sessionGroups = (rows: readonly SessionRow[]): readonly SessionGroup[] => {
  const groups = groupBy(rows, (row) => `${row.phase ?? ''}/${sessionName(row)}`);
  return [...groups.values()].flatMap((group) => (group[0] === undefined ? [] : [groupOf(group, group[0])]));
};

const FATES = [
  ['reset', 'reset'],
  ['blackholed', 'blackholed'],
  ['app-closed', 'closed by the far end'],
] as const satisfies readonly (readonly [SessionVerdict, string])[];

const survivors = (rows: readonly SessionRow[]): number => rows.filter(hasSurvived).length;

/** What nobody would expect, the other way round: 10 of 10 is all, 0 of 10 none. */
const shareOf = (count: number, all: number): string =>
  count === all
    ? all === 1
      ? 'The one'
      : `All ${all}`
    : count === 0
      ? `None of the ${all}`
      : `${count} of ${all}`;

const stallClause = (rows: readonly SessionRow[]): string => {
  const worst = longestStallOf(rows);
  if (worst === null || worst.stall_s === null) return '';
  const { stall_s, stall_predicted_s } = worst;
  const explained =
    stall_predicted_s === null
      ? ''
      : `, where TCP's retransmissions alone make ${saySeconds(stall_predicted_s)}`;
  return `; the longest stall was ${saySeconds(stall_s)}${explained}`;
};

const establishedSentence = (rows: readonly SessionRow[], trials: number): string => {
  const alive = survivors(rows);
  const fates = FATES.flatMap(([verdict, words]) => {
    const count = rows.filter((row) => row.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? 'was' : 'were'} ${words}`];
  });
  const noun = rows.length === 1 ? 'established session' : 'established sessions';
  const where = trials === 1 ? '' : ` in ${trials} trials`;
  const lost = fates.length === 0 ? '' : `; ${fates.join(', ')}`;
  return `${shareOf(alive, rows.length)} ${noun} lived through the failover${where}${lost}${stallClause(rows)}.`;
};

/**
 * Survival proves state sync only against trials without it (docs/sessions.md, "Does survival prove state sync?"): Linux
 * with nf_conntrack_tcp_loose takes up sessions that it never saw begin.
 */
const syncSentence = (
  with_sync: readonly SessionRow[],
  without: readonly SessionRow[],
  isArm: boolean,
): string => {
  if (!isArm)
    return survivors(with_sync) === 0
      ? ''
      : 'Whether that is due to state sync cannot be told without a control arm (`control-arm: no-sync`).';
  if (without.length === 0)
    return 'The control arm tested no session, so that it says nothing of state sync.';
  const alive = survivors(without);
  const share = `${alive} of ${without.length}`;
  if (survivors(with_sync) === 0)
    return `Without state sync ${share} survived: state sync as it is saves no session.`;
  if (alive === 0)
    return `Without state sync none of ${without.length} survived: survival here proves state sync.`;
  return alive === without.length
    ? `Without state sync all ${without.length} survived as well: survival proves nothing about state sync here.`
    : `Without state sync ${share} survived: survival does not prove state sync for each session.`;
};

const openingSentence = ({ session, works_again_s, first_hit_s, no_data }: OpeningRow): string => {
  const proxy =
    no_data === 0 ? '' : ` (${no_data} opened but brought no data: something answers for the server)`;
  if (first_hit_s === null) return `New sessions (${session}) worked all the time.`;
  return works_again_s === null
    ? `New sessions (${session}) did not work again${proxy}.`
    : `New sessions (${session}) worked again ${saySeconds(works_again_s)} after the trigger${proxy}.`;
};

/** Of several trials the slowest; one that never worked again is the worst. */
const worstOpening = (rows: readonly OpeningRow[]): readonly OpeningRow[] => {
  const badness = ({ first_hit_s, works_again_s }: OpeningRow): number =>
    first_hit_s === null ? -1 : (works_again_s ?? Infinity);
  const worst = new Map<string, OpeningRow>();
  for (const row of rows) {
    const known = worst.get(row.session);
    if (known === undefined || badness(row) > badness(known)) worst.set(row.session, row);
  }
  return [...worst.values()];
};

/** What became of sessions in the failover, in plain sentences; empty without sessions. */
export const sessionSentence = ({ record, tables }: AnalysedRun): string => {
  const tested = tables.sessions.filter(({ verdict }) => verdict !== 'not-tested');
  const isEarly = ({ stratum }: SessionRow): boolean => stratum !== 'during';
  const failover = tested.filter((row) => row.phase === 'failover' && isEarly(row));
  const without = tested.filter((row) => row.phase === 'no-sync' && isEarly(row));
  const begun = tested.filter((row) => row.phase === 'failover' && !isEarly(row));
  const trials = new Set(failover.map(({ trial }) => trial)).size;
  const openings = (tables.openings ?? []).filter(({ phase }) => phase === 'failover');
  return [
    ...(failover.length === 0 ? [] : [establishedSentence(failover, trials)]),
    ...(failover.length === 0 ? [] : [syncSentence(failover, without, record.scenario.controlArm !== null)]),
    ...(begun.length === 0
      ? []
      : [`Of ${begun.length} begun in the outage ${survivors(begun)} came to work.`]),
    ...worstOpening(openings).map(openingSentence),
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
};
