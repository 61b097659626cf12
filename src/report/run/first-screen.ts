import { hasSurvived, isMeasured, worstVerdict, type Finding } from '../../analysis/limits.js';
import { sayBounds, saySeconds } from '../../analysis/words/format.js';
import { AFTERCARE, type Limit } from '../../model/plan.js';
import type { Verdict } from '../../model/record.js';
import type { SessionRow, TrialRow } from '../../model/tables.js';
import { trialId } from '../html/chart.js';
import type { Tile } from '../html/tiles.js';
import type { AnalysedRun } from './analysed-run.js';
import { countedStatuses, trialBounds, worstTrial } from './headline.js';
import { slowestPhase } from './slowest-phase.js';

/**
 * The answer in five tiles, for a reader with ten seconds: verdict, outage, sessions, slowest phase, trials. A tile passes only
 * where what it says was promised, and was seen in every trial.
 */

const MOST_NAMED = 3;

const named = (keys: readonly string[]): string =>
  keys.length <= MOST_NAMED
    ? keys.join(', ')
    : `${keys.slice(0, MOST_NAMED).join(', ')} and ${keys.length - MOST_NAMED} more`;

/** The control arm shows what happens without state sync: nothing is promised of it. */
const judgedTrials = ({ tables }: AnalysedRun): TrialRow[] =>
  tables.trials.filter(({ phase }) => phase !== 'no-sync');

/** A pass of some trials is none of the run. */
const ofWhole = (run: AnalysedRun, verdict: Verdict): Verdict =>
  verdict === 'pass' && !(run.record.status === 'complete' && judgedTrials(run).every(isMeasured))
    ? 'inconclusive'
    : verdict;

const verdictTile = ({ record, verdict, findings, rethreshold }: AnalysedRun): Tile => {
  const keys = findings.filter((each) => each.verdict === verdict).map(({ key }) => key);
  const unlimited = record.scenario.limits.length === 0 ? '; no limit was set' : '';
  const said: Readonly<Record<Verdict, string>> = {
    pass: `passed: ${named(keys)}${unlimited}`,
    fail: `failed: ${named(keys)}`,
    inconclusive: keys.length === 0 ? 'nothing was checked' : `not decided: ${named(keys)}`,
  };
  const notes = [
    said[verdict],
    record.restored === false ? 'the pair could not be restored' : '',
    rethreshold === undefined ? '' : 'by other thresholds than the scenario’s',
  ];
  return {
    name: 'Verdict',
    value: verdict,
    note: notes.filter((note) => note !== '').join('; '),
    verdict: verdict === 'pass' && record.restored === false ? 'inconclusive' : verdict,
  };
};

const AGAINST: Readonly<Record<Verdict, string>> = {
  pass: 'met',
  fail: 'not met',
  inconclusive: 'not decided',
};

/** `limit 5s met (ping.longest)` */
const sayAgainst = ({ key, text }: Limit, { verdict, isWarned }: Finding): string =>
  `limit ${text} ${AGAINST[verdict]} (${key})${isWarned === true ? ', but see the checks' : ''}`;

interface Held {
  readonly limit: Limit;
  readonly finding: Finding;
}

const heldAgainst = ({ record, findings }: AnalysedRun, isWanted: (limit: Limit) => boolean): Held[] =>
  record.scenario.limits.filter(isWanted).flatMap((limit) => {
    const finding = findings.find(({ key }) => key === limit.key);
    return finding === undefined ? [] : [{ limit, finding }];
  });

const verdictOf = (held: readonly Held[]): Verdict | null =>
  held.length === 0
    ? null
    : worstVerdict(
        held.map(({ finding: { verdict, isWarned } }) =>
          verdict === 'pass' && isWarned === true ? 'inconclusive' : verdict,
        ),
      );

const UNRECOVERED: Readonly<Partial<Record<TrialRow['status'], string>>> = {
  'not-recovered': 'did not come back',
  degraded: 'stayed degraded',
};

const outageTile = (run: AnalysedRun): Tile => {
  const trials = judgedTrials(run);
  const worst = worstTrial(trials);
  const name = 'Longest outage';
  if (worst === null)
    return { name, value: 'no figure', note: countedStatuses(trials), verdict: 'inconclusive' };
  const { headline_stream: stream, trial, phase } = worst;
  const held = heldAgainst(run, ({ subject, metric }) => subject === stream && metric === 'longest');
  const others = heldAgainst(run, ({ subject, metric }) => subject !== stream && metric === 'longest');
  // That another stream has met its limit says nothing of this one; that it has not is no less bad.
  const unmet = others.filter(({ finding }) => finding.verdict !== 'pass');
  const isDownAgain = run.findings.some(({ key, verdict }) => key === AFTERCARE && verdict === 'fail');
  const bad = UNRECOVERED[worst.status] ?? (isDownAgain ? 'failed again in the aftercare' : undefined);
  const [value = '', interval = ''] = sayBounds(trialBounds(worst)).split('  ');
  const notes = [
    [`trial ${trial ?? '-'}`, phase === 'failback' ? phase : '', stream, bad]
      .filter((part) => part !== undefined && part !== null && part !== '')
      .join(', '),
    interval === '' ? '' : `measured ${interval}`,
    held.length === 0 ? `no limit on the longest of ${stream ?? 'it'}` : '',
    ...[...held, ...(held.length === 0 ? others : unmet)].map(({ limit, finding }) =>
      sayAgainst(limit, finding),
    ),
  ];
  const verdict = verdictOf([...held, ...unmet]);
  return {
    name,
    value,
    note: notes.filter((note) => note !== '').join('; '),
    verdict: bad !== undefined ? 'fail' : verdict === null ? null : ofWhole(run, verdict),
    link: trialId(run, trial),
  };
};

