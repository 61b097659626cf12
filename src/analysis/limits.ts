import { aftercareOf, isAftercare } from '../model/event.js';
import type { RunFigures, SessionFigures } from '../model/figures.js';
import type { OwnCheck } from '../model/gate.js';
import { AFTERCARE, type Limit } from '../model/plan.js';
import type { Verdict, SessionVerdict } from '../model/record.js';
import type { OutageRow, ResultTables, RowKey, SessionRow, StreamRow, TrialRow } from '../model/tables.js';
import { sayFourFigures } from './words/four-figures.js';
import { sayRefused } from './words/stream-lines.js';
import { isControl } from './gate/planned.js';

/** One checked promise: `key` is the limit's, or `trials` for the trials themselves. */
export interface Finding {
  readonly key: string;
  readonly text: string;
  readonly verdict: Verdict;
  /** A pass that does not say all: the text warns. */
  readonly isWarned?: true;
}

export interface RunVerdict {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
}

/** What a limit looks at of a session. */
export type LimitedSession = Pick<SessionRow, 'trial' | 'phase' | 'session' | 'verdict' | 'stall_s'>;

/** The rows that limits are held against. */
export interface LimitedRows extends Pick<ResultTables, 'trials' | 'streams'> {
  readonly sessions: readonly LimitedSession[];
  /** For what is no outage, and is warned of beside a limit; left out: nothing is. */
  readonly outages?: readonly OutageRow[];
}

/** What one trial and phase says to one limit. */
interface Measured {
  readonly verdict: Verdict;
  /** As in `3.42 s (3.41 to 3.43 s)`. */
  readonly text: string;
  /** The larger the worse; null: there is no figure. */
  readonly badness: number | null;
}

const BY_THE_INTERVAL = 'limited by the probe interval';

/** `fail` beats `inconclusive` beats `pass`; nothing at all is inconclusive. */
export const worstVerdict = (verdicts: readonly Verdict[]): Verdict =>
  verdicts.includes('fail')
    ? 'fail'
    : verdicts.length === 0 || verdicts.includes('inconclusive')
      ? 'inconclusive'
      : 'pass';

const secondsText = (value: number): string => `${Number(value.toFixed(3))} s`;

const judge = (passes: boolean): Verdict => (passes ? 'pass' : 'fail');

const NO_FIGURE: Measured = { verdict: 'inconclusive', text: 'no figure', badness: null };

/** The only metric with bounds: it passes or fails only with its whole interval. */
const longestAgainst = (row: StreamRow, limit: number): Measured => {
  const { longest_lo_s: lo, longest_s: point, longest_hi_s: hi } = row;
  if (lo === null || point === null || hi === null) return NO_FIGURE;
  const text = `${secondsText(point)} (${Number(lo.toFixed(3))} to ${secondsText(hi)})`;
  if (hi <= limit) return { verdict: 'pass', text, badness: point };
  return lo > limit
    ? { verdict: 'fail', text, badness: point }
    : { verdict: 'inconclusive', text: `${text}, ${BY_THE_INTERVAL}`, badness: point };
};

const plainAgainst = (value: number | null, limit: number, text: (value: number) => string): Measured =>
  value === null ? NO_FIGURE : { verdict: judge(value <= limit), text: text(value), badness: value };

const isOfSessions = ({ metric }: Limit): boolean => metric === 'survived' || metric === 'stall';

const figureAgainst = (row: StreamRow, { metric, value }: Limit): Measured => {
  switch (metric) {
    case 'longest':
      return longestAgainst(row, value);
    case 'total':
      return plainAgainst(row.total_s, value, secondsText);
    case 'span':
      return plainAgainst(row.span_s, value, secondsText);
    case 'silence':
      return plainAgainst(row.silence_s, value, secondsText);
    case 'count':
    case 'periods':
      return plainAgainst(row.periods, value, String);
    case 'survived':
    case 'stall':
      return { verdict: 'inconclusive', text: 'not a figure of a stream', badness: null };
  }
};

