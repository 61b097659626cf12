import { aftercareOf } from '../model/event.js';
import { AFTERCARE, type Limit } from '../model/plan.js';
import type { ResultTables, RowKey, SessionRow, StreamRow, TrialRow, Verdict } from '../model/record.js';

/** One checked promise: `key` is the limit's, or `trials` for the trials themselves. */
export interface Finding {
  readonly key: string;
  readonly text: string;
  readonly verdict: Verdict;
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
}

/** What one trial and phase says to one limit. */
interface Measured {
  readonly verdict: Verdict;
  /** As in `3.42 s (3.41 to 3.43 s)`. */
  readonly text: string;
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

/** The only metric with bounds: it passes or fails only with its whole interval. */
const longestAgainst = (row: StreamRow, limit: number): Measured => {
  const { longest_lo_s: lo, longest_s: point, longest_hi_s: hi } = row;
  if (lo === null || point === null || hi === null) return { verdict: 'inconclusive', text: 'no figure' };
  const text = `${secondsText(point)} (${Number(lo.toFixed(3))} to ${secondsText(hi)})`;
  if (hi <= limit) return { verdict: 'pass', text };
  return lo > limit
    ? { verdict: 'fail', text }
    : { verdict: 'inconclusive', text: `${text}, ${BY_THE_INTERVAL}` };
};

const plainAgainst = (value: number | null, limit: number, text: (value: number) => string): Measured =>
  value === null
    ? { verdict: 'inconclusive', text: 'no figure' }
    : { verdict: judge(value <= limit), text: text(value) };

const isOfSessions = ({ metric }: Limit): boolean => metric === 'survived' || metric === 'stall';

const streamAgainst = (row: StreamRow, { metric, value }: Limit): Measured => {
  if (row.status === 'not-recovered') {
    if (metric !== 'periods') return { verdict: 'fail', text: 'not recovered' };
    const over = row.periods > value;
    return { verdict: over ? 'fail' : 'inconclusive', text: `at least ${row.periods}, not recovered` };
  }
  if (row.status !== 'ok' && row.status !== 'unaffected')
    return { verdict: 'inconclusive', text: row.status };
  switch (metric) {
    case 'longest':
      return longestAgainst(row, value);
    case 'total':
      return plainAgainst(row.total_s, value, secondsText);
    case 'span':
      return plainAgainst(row.span_s, value, secondsText);
    case 'silence':
      return plainAgainst(row.silence_s, value, secondsText);
    case 'periods':
      return plainAgainst(row.periods, value, String);
    case 'survived':
    case 'stall':
      return { verdict: 'inconclusive', text: 'not a figure of a stream' };
  }
};

export const hasSurvived = ({ verdict }: Pick<SessionRow, 'verdict'>): boolean =>
  verdict === 'survived' || verdict === 'survived-late';

const sessionsAgainst = (all: readonly LimitedSession[], { metric, value }: Limit): Measured => {
  const tested = all.filter(({ verdict }) => verdict !== 'not-tested');
  if (tested.length === 0) return { verdict: 'inconclusive', text: 'no session was tested' };
  const survived = tested.filter(hasSurvived);
  const text = `${survived.length} of ${tested.length} survived`;
  if (metric === 'survived') return { verdict: judge(survived.length / tested.length >= value), text };
  // A session that did not come back stalled for longer than any limit.
  if (survived.length < tested.length) return { verdict: 'fail', text };
  const longest = Math.max(...survived.map(({ stall_s }) => stall_s ?? 0));
  return { verdict: judge(longest <= value), text: secondsText(longest) };
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

const worstOf = (measured: readonly Measured[]): Measured | null => {
  const verdict = worstVerdict(measured.map((each) => each.verdict));
  return measured.find((each) => each.verdict === verdict) ?? null;
};

/** A limit on all that crosses the pair in the aftercare. */
const afterwards = (trial: TrialRow, tables: LimitedRows, limit: Limit): Measured => {
  const isWithin = inAftercare(trial);
  const streams = tables.streams.filter((row) => isWithin(row) && row.direction === 'round-trip');
  const of = streams.map((row) => {
    const { verdict, text } = streamAgainst(row, limit);
    return { verdict, text: `${text} in the ${row.phase ?? ''} (stream ${row.stream})` };
  });
  const none: Measured = { verdict: 'inconclusive', text: 'it did not come to the aftercare' };
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

/** A trial that is not `ok` never passes: it can only fail, by not recovering. */
const against = (trial: TrialRow, tables: LimitedRows, limit: Limit): Measured => {
  if (trial.status !== 'ok' && trial.status !== 'not-recovered')
    return { verdict: 'inconclusive', text: trial.status };
  if (isOfAftercare(limit, tables)) return afterwards(trial, tables, limit);
  const ofSessions = isOfSessions(limit);
  const stream = tables.streams.find((row) => inTrial(trial)(row) && row.stream === limit.subject);
  const sessions = tables.sessions.filter((row) => inTrial(trial)(row) && entryOf(row) === limit.subject);
  if (!ofSessions && stream === undefined) return { verdict: 'inconclusive', text: 'no figure' };
  const measured =
    stream === undefined || ofSessions ? sessionsAgainst(sessions, limit) : streamAgainst(stream, limit);
  return trial.status === 'not-recovered' && measured.verdict === 'pass'
    ? { verdict: 'inconclusive', text: `${measured.text}, but the trial did not recover` }
    : measured;
};

const statusVerdict = ({ status }: Pick<TrialRow, 'status'>): Verdict =>
  status === 'ok' ? 'pass' : status === 'not-recovered' || status === 'degraded' ? 'fail' : 'inconclusive';

/** The control arm shows what happens without state sync: nothing is promised of it. */
const isControl = ({ phase }: Pick<TrialRow, 'phase'>): boolean => phase === 'no-sync';

/**
 * Verdict of one trial and phase. Without limits: `ok` passes, `not-recovered` fails, the rest is inconclusive.
 *
 * @param tables rows of this trial, or of the whole run
 */
export const trialVerdict = (trial: TrialRow, tables: LimitedRows, limits: readonly Limit[]): Verdict =>
  worstVerdict([
    statusVerdict(trial),
    aftercareVerdict(trial, tables),
    ...(isControl(trial) ? [] : limits).map((limit) => against(trial, tables, limit).verdict),
  ]);

const where = ({ trial, phase }: TrialRow): string =>
  `trial ${trial ?? '-'}${phase === null ? '' : `, ${phase}`}`;

/** The limit against the worst valid trial; with no valid one it is inconclusive. */
const limitFinding = (tables: LimitedRows, limit: Limit): Finding => {
  const bound = limit.metric === 'survived' ? 'at least' : 'at most';
  const valid = tables.trials.filter(({ status }) => status === 'ok' || status === 'not-recovered');
  const measured = valid.map((trial) => ({ trial, ...against(trial, tables, limit) }));
  const verdict = worstVerdict(measured.map((each) => each.verdict));
  const worst = measured.find((each) => each.verdict === verdict);
  const found =
    worst === undefined
      ? 'no valid trial'
      : verdict === 'pass'
        ? `in all ${valid.length === 1 ? 'of 1 trial' : `of ${valid.length} trials and phases`}`
        : `${worst.text} in ${where(worst.trial)}`;
  return { key: limit.key, text: `${bound} ${limit.text}: ${found}`, verdict };
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
  const tables = { ...all, trials: all.trials.filter((trial) => !isControl(trial)) };
  const findings = [
    ...limits.map((limit) => limitFinding(tables, limit)),
    ...aftercareFindings(tables),
    trialsFinding(tables),
  ];
  return { verdict: worstVerdict(findings.map(({ verdict }) => verdict)), findings };
};
