import { longestBounds } from '../../analysis/words/four-figures.js';
import { hasSurvived } from '../../analysis/limits.js';
import { aftercareOf, type AftercarePhase } from '../../model/event.js';
import { AFTERCARE } from '../../model/plan.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import { formatDuration } from '../../model/duration.js';
import { capital, saySeconds, spellBounds } from '../../analysis/words/format.js';
import type { AnalysedRun } from './analysed-run.js';

type MeasuredWithAftercare = 'failover' | 'failback';

const LEAD = { failover: '', failback: 'After the failback: ' } as const;

const within = (phase: AftercarePhase | null) => (row: StreamRow) =>
  row.phase === phase && row.direction === 'round-trip';

const isOpen = ({ status }: StreamRow): boolean => status === 'not-recovered' || status === 'degraded';

const badness = (row: StreamRow): number => (isOpen(row) ? Infinity : (row.longest_s ?? -1));

const longer = (a: OutageRow, b: OutageRow): boolean => {
  const [left, right] = [a.outage_s ?? Infinity, b.outage_s ?? Infinity];
  return left === right ? a.lo_s > b.lo_s : left > right;
};

/** From the last recovery of the phase before to an outage in its aftercare; null: nothing was lost before. */
const sinceRecovery = (
  { tables }: AnalysedRun,
  phase: MeasuredWithAftercare,
  outage: OutageRow,
): number | null => {
  const isOfTrial = (row: { readonly trial: number | null; readonly phase: string | null }): boolean =>
    row.trial === outage.trial && row.phase === phase;
  const triggered = (tables.timeline ?? []).find(
    (row) => isOfTrial(row) && row.milestone === 'trigger-issued',
  );
  const back = tables.streams.flatMap((row) =>
    isOfTrial(row) && row.trigger_to_recovery_s !== null ? [row.trigger_to_recovery_s] : [],
  );
  return triggered === undefined || back.length === 0
    ? null
    : outage.start_s - triggered.at_s - Math.max(...back);
};

const placeOf = ({ stream, trial }: StreamRow, trials: number): string =>
  ` (stream ${stream}${trials > 1 ? `, trial ${trial ?? '-'}` : ''})`;

/** The worst stream's longest outage, and how many of the trials had one. */
const hitSentence = (
  run: AnalysedRun,
  phase: MeasuredWithAftercare,
  hit: readonly StreamRow[],
  trials: number,
): string => {
  const worst = hit.reduce((so_far, row) => (badness(row) > badness(so_far) ? row : so_far));
  const own = run.tables.outages.filter(
    (row) =>
      row.phase === worst.phase &&
      row.trial === worst.trial &&
      row.stream === worst.stream &&
      row.direction === worst.direction &&
      row.kind !== 'background' &&
      row.kind !== 'slow' &&
      row.kind !== 'refused',
  );
  const longest = own.reduce<OutageRow | null>(
    (so_far, row) => (so_far === null || longer(row, so_far) ? row : so_far),
    null,
  );
  const later_s = longest === null ? null : sinceRecovery(run, phase, longest);
  const when =
    later_s === null ? 'began in the aftercare' : `began ${saySeconds(later_s)} after the recovery`;
  const bounds = spellBounds(longestBounds(worst));
  const what = isOpen(worst)
    ? `an outage that ${when} had not ended with the aftercare: ${bounds}`
    : `a second outage of ${bounds} ${when}`;
  const more = worst.periods > 1 ? `, the longest of ${worst.periods}` : '';
  const among =
    trials === 1 ? '' : `; ${new Set(hit.map(({ trial }) => trial)).size} of ${trials} trials had one`;
  return `${what}${placeOf(worst, trials)}${more}${among}.`;
};

const sessionSentence = ({ tables }: AnalysedRun, phase: AftercarePhase | null): string => {
  const tested = tables.sessions.filter((row) => row.phase === phase && row.verdict !== 'not-tested');
  const lost = tested.filter((row) => !hasSurvived(row));
  return lost.length === 0
    ? ''
    : ` ${lost.length} of ${tested.length} sessions that were alive then did not live through it.`;
};

/** What random loss explains is no outage, and was lost all the same. */
const cleanSentence = (rows: readonly StreamRow[], time: string): string => {
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  return lost === 0
    ? `nothing was lost in the ${time} after the recovery.`
    : `no outage came in the ${time} after the recovery: ${lost} ${lost === 1 ? 'probe was' : 'probes were'} lost at random.`;
};

const sentence = (run: AnalysedRun, phase: MeasuredWithAftercare): string => {
  const own = aftercareOf(phase);
  const rows = run.tables.streams.filter(within(own));
  const { aftercare } = run.record.scenario.trial;
  if (rows.length === 0 || aftercare === undefined) return '';
  const trials = new Set(rows.map(({ trial }) => trial)).size;
  const hit = rows.filter((row) => row.status === 'ok' || isOpen(row));
  const unknown = rows.find(
    ({ status }) => status !== 'unaffected' && !hit.some((row) => row.status === status),
  );
  const time = formatDuration(aftercare.for_ns);
  const first =
    hit.length > 0
      ? hitSentence(run, phase, hit, trials)
      : unknown === undefined
        ? cleanSentence(rows, time)
        : `what the ${time} after the recovery brought is not known: ${unknown.void_reason ?? unknown.status}.`;
  const sessions = sessionSentence(run, own);
  const isJudged = run.record.scenario.limits.some(({ subject }) => subject === AFTERCARE);
  const unjudged =
    (hit.length > 0 || sessions !== '') && !isJudged
      ? ' Warning: no limit says whether that is allowed (aftercare.longest, aftercare.periods, aftercare.survived).'
      : '';
  return `${LEAD[phase]}${LEAD[phase] === '' ? capital(first) : first}${sessions}${unjudged}`;
};

/** What came in the time that was probed after each recovery; empty where there was no aftercare. */
export const aftercareSentence = (run: AnalysedRun): string =>
  (['failover', 'failback'] as const)
    .map((phase) => sentence(run, phase))
    .filter((text) => text !== '')
    .join(' ');
