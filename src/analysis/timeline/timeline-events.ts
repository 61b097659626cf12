import type { TrialEvent } from '../../model/event.js';
import { IS_API } from '../../model/observe-plan.js';
import type { Scenario, SessionPlan } from '../../model/plan.js';
import type { OpeningRow } from '../../model/tables.js';
import { NS_PER_S } from '../../model/time.js';
import { medianOf } from '../statistics/quantile.js';
import type { StreamPhase } from '../flow/stream.js';
import type { PhaseWindow } from '../flow/windows.js';
import { type Accepted, ruledPhases, type Told } from './phases.js';
import { deviceInstant, type Change } from './timeline-changes.js';
import { between, exactly, type Milestone, milestone, type Instant } from './timeline-milestone.js';
import { clockError, outageEdges } from './timeline-outage.js';

/** What an observer or a device says of something: `role active`, `vip = fw-b`. */
const sayValue = (observer: string | null, value: string, isRole: boolean): string =>
  isRole ? `role ${value}` : `${observer ?? ''} = ${value}`;

/** The trigger's own steps. */
const triggerMilestone = (event: TrialEvent): Milestone | null => {
  if (event.event === 'trigger-confirmed')
    return milestone(
      'trigger',
      event.ok ? event.event : 'trigger-not-confirmed',
      between(-Infinity, event.at_ns),
      { subject: event.node, detail: event.detail },
    );
  const isStep =
    event.event === 'trigger-issued' ||
    event.event === 'trigger-accepted' ||
    event.event === 'trigger-closed' ||
    event.event === 'trigger-failed';
  return isStep
    ? milestone('trigger', event.event, exactly(event.at_ns), {
        subject: event.node,
        detail: event.detail ?? null,
      })
    : null;
};

/** What became of the pair: its restore, step by step, and the move back. */
const pairMilestone = (event: TrialEvent): Milestone | null => {
  if (event.event === 'undo')
    return milestone('pair', event.ok ? 'undone' : 'not-undone', exactly(event.at_ns), {
      subject: event.node,
      detail: event.detail,
    });
  if (event.event === 'restored') return milestone('pair', 'restored', between(-Infinity, event.at_ns));
  if (event.event === 'phase' && (event.phase === 'restore' || event.phase === 'failback'))
    return milestone('pair', event.phase, exactly(event.at_ns));
  return null;
};

/** A device's own time of a change, and an observer that has no answer any more. */
const otherMilestone = (event: TrialEvent, roles: ReadonlySet<string>): Milestone | null => {
  if (event.event === 'observer-failed')
    return milestone('control-plane', 'no answer', exactly(event.at_ns), {
      subject: event.subject,
      source: event.observer,
      detail: event.detail,
    });
  if (event.event !== 'device-time') return null;
  const words = sayValue(event.observer, event.value, roles.has(event.observer));
  return milestone('control-plane', words, deviceInstant(event), {
    subject: event.subject,
    source: 'device',
  });
};

export const changeMilestone = (change: Change): Milestone =>
  milestone('control-plane', sayValue(change.observer, change.value, change.isRole), change.instant, {
    subject: change.subject,
    source: change.observer,
    detail:
      change.was === null ? change.detail : [`was ${change.was}`, change.detail].filter(Boolean).join(', '),
  });

/**
 * The milestones of one phase that events tell, from its trigger to the next phase. First values that were known before
 * the trigger are none: nothing changed.
 */
export const eventMilestones = (
  events: readonly TrialEvent[],
  changes: readonly Change[],
  { trigger_ns, start_ns, end_ns, phase }: PhaseWindow,
): readonly Milestone[] => {
  const roles = new Set(
    changes.flatMap(({ isRole, observer }) => (isRole && observer !== null ? [observer] : [])),
  );
  // The move back begins with the restored pair: its window does, not its trigger.
  const from_ns = phase === 'failback' ? start_ns : trigger_ns;
  const isWithin = (at_ns: number): boolean => at_ns >= from_ns && at_ns < end_ns;
  const told = events
    .filter(({ at_ns }) => isWithin(at_ns))
    .flatMap(
      (event) => triggerMilestone(event) ?? pairMilestone(event) ?? otherMilestone(event, roles) ?? [],
    );
  return [...told, ...changes.filter(({ instant }) => isWithin(instant.hi_ns)).map(changeMilestone)];
};

/** What people marked in a phase, before its trigger too. */
export const markMilestones = (
  events: readonly TrialEvent[],
  { start_ns, end_ns }: Pick<PhaseWindow, 'start_ns' | 'end_ns'>,
): readonly Milestone[] =>
  events
    .filter((event) => event.event === 'mark')
    .filter(({ at_ns }) => at_ns >= start_ns && at_ns < end_ns)
    .map(({ at_ns, text, by, uncertainty_ns }) =>
      milestone(
        'mark',
        text,
        { lo_ns: at_ns - (uncertainty_ns ?? Infinity), at_ns, hi_ns: at_ns + (uncertainty_ns ?? Infinity) },
        { source: by },
      ),
    );