/** What did not recover for good has no span, and what is known of it so far is no pass. */
const degradedAgainst = (row: StreamRow, limit: Limit): Measured => {
  if (limit.metric === 'span')
    return { verdict: 'fail', text: 'never clean again (degraded)', badness: Infinity };
  const measured = figureAgainst(row, limit);
  return {
    ...measured,
    verdict: measured.verdict === 'pass' ? 'inconclusive' : measured.verdict,
    text: `${measured.text}, and degraded since`,
  };
};

const streamAgainst = (row: StreamRow, limit: Limit): Measured => {
  switch (row.status) {
    case 'not-recovered': {
      if (limit.metric !== 'count' && limit.metric !== 'periods')
        return { verdict: 'fail', text: 'not recovered', badness: Infinity };
      const over = row.periods > limit.value;
      const text = `at least ${row.periods}, not recovered`;
      return { verdict: over ? 'fail' : 'inconclusive', text, badness: row.periods };
    }
    case 'degraded':
      return degradedAgainst(row, limit);
    case 'ok':
    case 'unaffected':
      return figureAgainst(row, limit);
    case 'void':
    case 'down-at-start':
    case 'no-failover-detected':
      return { verdict: 'inconclusive', text: row.status, badness: null };
  }
};

export const hasSurvived = ({ verdict }: Pick<SessionRow, 'verdict'>): boolean =>
  verdict === 'survived' || verdict === 'survived-late';

const sessionsAgainst = (all: readonly LimitedSession[], { metric, value }: Limit): Measured => {
  const tested = all.filter(({ verdict }) => verdict !== 'not-tested');
  if (tested.length === 0) return { verdict: 'inconclusive', text: 'no session was tested', badness: null };
  const survived = tested.filter(hasSurvived);
  const text = `${survived.length} of ${tested.length} survived`;
  const share = survived.length / tested.length;
  if (metric === 'survived') return { verdict: judge(share >= value), text, badness: -share };
  // A session that did not come back stalled for longer than any limit.
  if (survived.length < tested.length) return { verdict: 'fail', text, badness: Infinity };
  const longest = Math.max(...survived.map(({ stall_s }) => stall_s ?? 0));
  return { verdict: judge(longest <= value), text: secondsText(longest), badness: longest };
};

/** Name of a session row's scenario entry: `echo` of `echo#12`. */
const entryOf = ({ session }: LimitedSession): string => session.slice(0, session.lastIndexOf('#'));

type InTrial = (row: Pick<RowKey, 'trial' | 'phase'>) => boolean;

const inTrial =
  (trial: TrialRow): InTrial =>
  (row) =>
    row.trial === trial.trial && row.phase === trial.phase;

/** The control arm has none. */
const inAftercare = ({ trial, phase }: TrialRow): InTrial => {
  const after = phase === null ? null : aftercareOf(phase);
  return (row) => after !== null && row.trial === trial && row.phase === after;
};

/** The first of the worst of those with the worst verdict; what has no figure is worst of nothing. */
const worstOf = <Each extends Measured>(all: readonly Each[]): Each | undefined => {
  const verdict = worstVerdict(all.map((each) => each.verdict));
  return all
    .filter((each) => each.verdict === verdict)
    .reduce<Each | undefined>(
      (worst, each) =>
        worst === undefined || (each.badness ?? -Infinity) > (worst.badness ?? -Infinity) ? each : worst,
      undefined,
    );
};

/** A limit on all that crosses the pair in the aftercare. */
const afterwards = (trial: TrialRow, tables: LimitedRows, limit: Limit): Measured => {
  const isWithin = inAftercare(trial);
  const streams = tables.streams.filter((row) => isWithin(row) && row.direction === 'round-trip');
  const of = streams.map((row) => {
    const measured = streamAgainst(row, limit);
    return { ...measured, text: `${measured.text} in the ${row.phase ?? ''} (stream ${row.stream})` };
  });
  const none: Measured = { ...NO_FIGURE, text: 'it did not come to the aftercare' };
  return isOfSessions(limit)
    ? sessionsAgainst(tables.sessions.filter(isWithin), limit)
    : (worstOf(of) ?? none);
};

/** Traffic that has stopped again and is not back fails a trial, as one that never came back does; with or without limits. */
const aftercareVerdict = (trial: TrialRow, { streams }: LimitedRows): Verdict => {
  const isWithin = inAftercare(trial);
  const isDown = ({ status }: StreamRow): boolean => status === 'not-recovered' || status === 'degraded';
  return streams.some((row) => isWithin(row) && isDown(row)) ? 'fail' : 'pass';
};