const entryOf = ({ session }: SessionRow): string => session.replace(/#\d+$/, '');

const sayStall = (rows: readonly SessionRow[]): string => {
  const longest = rows.reduce((most, { stall_s }) => Math.max(most, stall_s ?? 0), 0);
  return longest === 0 ? '' : `longest stall ${saySeconds(longest)}`;
};

const sessionsTile = (run: AnalysedRun): Tile => {
  const name = 'Sessions survived';
  const measured = judgedTrials(run).filter(isMeasured);
  const rows = run.tables.sessions.filter(
    (row) =>
      row.verdict !== 'not-tested' &&
      measured.some(({ trial, phase }) => trial === row.trial && phase === row.phase),
  );
  const plans = run.record.scenario.sessions;
  if (plans.every(({ openEvery_ns }) => openEvery_ns !== null)) {
    const note = plans.length === 0 ? 'the scenario has no sessions' : 'the scenario only opens new ones';
    return { name, value: 'not measured', note, verdict: null };
  }
  if (rows.length === 0)
    return {
      name,
      value: 'not known',
      note: 'no session was tested in a valid trial',
      verdict: 'inconclusive',
    };
  const entries = new Set(rows.map(entryOf));
  const held = heldAgainst(
    run,
    ({ subject, metric }) => (metric === 'survived' || metric === 'stall') && entries.has(subject),
  );
  const survivors = rows.filter(hasSurvived);
  const isWhole =
    survivors.length === rows.length ||
    [...entries].every((entry) => held.some(({ limit }) => limit.subject === entry));
  const verdict = verdictOf(held);
  const notes = [
    sayStall(survivors),
    ...(held.length === 0
      ? ['no limit on them']
      : held.map(({ limit, finding }) => sayAgainst(limit, finding))),
  ];
  return {
    name,
    value: `${survivors.length} of ${rows.length}`,
    note: notes.filter((note) => note !== '').join('; '),
    // Those that nothing was promised of are not green with the others.
    verdict: verdict === null || (verdict === 'pass' && !isWhole) ? null : ofWhole(run, verdict),
  };
};

/** Of the failovers of which every phase was seen: the longest in all, and any that may have been as long. */
const slowestTile = (run: AnalysedRun): Tile => {
  const slowest = slowestPhase(run);
  const isKnown = slowest.names !== null;
  return {
    name: 'Slowest phase',
    value: isKnown ? named(slowest.names) : 'not known',
    note: isKnown ? slowest.rests : slowest.why,
    verdict: null,
  };
};

const sayVerdicts = (trials: readonly TrialRow[]): string =>
  (['pass', 'fail', 'inconclusive'] as const)
    .map((verdict) => ({ verdict, count: trials.filter((row) => row.verdict === verdict).length }))
    .filter(({ count }) => count > 0)
    .map(({ verdict, count }) => `${count} ${verdict}`)
    .join(', ');

const trialsTile = (run: AnalysedRun): Tile => {
  const { record, tables } = run;
  const trials = judgedTrials(run);
  const n = new Set(trials.filter(isMeasured).map(({ trial }) => trial)).size;
  const others = trials.filter((row) => !isMeasured(row));
  const arm = tables.trials.length - trials.length;
  const hasBoth = new Set(trials.map(({ phase }) => phase)).size > 1;
  const notes = [
    `${hasBoth ? 'failovers and failbacks: ' : ''}${sayVerdicts(trials)}`,
    others.length === 0 ? '' : `left out: ${countedStatuses(others)}`,
    record.status === 'complete'
      ? ''
      : `${record.trials_done} of ${record.trials_planned} planned, ${record.status}`,
    arm === 0 ? '' : `${arm} more without state sync`,
    n === 1 ? 'one trial says little' : '',
  ];
  return {
    name: 'Trials',
    value: `n = ${n}`,
    note: notes.filter((note) => note !== '').join('; '),
    verdict: ofWhole(run, worstVerdict(trials.map(({ verdict }) => verdict))),
  };
};

/** Empty of a watch: it has no trials, no limits, and says all in its headline. */
export const firstScreen = (run: AnalysedRun): readonly Tile[] =>
  run.record.kind === 'watch'
    ? []
    : [verdictTile(run), outageTile(run), sessionsTile(run), slowestTile(run), trialsTile(run)];
