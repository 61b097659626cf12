import type { ObserveSource } from '../model/observe-plan.js';
import type { Scenario } from '../model/plan.js';
import { NS_PER_S } from '../model/time.js';
import { ruledPhases, type Told } from './phases-rules.js';
import type { Instant } from './timeline-instant.js';
import { type Milestone, milestone } from './timeline-milestone.js';

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

/** Observers that read a management plane, whose last word is "done". */
const IS_API: Readonly<Record<ObserveSource['kind'], boolean>> = {
  http: true,
  command: true,
  driver: true,
  role: false,
  dns: false,
  neighbour: false,
  ttl: false,
};

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

/**
 * "API says done" against "traffic is back", a line for each of the two words that an API may have: that it accepted the
 * trigger, and the last milestone of the scenario's phases that an observer reads from it.
 */
export const apiMilestones = (scenario: Scenario, told: Told, back: TrafficBack): readonly Milestone[] => {
  const { accepted_ns, window } = told;
  const words = [
    accepted_ns === null ? null : { what: 'API said done', at_ns: accepted_ns },
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