/** Older scenarios may have a stream or session of that name. */
const isOfAftercare = ({ subject }: Limit, { streams, sessions }: LimitedRows): boolean =>
  subject === AFTERCARE &&
  !streams.some(({ stream }) => stream === AFTERCARE) &&
  !sessions.some((row) => entryOf(row) === AFTERCARE);

/** It gave figures, though maybe none of a recovery. */
export const isMeasured = ({ status }: Pick<TrialRow, 'status'>): boolean =>
  status === 'ok' || status === 'degraded' || status === 'not-recovered';

const STILL_BAD: Readonly<Partial<Record<TrialRow['status'], string>>> = {
  'not-recovered': 'did not recover',
  degraded: 'stayed degraded',
};

/** A trial that is not `ok` never passes: it can only fail. */
const against = (trial: TrialRow, tables: LimitedRows, limit: Limit): Measured => {
  if (!isMeasured(trial)) return { verdict: 'inconclusive', text: trial.status, badness: null };
  if (isOfAftercare(limit, tables)) return afterwards(trial, tables, limit);
  const ofSessions = isOfSessions(limit);
  const stream = tables.streams.find((row) => inTrial(trial)(row) && row.stream === limit.subject);
  const sessions = tables.sessions.filter((row) => inTrial(trial)(row) && entryOf(row) === limit.subject);
  if (!ofSessions && stream === undefined) return NO_FIGURE;
  const measured =
    stream === undefined || ofSessions ? sessionsAgainst(sessions, limit) : streamAgainst(stream, limit);
  const bad = STILL_BAD[trial.status];
  return bad !== undefined && measured.verdict === 'pass'
    ? { ...measured, verdict: 'inconclusive', text: `${measured.text}, but the trial ${bad}` }
    : measured;
};

const statusVerdict = ({ status }: Pick<TrialRow, 'status'>): Verdict =>
  status === 'ok' ? 'pass' : status === 'not-recovered' || status === 'degraded' ? 'fail' : 'inconclusive';

/** The control arm shows what happens without state sync: nothing is promised of it. */
const isControlArm = ({ phase }: Pick<TrialRow, 'phase'>): boolean => phase === 'no-sync';

/**
 * Verdict of one trial and phase. Without limits: `ok` passes, `not-recovered` fails, the rest is inconclusive.
 *
 * @param tables rows of this trial, or of the whole run
 */
export const trialVerdict = (trial: TrialRow, tables: LimitedRows, limits: readonly Limit[]): Verdict =>
  worstVerdict([
    statusVerdict(trial),
    aftercareVerdict(trial, tables),
    ...(isControlArm(trial) ? [] : limits).map((limit) => against(trial, tables, limit).verdict),
  ]);

const where = ({ trial, phase }: TrialRow): string =>
  `trial ${trial ?? '-'}${phase === null ? '' : `, ${phase}`}`;

interface MeasuredTrial extends Measured {
  readonly trial: TrialRow;
}

/** `above 2 s`, `below 100 %`, `with more than 1` */
const beyond = ({ metric, value }: Limit): string => {
  switch (metric) {
    case 'survived':
      return `below ${Number((100 * value).toFixed(3))} %`;
    case 'count':
    case 'periods':
      return `with more than ${value}`;
    case 'longest':
    case 'total':
    case 'span':
    case 'silence':
    case 'stall':
      return `above ${secondsText(value)}`;
  }
};

/** `6 trials`; where both phases were measured `6 trials and phases`. */
const sayTrials = (trials: readonly TrialRow[]): string =>
  new Set(trials.map(({ phase }) => phase)).size > 1
    ? `${trials.length} trials and phases`
    : `${trials.length} trial${trials.length === 1 ? '' : 's'}`;

