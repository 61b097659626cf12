import type { TrialEvent } from '../../model/event.js';
import type { Scenario } from '../../model/plan.js';
import type { OpeningRow, PhaseRow, RowKey, TimelineRow, TrialRow } from '../../model/tables.js';
import { NS_PER_S } from '../../model/time.js';
import { type Accepted, cutOutage, type RuledPhase, ruledPhases, type Told } from './phases.js';
import type { StreamPhase } from '../flow/stream.js';
import { isValid } from '../stream-summary.js';
import {
  apiMilestones,
  type TrafficBack,
  eventMilestones,
  markMilestones,
  type Resumptions,
  sessionMilestones,
  aftercareMilestones,
  TRAFFIC,
  trafficMilestones,
} from './timeline-events.js';
import type { Change } from './timeline-changes.js';
import type { Milestone } from './timeline-milestone.js';
import { clockError, longestPeriod, type OutageEdges, outageEdges } from './timeline-outage.js';
import type { PhaseWindow } from '../flow/windows.js';

/** One measured phase of a trial, as far as the rest of the analysis has come. */
export interface ExplainedPhase {
  readonly scenario: Scenario;
  readonly window: PhaseWindow;
  readonly events: readonly TrialEvent[];
  readonly changes: readonly Change[];
  readonly streams: readonly StreamPhase[];
  /** Its streams in the aftercare; empty: there was none. */
  readonly aftercare: readonly StreamPhase[];
  readonly trial: TrialRow;
  readonly resumed: Resumptions;
  readonly openings: readonly OpeningRow[];
  readonly utc: (vantage: string, at_ns: number) => string | null;
}

/** The longest outage of the worst stream of a trial that counts, and what the run itself saw beside it. */
export interface SeenOutage {
  readonly trial: TrialRow;
  readonly window: PhaseWindow;
  readonly edges: OutageEdges;
  /** Upper bound of its length; Infinity: not known. */
  readonly most_ns: number;
  /** null: no rule says what divides it. */
  readonly rules: readonly RuledPhase[] | null;
  readonly changes: readonly Change[];
}

/** What explains an outage: when what happened, and where its time went. */
export interface Explanation {
  readonly timeline: readonly TimelineRow[];
  readonly phases: readonly PhaseRow[];
  /** Empty: there was none, or its beginning was not seen. */
  readonly seen: readonly SeenOutage[];
}

const finiteSeconds = (value_ns: number): number | null =>
  Number.isFinite(value_ns) ? value_ns / NS_PER_S : null;

/** Without the run's key, in the order in which they are columns. */
const keyOf = ({ run, scenario, version, trial, phase }: RowKey): RowKey => ({
  run,
  scenario,
  version,
  trial,
  phase,
});

/** @param trigger_ns null: there was none. */
export const timelineRow = (
  key: RowKey,
  { kind, milestone, subject, source, instant, vantage, detail }: Milestone,
  trigger_ns: number | null,
  utc: ExplainedPhase['utc'],
): TimelineRow => ({
  ...keyOf(key),
  kind,
  milestone,
  subject,
  source,
  at_lo_s: finiteSeconds(instant.lo_ns),
  at_s: instant.at_ns / NS_PER_S,
  at_hi_s: finiteSeconds(instant.hi_ns),
  after_trigger_s: trigger_ns === null ? null : (instant.at_ns - trigger_ns) / NS_PER_S,
  at_utc: utc(vantage ?? '', instant.at_ns),
  detail,
});

const acceptedOf = (events: readonly TrialEvent[], { phase }: PhaseWindow): Accepted | null =>
  events.find((event): event is Accepted => event.event === 'trigger-accepted' && event.of === phase) ?? null;

const headlineOf = ({ trial, streams }: ExplainedPhase): StreamPhase | null =>
  streams.find(({ plan, figures }) => plan.name === trial.headline_stream && figures.periods.length > 0) ??
  null;

const backOf = (headline: StreamPhase | null, milestones: readonly Milestone[]): TrafficBack => {
  if (headline === null) return { stream: null, instant: null, unsteady: false };
  const { name } = headline.plan;
  const recovery = milestones.find(
    ({ milestone, subject }) => milestone === TRAFFIC.recovery && subject === name,
  );
  const seen = recovery !== undefined && Number.isFinite(recovery.instant.hi_ns);
  return {
    stream: name,
    instant: seen ? recovery.instant : null,
    unsteady: headline.figures.recovery === 'unsteady',
  };
};

const seenOutage = (
  { scenario, trial, events }: ExplainedPhase,
  headline: StreamPhase | null,
  told: Told,
): SeenOutage | null => {
  const period = headline === null ? null : longestPeriod(headline);
  if (headline === null || period === null || period.before_ns === null) return null;
  if (!isValid(trial.status)) return null;
  const { worst, plan, figures } = headline;
  return {
    trial,
    window: told.window,
    edges: outageEdges(worst, period, clockError(events, plan.from), figures.uncertainty),
    most_ns: figures.longest.hi_ns ?? Infinity,
    rules: ruledPhases(scenario.phases, scenario.observe, told),
    changes: told.changes,
  };
};

/** Only where a rule says by what an outage is explained. */
const phaseRows = ({ trial, edges, most_ns, rules }: SeenOutage, point_ns: number | null): PhaseRow[] =>
  cutOutage(
    edges,
    most_ns,
    (rules ?? []).map(({ end }) => end),
  ).map((each, index) => ({
    ...keyOf(trial),
    step: index + 1,
    name: rules?.[index]?.name ?? '',
    until: rules?.[index]?.until ?? '',
    start_s: each.start_ns / NS_PER_S,
    lo_s: each.lo_ns / NS_PER_S,
    length_s: each.length_ns === null ? null : each.length_ns / NS_PER_S,
    hi_s: each.hi_ns === null ? null : each.hi_ns / NS_PER_S,
    share: each.length_ns === null || point_ns === null || point_ns === 0 ? null : each.length_ns / point_ns,
    status: each.status,
  }));

/** The timeline of one measured phase, in the order of time, and the phases of its outage. */
export const explain = (explained: ExplainedPhase): Explanation => {
  const { scenario, window, events, changes, streams, aftercare, trial, resumed, openings, utc } = explained;
  if (window.trigger_ns === Infinity)
    return {
      timeline: markMilestones(events, window).map((each) => timelineRow(trial, each, null, utc)),
      phases: [],
      seen: [],
    };
  const told: Told = { window, changes, accepted: acceptedOf(events, window) };
  const headline = headlineOf(explained);
  const traffic = streams
    .filter(({ plan }) => !plan.control)
    .flatMap((stream) => trafficMilestones(stream, events));
  const milestones = [
    ...eventMilestones(events, changes, window),
    ...markMilestones(events, window),
    ...traffic,
    ...aftercareMilestones(aftercare, events),
    ...sessionMilestones(scenario.sessions, window, events, resumed, openings),
    ...(isValid(trial.status) ? apiMilestones(scenario, told, backOf(headline, traffic)) : []),
  ].toSorted((a, b) => a.instant.at_ns - b.instant.at_ns);
  const seen = seenOutage(explained, headline, told);
  return {
    timeline: milestones.map((each) => timelineRow(trial, each, window.trigger_ns, utc)),
    phases: seen === null ? [] : phaseRows(seen, headline?.figures.longest.point_ns ?? null),
    seen: seen === null ? [] : [seen],
  };
};
