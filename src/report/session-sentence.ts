import { hasSurvived } from '../analysis/limits.js';
import type { OpeningRow, SessionRow, SessionVerdict } from '../model/record.js';
import { saySeconds } from './format.js';
import type { ReportInput } from './input.js';

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
  const worst = rows
    .filter(hasSurvived)
    .reduce<SessionRow | null>((a, b) => ((b.stall_s ?? 0) > (a?.stall_s ?? 0) ? b : a), null);
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
 * Survival proves state sync only against trials without it (docs/method.md, "Session verdicts"): Linux with
 * nf_conntrack_tcp_loose takes up sessions that it never saw begin.
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
export const sessionSentence = ({ record, tables }: ReportInput): string => {
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