/** How many trials made the verdict, the worst of them, and which that is: `3 of 3 trials above 2 s; the worst 3.08 s in trial 3` */
const sayMade = (all: readonly MeasuredTrial[], verdict: Verdict, limit: Limit): string => {
  const made = all.filter((each) => each.verdict === verdict);
  const worst = worstOf(made);
  if (worst === undefined) return 'no valid trial';
  if (verdict === 'pass')
    return `in all of ${all.length === 1 ? '1 trial' : `${all.length} trials and phases`}`;
  const trials = sayTrials(all.map(({ trial }) => trial));
  const what = verdict === 'fail' ? beyond(limit) : 'not decided';
  return `${made.length} of ${trials} ${what}; the worst ${worst.text} in ${where(worst.trial)}`;
};

/** A limit on the longest outage alone says nothing of many short ones: where they exceed it together, that is said. */
const warning = (tables: LimitedRows, limit: Limit, others: readonly Limit[]): string => {
  const isAlone = !others.some(
    ({ subject, metric }) => subject === limit.subject && (metric === 'total' || metric === 'span'),
  );
  if (limit.metric !== 'longest' || !isAlone) return '';
  const beyondIt = tables.streams.filter(
    (row) =>
      row.stream === limit.subject &&
      row.direction === 'round-trip' &&
      row.total_s !== null &&
      row.total_s > limit.value &&
      sayFourFigures(row) !== null &&
      tables.trials.some((trial) => isMeasured(trial) && inTrial(trial)(row)),
  );
  const [worst] = beyondIt.toSorted((a, b) => (b.total_s ?? 0) - (a.total_s ?? 0));
  if (worst === undefined) return '';
  const said = sayFourFigures(worst) ?? '';
  return `; WARNING: in total beyond it: ${said} in trial ${worst.trial ?? '-'} (limit ${limit.subject}.total or ${limit.subject}.span as well)`;
};

/** A service that says no is no outage of the path; where it did so for longer than a limit, whoever reads that it is met is told. */
const refusalWarning = ({ outages = [], trials }: LimitedRows, limit: Limit): string => {
  const { metric, subject, value } = limit;
  if (metric !== 'longest' && metric !== 'total' && metric !== 'span') return '';
  const beyondIt = outages.filter(
    (row) =>
      row.kind === 'refused' &&
      row.stream === subject &&
      row.lo_s > value &&
      trials.some((trial) => isMeasured(trial) && inTrial(trial)(row)),
  );
  const said = sayRefused(beyondIt);
  return said === null ? '' : `; WARNING: ${said}, and the limit does not count it`;
};

/** The limit against every valid trial; with no valid one it is inconclusive. */
const limitFinding = (tables: LimitedRows, limit: Limit, limits: readonly Limit[]): Finding => {
  const bound = limit.metric === 'survived' ? 'at least' : 'at most';
  const measured = tables.trials
    .filter(isMeasured)
    .map((trial) => ({ trial, ...against(trial, tables, limit) }));
  const verdict = worstVerdict(measured.map((each) => each.verdict));
  const warned = warning(tables, limit, limits) + refusalWarning(tables, limit);
  return {
    key: limit.key,
    text: `${bound} ${limit.text}: ${sayMade(measured, verdict, limit)}${warned}`,
    verdict,
    ...(warned === '' ? {} : { isWarned: true }),
  };
};

const trialsFinding = ({ trials }: LimitedRows): Finding => {
  const bad = trials.filter(({ status }) => status !== 'ok');
  const listed = bad.map((trial) => {
    const reason = trial.void_reason === null ? '' : `: ${trial.void_reason}`;
    return `${where(trial)} ${trial.status}${reason}`;
  });
  const text = bad.length === 0 ? `${trials.length} of ${trials.length} ok` : listed.join('; ');
  return { key: 'trials', text, verdict: worstVerdict(trials.map(statusVerdict)) };
};

const aftercareFindings = (tables: LimitedRows): Finding[] => {
  const down = tables.trials.filter((trial) => aftercareVerdict(trial, tables) === 'fail');
  const text = `traffic had failed again, and was not well when it ended: ${down.map(where).join('; ')}`;
  return down.length === 0 ? [] : [{ key: AFTERCARE, text, verdict: 'fail' }];
};

/**
 * Verdict of a run: that of its limits, each against the worst valid trial, and of the trials themselves, so that
 * a void trial is never read as a pass. Bounds decide: `pass` needs the upper bound within the limit, `fail` the
 * lower bound beyond it, else it is inconclusive, "limited by the probe interval".
 */