/** The word for the line of each trial's phase that sets the API's word against the traffic's. */
export const API_AGAINST_TRAFFIC = 'api-against-traffic';

/** What became of the traffic in this phase. */
export interface TrafficBack {
  /** The worst stream; null: none lost anything. */
  readonly stream: string | null;
  /** Its recovery; null: not seen. */
  readonly instant: Instant | null;
  /** It came back, but no recovery held. */
  readonly unsteady: boolean;
}

const inSeconds = (ns: number): string => `${(ns / NS_PER_S).toFixed(3)} s`;

/** `API said done 1.204 s after the trigger; traffic was back 8.310 s later` */
const sentence = (what: string, done_ns: number, trigger_ns: number, back: TrafficBack): string => {
  const done = `${what} ${inSeconds(done_ns - trigger_ns)} after the trigger`;
  if (back.stream === null) return `${done}; no traffic was lost`;
  if (back.instant === null)
    return `${done}; traffic ${back.unsteady ? 'came back, but no recovery held' : 'did not come back'}`;
  const after_ns = back.instant.at_ns - done_ns;
  return after_ns < 0
    ? `${done}; traffic was back ${inSeconds(-after_ns)} before`
    : `${done}; traffic was back ${inSeconds(after_ns)} later`;
};

/** The last of the scenario's milestones that an API tells; null: it names none, or none was seen. */
const lastWord = ({ phases, observe }: Scenario, told: Told): { what: string; at_ns: number } | null => {
  const apis = new Set(observe.filter(({ source }) => IS_API[source.kind]).map(({ name }) => name));
  const named = phases.filter(({ until }) => until.milestone === 'observed' && apis.has(until.observer));
  if (named.length === 0) return null;
  const last = (ruledPhases(named, observe, told) ?? [])
    .flatMap(({ seen }) => seen ?? [])
    .filter(({ instant }) => instant.at_ns >= told.window.trigger_ns)
    .toSorted((a, b) => a.instant.at_ns - b.instant.at_ns)
    .at(-1);
  return last === undefined
    ? null
    : {
        what: `API said ${last.observer ?? ''} = ${last.value}`,
        at_ns: last.instant.at_ns,
      };
};

/** Who said that it was done, by what the trigger gave for an answer. */
const sayAccepted = ({ detail = '' }: Accepted): string => {
  if (detail.startsWith('HTTP ')) return 'API said done';
  if (detail.startsWith('exit ')) return 'command had ended';
  if (detail === 'Enter') return 'person said done';
  return detail === 'by the roles' ? 'roles showed it' : 'command was taken';
};

/**
 * "API says done" against "traffic is back", a line for each of the two words that an API may have: that it accepted the
 * trigger, and the last milestone of the scenario's phases that an observer reads from it.
 */
export const apiMilestones = (scenario: Scenario, told: Told, back: TrafficBack): readonly Milestone[] => {
  const { accepted, window } = told;
  const words = [
    accepted === null ? null : { what: sayAccepted(accepted), at_ns: accepted.at_ns },
    lastWord(scenario, told),
  ].filter((word) => word !== null);
  return words.map(({ what, at_ns }) =>
    milestone(
      'traffic',
      API_AGAINST_TRAFFIC,
      back.instant ?? { lo_ns: at_ns, at_ns, hi_ns: back.stream === null ? at_ns : Infinity },
      { subject: back.stream, detail: sentence(what, at_ns, window.trigger_ns, back) },
    ),
  );
};

/** When sessions of an entry had their first answer after a stall. */
export type Resumptions = ReadonlyMap<string, readonly number[]>;

/** Of two the first and the last, of more the median too: with thousands of sessions a row each would explain nothing. */
const fewOf = (words: string, at_ns: readonly number[], of: Partial<Milestone>): Milestone[] => {
  const sorted = at_ns.toSorted((a, b) => a - b);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const row = (which: string, at: number): Milestone =>
    milestone('session', sorted.length === 1 ? words : `${words} (${which})`, exactly(at), {
      ...of,
      detail: sorted.length === 1 ? null : `of ${sorted.length} sessions`,
    });
  if (sorted.length === 1) return [row('', first)];
  const median = sorted.length === 2 ? [] : [row('median', medianOf(sorted) ?? first)];
  return [row('first', first), ...median, row('last', last)];
};

