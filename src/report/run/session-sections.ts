import { saySeconds } from '../../analysis/words/format.js';
import type { OpeningRow, SessionRow } from '../../model/tables.js';
import {
  apart,
  type Column,
  figure,
  lines,
  on,
  section,
  type Section,
  sentence,
  table,
  type Table,
  text,
} from '../sections.js';
import { count, ms, seconds, TRIAL_AND_PHASE } from './cells.js';
import type { AnalysedRun } from './analysed-run.js';
import {
  type MatrixRow,
  type SessionGroup,
  sessionGroups,
  sessionMatrix,
  sessionSentence,
  type Spread,
} from './sessions.js';
import { saySessions } from './run-words.js';

const saySpread = (spread: Spread | null): string => {
  if (spread === null) return '';
  const { min_s, median_s, max_s } = spread;
  return max_s === 0
    ? 'none'
    : [min_s, median_s, max_s]
        .map((value) => (value === 0 ? '0' : saySeconds(value).replace(' s', '')))
        .join(' / ') + ' s';
};

const sayMiddle = (spread: Spread | null): string => {
  if (spread === null) return '';
  if (spread.max_s === 0) return 'none';
  return spread.median_s === 0 ? '0' : saySeconds(spread.median_s);
};

const survivedOf = ({ verdicts, tested }: MatrixRow): string =>
  `${verdicts.survived + verdicts['survived-late']}/${tested}`;

/** Stalls as least / median / most. A count of 0 is a count. A terminal has fewer columns, and the prediction by its median. */
const MATRIX: readonly Column<MatrixRow>[] = [
  text('phase', ({ phase }) => phase, { on: 'pages' }),
  text('kind', ({ kind }) => kind, { on: 'pages' }),
  text('kind', ({ kind, phase }) => (phase === 'failover' ? kind : `${kind} ${phase ?? ''}`), {
    on: 'terminal',
    shrinks: true,
  }),
  text('age', ({ stratum }) => stratum ?? 'before', { shrinks: true }),
  text('speaks first', ({ idle, speaker }) => (idle ? `${speaker}, idle` : speaker), {
    short: 'speaks',
    shrinks: true,
  }),
  figure('survived', survivedOf, { on: 'pages' }),
  figure(
    'survived',
    (row) => {
      const late = row.verdicts['survived-late'];
      return late === 0 ? survivedOf(row) : `${survivedOf(row)}, ${late} late`;
    },
    { on: 'terminal' },
  ),
  figure('late', ({ verdicts }) => String(verdicts['survived-late']), { on: 'pages' }),
  figure('reset', ({ verdicts }) => String(verdicts.reset)),
  figure('blackholed', ({ verdicts }) => String(verdicts.blackholed)),
  figure('closed', ({ verdicts }) => String(verdicts['app-closed']), { on: 'pages' }),
  text('stall', ({ stall }) => saySpread(stall)),
  text('predicted', ({ predicted }) => saySpread(predicted), { on: 'pages' }),
  figure('predicted', ({ predicted }) => sayMiddle(predicted), { on: 'terminal' }),
];

const STALLS =
  'Stalls as least / median / most of the sessions that survived; predicted is what the kernel alone makes of the outage.';

export const matrixTable = (rows: readonly MatrixRow[]): Table =>
  table(rows, MATRIX, { caption: 'Sessions by kind and age' });

const GROUPS: readonly Column<SessionGroup>[] = [
  text('session', ({ name }) => name),
  text('phase', ({ phase }) => phase),
  text('kind', ({ kind }) => kind),
  text('connections', (group) => saySessions({ ...group, longestStall: null })),
  figure('trials all survived', ({ trialsSurvived, trials }) => `${trialsSurvived}/${trials}`),
  figure('longest stall', ({ longestStall }) => seconds(longestStall?.stall_s ?? null)),
  figure('predicted', ({ longestStall }) => seconds(longestStall?.stall_predicted_s ?? null)),
  figure('excess', ({ longestStall }) => seconds(longestStall?.excess_s ?? null)),
  text('errors', ({ errors }) => errors.join('; ')),
];

const sayGroup = (group: SessionGroup): string => {
  const phase = group.phase === null || group.phase === 'failover' ? '' : ` (${group.phase})`;
  return `${group.name}${phase} ${saySessions(group)}`;
};

const CONNECTIONS: readonly Column<SessionRow>[] = [
  text('session', ({ session }) => session),
  ...TRIAL_AND_PHASE,
  text('kind', ({ kind }) => kind),
  text('verdict', ({ verdict }) => verdict),
  figure('stall', ({ stall_s }) => seconds(stall_s)),
  figure('predicted', ({ stall_predicted_s }) => seconds(stall_predicted_s)),
  figure('excess', ({ excess_s }) => seconds(excess_s)),
  figure('age at the trigger', ({ age_s }) => seconds(age_s)),
  text('error', ({ error }) => error),
];

const SURVIVED = new Set<SessionRow['verdict']>(['survived', 'not-tested']);

const connections = (rows: readonly SessionRow[]): Table =>
  table(
    rows.toSorted((a, b) => Number(SURVIVED.has(a.verdict)) - Number(SURVIVED.has(b.verdict))),
    CONNECTIONS,
    { caption: 'Sessions, those that did not survive first', file: 'sessions.csv' },
  );

const OPENINGS: readonly Column<OpeningRow>[] = [
  text('new sessions', ({ session }) => session, { on: 'html' }),
  ...TRIAL_AND_PHASE,
  text('new sessions', ({ session }) => session, { on: 'markdown' }),
  text('kind', ({ kind }) => kind),
  figure('failed', ({ failed, attempts }) => `${failed}/${attempts}`, { on: 'markdown' }),
  figure('failed', ({ failed }) => count(failed), { on: 'html' }),
  figure('of', ({ attempts }) => count(attempts), { on: 'html' }),
  figure('no data', ({ no_data }) => String(no_data), { on: 'markdown' }),
  figure('no data', ({ no_data }) => count(no_data), { on: 'html' }),
  figure('usual', ({ usual_ms }) => ms(usual_ms)),
  figure('trigger to first hit', ({ first_hit_s }) => seconds(first_hit_s)),
  figure('trigger to working again', ({ works_again_s }) => seconds(works_again_s)),
  text('errors', ({ error }) => error),
];

/** In sentences, by kind, age and speaker, entry by entry or each by itself, and the new ones. */
export const sessions = (run: AnalysedRun): Section => {
  const { tables } = run;
  const matrix = sessionMatrix(run);
  const groups = sessionGroups(tables.sessions);
  return section(
    'Sessions',
    sentence(sessionSentence(run)),
    on('terminal', lines(groups.map(sayGroup))),
    // One row on a terminal would only say the sentence again.
    on(matrix.length < 2 ? 'pages' : 'everywhere', apart(matrixTable(matrix))),
    on('markdown', sentence(matrix.length === 0 ? '' : STALLS)),
    on('markdown', table(groups, GROUPS)),
    on('html', connections(tables.sessions)),
    on('pages', table(tables.openings ?? [], OPENINGS, { caption: 'New sessions', file: 'openings.csv' })),
  );
};