export const runVerdict = (all: LimitedRows, limits: readonly Limit[]): RunVerdict => {
  const tables = { ...all, trials: all.trials.filter((trial) => !isControlArm(trial)) };
  const findings = [
    ...limits.map((limit) => limitFinding(tables, limit, limits)),
    ...aftercareFindings(tables),
    trialsFinding(tables),
  ];
  return { verdict: worstVerdict(findings.map(({ verdict }) => verdict)), findings };
};

const RANK: Readonly<Record<Verdict, number>> = { pass: 0, inconclusive: 1, fail: 2 };

/** As many rows as there were sessions: their verdicts and their longest stall are all that a limit looks at. */
const sessionRows = ({ trial, phase, name, verdicts, stall_s }: SessionFigures): LimitedSession[] => {
  const counts = Object.entries(verdicts) as [SessionVerdict, number][];
  const each = counts.flatMap(([verdict, count]) => Array.from({ length: count }, () => verdict));
  return each.map((verdict, index) => ({
    trial,
    phase,
    session: `${name}#${index + 1}`,
    verdict,
    stall_s: hasSurvived({ verdict }) ? stall_s : null,
  }));
};

/** A run that broke off has not kept its promise of so many trials: it can fail, but not pass. */
const completeness = ({ summary }: RunFigures): OwnCheck[] => {
  const { status, restored, trials_done, trials_planned } = summary;
  const done = `${trials_done} of ${trials_planned} trials`;
  const why = status === 'running' ? 'killed, or still running' : status;
  const ended: OwnCheck[] =
    status === 'complete'
      ? []
      : [{ of: 'run', name: 'run', text: `half-written: ${done}, ${why}`, verdict: 'inconclusive' }];
  return restored === false
    ? [
        ...ended,
        { of: 'run', name: 'restore', text: 'the pair could not be restored', verdict: 'inconclusive' },
      ]
    : ended;
};

/** A limit on what the figures do not have: a control stream, of which the stored verdict knows, or rows that are gone. */
const unseenLimit = ({ summary }: RunFigures, { key, subject, text }: Limit): OwnCheck[] => {
  const { verdict, settings = {} } = summary;
  if (!isControl(settings, subject) || verdict === null)
    return [
      {
        of: 'limit',
        name: key,
        text: `${text}: the run has no figure of ${subject}`,
        verdict: 'inconclusive',
      },
    ];
  // Of a run that did not pass, `rest` says so where nothing else does.
  return verdict === 'pass'
    ? [{ of: 'limit', name: key, text: `${text}: met, by the run's own verdict`, verdict }]
    : [];
};

/** What the stored verdict of the run knows and its figures do not: a limit on a control stream. */
const rest = ({ summary }: RunFigures, checks: readonly OwnCheck[]): OwnCheck[] => {
  const { verdict } = summary;
  const seen = worstVerdict(checks.map((check) => check.verdict));
  if (verdict === null || RANK[verdict] <= RANK[seen]) return [];
  const text = `the run's own verdict is ${verdict}: seqgap report ${summary.path} says why`;
  return [{ of: 'limit', name: 'verdict', text, verdict }];
};

/** The checks of a run by itself: that it is whole, its limits, its trials. */
export const ownChecks = (figures: RunFigures): OwnCheck[] => {
  const known = new Set([
    ...figures.streams.map(({ stream }) => stream),
    ...figures.sessions.map(({ name }) => name),
    ...(figures.streams.some(({ phase }) => isAftercare(phase)) ? [AFTERCARE] : []),
  ]);
  const { trials, streams } = figures;
  const all = figures.summary.limits;
  const limits = all.filter(({ subject }) => known.has(subject));
  const unseen = all.filter(({ subject }) => !known.has(subject));
  const findings = runVerdict(
    { trials, streams, sessions: figures.sessions.flatMap(sessionRows) },
    limits,
  ).findings;
  const checks = [
    ...completeness(figures),
    ...findings.map(({ key, text, verdict }): OwnCheck => ({ of: 'limit', name: key, text, verdict })),
    ...unseen.flatMap((limit) => unseenLimit(figures, limit)),
  ];
  return [...checks, ...rest(figures, checks)];
};
