import type { RunFigures, SessionFigures } from '../../model/figures.js';
import type { OwnCheck } from '../../model/gate.js';
import { isAftercare } from '../../model/event.js';
import { AFTERCARE, type Limit } from '../../model/plan.js';
import type { SessionVerdict, Verdict } from '../../model/record.js';
import { hasSurvived, runVerdict, worstVerdict, type LimitedSession } from '../limits.js';
import { isControl } from './planned.js';

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
    ? [{ of: 'limit', name: key, text: `${text}: kept, by the run's own verdict`, verdict }]
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