/** When sessions ended, by entry and by how: `echo`, `reset`. */
const endings = (
  events: readonly TrialEvent[],
  { trigger_ns, cut_ns }: PhaseWindow,
  entries: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> => {
  const found = new Map<string, Map<string, number[]>>();
  for (const event of events) {
    if (event.event !== 'session-error' || !entries.has(event.session)) continue;
    if (event.at_ns < trigger_ns || event.at_ns >= cut_ns) continue;
    const own = found.get(event.session) ?? new Map<string, number[]>();
    found.set(event.session, own);
    const instants = own.get(event.ending) ?? [];
    own.set(event.ending, instants);
    instants.push(event.at_ns);
  }
  return found;
};

/** Sessions that resumed, that ended, and entries whose new sessions work again. */
export const sessionMilestones = (
  plans: readonly SessionPlan[],
  window: PhaseWindow,
  events: readonly TrialEvent[],
  resumed: Resumptions,
  openings: readonly OpeningRow[],
): readonly Milestone[] => {
  const crossing = plans.filter(({ control }) => !control);
  const entries = new Set(
    crossing.filter(({ openEvery_ns }) => openEvery_ns === null).map(({ name }) => name),
  );
  const ended = endings(events, window, entries);
  return crossing.flatMap(({ name, from }) => {
    const of = { subject: name, vantage: from };
    const works = openings.find(({ session }) => session === name)?.works_again_s ?? null;
    return [
      ...fewOf('resumed', resumed.get(name) ?? [], of),
      ...[...(ended.get(name) ?? [])].flatMap(([ending, at_ns]) => fewOf(ending, at_ns, of)),
      ...(works === null
        ? []
        : [
            milestone(
              'session',
              'new sessions work again',
              exactly(window.trigger_ns + works * NS_PER_S),
              of,
            ),
          ]),
    ];
  });
};

/** The words for when a stream stopped, and when it was back for good. */
export const TRAFFIC = { loss: 'first-loss', recovery: 'recovery' } as const;

/**
 * When a stream stopped, had its first reply again, and was back for good: of its worst flow. The first reply is the
 * answer to the first good probe after the first period, the recovery the end of the last one. Where the recovery was
 * not seen, or none held, its upper end is not known.
 */
export const trafficMilestones = (stream: StreamPhase, events: readonly TrialEvent[]): readonly Milestone[] =>
  edgesOf(stream, events, TRAFFIC);

/** When an aftercare began, and which streams stopped in it. */
export const aftercareMilestones = (
  streams: readonly StreamPhase[],
  events: readonly TrialEvent[],
): readonly Milestone[] => {
  const [first] = streams;
  if (first === undefined) return [];
  const words = { loss: 'aftercare-loss', recovery: 'aftercare-recovery' };
  return [
    milestone('pair', 'aftercare', exactly(first.window.start_ns)),
    ...streams.filter(({ plan }) => !plan.control).flatMap((stream) => edgesOf(stream, events, words)),
  ];
};

const edgesOf = (
  stream: StreamPhase,
  events: readonly TrialEvent[],
  words: { readonly loss: string; readonly recovery: string },
): readonly Milestone[] => {
  const { plan, worst, figures } = stream;
  const [first, last] = [figures.periods[0], figures.periods.at(-1)];
  if (first === undefined || last === undefined) return [];
  const clock_ns = clockError(events, plan.from);
  const of = { subject: plan.name, vantage: plan.from };
  const { begin } = outageEdges(worst, first, clock_ns, figures.uncertainty);
  const { end } = outageEdges(worst, last, clock_ns, figures.uncertainty);
  const flows = plan.flows === 1 ? null : `the worst of ${plan.flows} flows`;
  const periods = figures.periods.length === 1 ? null : `after ${figures.periods.length} loss periods`;
  const unsteady = figures.recovery === 'unsteady';
  const seen = Number.isFinite(end.at_ns) && !unsteady;
  const instant = seen ? end : { lo_ns: end.lo_ns, at_ns: end.lo_ns, hi_ns: Infinity };
  const reply_ns = first.recovered_ns;
  const missing = unsteady ? 'none held' : 'not seen';
  const detail = [seen ? null : missing, periods, flows].filter((part) => part !== null).join(', ');
  return [
    milestone('traffic', words.loss, begin, { ...of, detail: flows }),
    ...(reply_ns === null || stream.window.part === 'aftercare'
      ? []
      : [
          milestone(
            'traffic',
            'first-reply',
            { lo_ns: reply_ns - clock_ns, at_ns: reply_ns, hi_ns: reply_ns + clock_ns },
            { ...of, detail: flows },
          ),
        ]),
    milestone('traffic', words.recovery, instant, { ...of, detail: detail === '' ? null : detail }),
  ];
};
