import { KnownError } from '../../model/error.js';
import type { DelayPlan, LabDesign } from '../../model/lab-plan.js';
import { NS_PER_S, ns } from '../../model/time.js';
import { seededRandom } from '../statistics/random.js';
import { sayNumberOf, saySeconds } from '../words/format.js';
import { type Part, type Span, spansOf } from './lab-model.js';
import type { Length, MeasuredOutage, Stretch } from './measured.js';
import { anywhere, fitRange, type Shape, slowerOfTwo } from './range.js';

export type KnobValue = number | string | boolean | DelayPlan;

/** A knob of the twin, and what it rests on. */
export interface TwinKnob {
  /** As in the plan. */
  readonly key: string;
  readonly value: KnobValue;
  /**
   * `stated`: by the user; `fitted`: to links that were measured; `guessed`: as links of that length may come about, and in
   * other ways too; `untold`: no link tells; `free`: the outage does not depend on it.
   */
  readonly basis: 'stated' | 'fitted' | 'guessed' | 'untold' | 'free';
  /** In words: what it was fitted from, or why it was not. */
  readonly from: string;
  /** In words, what else it may be; empty: nothing to say. */
  readonly maybe: string;
  /** Where it is one of a range, that makes the shortest and the longest outages; null: nobody knows. */
  readonly ends: readonly [KnobValue, KnobValue] | null;
}

const SEED = 1;
const MS = 1e6;

/** The part's own lengths: those that nothing else is part of, if there are any; else those that end as it does. */
export const lengthsOf = (outages: readonly MeasuredOutage[], part: Part): readonly Stretch[] => {
  const all = outages.flatMap(({ stretches }) => stretches.filter(({ parts }) => parts.at(-1) === part));
  const fewest = Math.min(...all.map(({ parts }) => parts.length));
  return all.filter(({ parts }) => parts.length === fewest);
};

const extent = (lengths: readonly Length[]): string => {
  const [lo, hi] = [
    Math.min(...lengths.map(({ lo_ns }) => lo_ns)),
    Math.max(...lengths.map(({ hi_ns }) => hi_ns)),
  ];
  return sayBetween(lo, hi);
};

/** `0.52–0.98 s` */
const sayBetween = (lo_ns: number, hi_ns: number): string => {
  const [lo, hi] = [saySeconds(lo_ns / NS_PER_S), saySeconds(hi_ns / NS_PER_S)];
  return lo === hi ? lo : `${lo.replace(/ s$/, '')}–${hi}`;
};

/** `detection and detach, 0.52–0.98 s in 4 trials` */
const sayFrom = (stretches: readonly Stretch[]): string => {
  const names = [...new Set(stretches.flatMap(({ links }) => links))];
  const [only = ''] = names;
  const said = names.length < 2 ? only : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return `${said}, ${extent(stretches)} in ${sayNumberOf(stretches.length, 'trial')}`;
};

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whole milliseconds, as a person would write them. */
const inMs = (value_ns: number): number => Math.round(value_ns / MS) * MS;

const delayOf = (least_ns: number, most_ns: number): DelayPlan => ({
  least_ns: ns(inMs(least_ns)),
  most_ns: ns(Math.max(inMs(least_ns), inMs(most_ns))),
});

const NOT_PARTED = 'no link of its own: it is in the next one';

const fromRange = (key: string, stretches: readonly Stretch[], shape: Shape, less_ns: number): TwinKnob => {
  if (stretches.length === 0)
    return { key, value: delayOf(0, 0), basis: 'untold', from: NOT_PARTED, maybe: '', ends: null };
  const lengths = stretches.map(({ lo_ns, at_ns, hi_ns }): Length => ({
    lo_ns: Math.max(0, lo_ns - less_ns),
    at_ns: Math.max(0, at_ns - less_ns / 2),
    hi_ns,
  }));
  const { least, most } = fitRange(lengths, shape, seededRandom(SEED));
  return {
    key,
    value: delayOf(least.at_ns, most.at_ns),
    basis: 'fitted',
    from: sayFrom(stretches),
    maybe:
      stretches.length < 2
        ? 'how it differs is not known from one trial'
        : `least ${sayBetween(least.lo_ns, least.hi_ns)}, most ${sayBetween(most.lo_ns, most.hi_ns)}`,
    ends: [delayOf(least.lo_ns, most.lo_ns), delayOf(least.hi_ns, most.hi_ns)],
  };
};

/** A timer that runs out after so many of something: after `times` of them and a random part of one. */
interface Timer {
  readonly every: string;
  readonly times: string;
  /** On average, of one more. */
  readonly middle: number;
  /** Standard deviation, in intervals. */
  readonly deviation: number;
  readonly least_ns: number;
}

/**
 * One that looks at heartbeats: the times since the last one and until the next look cancel out on average (sum of two uniform
 * ones). One that sends probes: half an interval until the next.
 */
const HEARTBEATS = { middle: 0, deviation: Math.sqrt(1 / 6) };
const PROBES = { middle: 0.5, deviation: Math.sqrt(1 / 12) };
const USUAL_TIMES = 3;
const MOST_TIMES = 10;

/** Of the lengths alone, without what their bounds add. */
const deviationOf = (lengths: readonly Length[]): number | null => {
  if (lengths.length < 3) return null;
  const middle = mean(lengths.map(({ at_ns }) => at_ns));
  const own = lengths.reduce((sum, { at_ns }) => sum + (at_ns - middle) ** 2, 0) / (lengths.length - 1);
  const seen = mean(lengths.map(({ lo_ns, hi_ns }) => (hi_ns - lo_ns) ** 2 / 12));
  return own > seen ? Math.sqrt(own - seen) : null;
};

const timerKnobs = (
  stretches: readonly Stretch[],
  { every, times, middle, deviation, least_ns }: Timer,
  stated: Readonly<Record<string, number | null>>,
): readonly TwinKnob[] => {
  const [every_ns, count] = [stated[every] ?? null, stated[times] ?? null];
  if (every_ns !== null && count !== null) return [];
  const total_ns = mean(stretches.map(({ at_ns }) => at_ns));
  const isTold = stretches.length > 0;
  const differs_ns = deviationOf(stretches);
  const most = Math.min(MOST_TIMES, Math.max(1, Math.floor(total_ns / least_ns - middle)));
  const guess = differs_ns === null ? USUAL_TIMES : Math.round((total_ns * deviation) / differs_ns - middle);
  const fitted = Math.min(
    most,
    Math.max(1, every_ns === null ? guess : Math.round(total_ns / every_ns - middle)),
  );
  // Where nothing tells of it, as short as can be: but one that is late alone on a busy host makes no lab fail over.
  const own = isTold ? (count ?? fitted) : USUAL_TIMES;
  const one_ns = isTold ? Math.max(least_ns, inMs(total_ns / (own + middle))) : least_ns;
  const from = isTold ? sayFrom(stretches) : NOT_PARTED;
  const knob = (key: string, value: number): TwinKnob => ({
    key,
    value,
    basis: isTold ? 'guessed' : 'untold',
    from,
    maybe: isTold ? 'other intervals, as long in all' : '',
    ends: null,
  });
  return [...(every_ns === null ? [knob(every, one_ns)] : []), ...(count === null ? [knob(times, own)] : [])];
};

export const free = (key: string, value: KnobValue): TwinKnob => ({
  key,
  value,
  basis: 'free',
  from: 'not of the outage',
  maybe: '',
  ends: [value, value],
});

/** What of the outage is behind something longer, and can be anything up to that. */
const hidden = (key: string, value: KnobValue, ends: TwinKnob['ends'], up_to_ns: number): TwinKnob => ({
  key,
  value,
  basis: 'untold',
  from: 'no link tells of it',
  maybe: `up to ${saySeconds(up_to_ns / NS_PER_S)}`,
  ends,
});

export const hiOf = (lengths: readonly Length[], pick: (...values: number[]) => number): number =>
  lengths.length === 0 ? 0 : pick(...lengths.map(({ hi_ns }) => hi_ns));

const LEAST_POLL_NS = 10 * MS;

const cloudIpKnobs = (outages: readonly MeasuredOutage[], stated: Numbers): readonly TwinKnob[] => {
  const [detection, detach, attach, takeover] = (['detection', 'detach', 'attach', 'takeover'] as const).map(
    (part) => lengthsOf(outages, part),
  ) as [Stretches, Stretches, Stretches, Stretches];
  // Both begin when the node sees that what came before is over.
  const lag_ns = Math.max(LEAST_POLL_NS, Math.min(...[...attach, ...takeover].map(({ hi_ns }) => hi_ns)));
  const most_ns = hiOf(takeover, Math.max);
  const poll_ns = stated['poll_ns'] ?? 0;
  const promotion = fromRange('promotion', takeover, anywhere, poll_ns);
  return [
    ...timerKnobs(
      detection,
      { every: 'heartbeat_ns', times: 'missed', least_ns: 50 * MS, ...HEARTBEATS },
      stated,
    ),
    fromRange('detach', detach, slowerOfTwo, 0),
    fromRange('attach', attach, slowerOfTwo, poll_ns),
    hidden('poll_ns', LEAST_POLL_NS, [LEAST_POLL_NS, inMs(lag_ns)], lag_ns),
    { ...promotion, ends: [delayOf(0, 0), delayOf(most_ns, most_ns)] },
    ...['routes', 'rules'].map((key) =>
      hidden(key, delayOf(0, 0), [delayOf(0, 0), delayOf(most_ns, most_ns)], most_ns),
    ),
    free('sync', 'conntrackd'),
  ];
};

type Stretches = readonly Stretch[];
type Numbers = Readonly<Record<string, number | null>>;

const ADVERT_STEP_NS = 10 * MS;
const MOST_ADVERT_NS = 40.95e9;

/** How many adverts an outage of the lab takes, whatever they are. */
const ADVERTS: Span = spansOf({
  design: 'vrrp',
  advert_ns: ns(1),
  sync: 'none',
  boot_ns: ns(1),
  nat: 'none',
  tcpLoose: false,
  preempt: false,
})[0] ?? { least_ns: 0, most_ns: 0 };

const vrrpKnobs = (outages: readonly MeasuredOutage[]): readonly TwinKnob[] => {
  const detection = lengthsOf(outages, 'detection');
  const least_ns = Math.max(...detection.map(({ lo_ns }) => lo_ns)) / ADVERTS.most_ns;
  const most_ns = Math.min(...detection.map(({ hi_ns }) => hi_ns)) / ADVERTS.least_ns;
  if (least_ns > most_ns || least_ns > MOST_ADVERT_NS)
    throw new KnownError(
      `no VRRP advert explains ${sayFrom(detection)}: those of one advert are ` +
        `${ADVERTS.least_ns.toFixed(2)} to ${ADVERTS.most_ns.toFixed(2)} of it`,
      { remedy: 'another lab may: --design cloud-ip has delays that differ' },
    );
  const middle_ns = mean(detection.map(({ at_ns }) => at_ns)) / ((ADVERTS.least_ns + ADVERTS.most_ns) / 2);
  const stepped = Math.round(Math.min(most_ns, Math.max(least_ns, middle_ns)) / ADVERT_STEP_NS);
  return [
    {
      key: 'advert_ns',
      value: Math.max(1, stepped) * ADVERT_STEP_NS,
      basis: 'fitted',
      from: sayFrom(detection),
      maybe: sayBetween(least_ns, most_ns),
      ends: null,
    },
    free('sync', 'conntrackd'),
    free('nat', 'none'),
    free('tcpLoose', false),
    free('preempt', false),
  ];
};

const bootKnob = (stretches: Stretches): TwinKnob =>
  stretches.length === 0
    ? { key: 'boot_ns', value: 0, basis: 'untold', from: NOT_PARTED, maybe: '', ends: null }
    : {
        key: 'boot_ns',
        value: inMs(mean(stretches.map(({ at_ns }) => at_ns))),
        basis: 'fitted',
        from: sayFrom(stretches),
        maybe: extent(stretches),
        ends: null,
      };

const dnsKnobs = (outages: readonly MeasuredOutage[], stated: Numbers): readonly TwinKnob[] => {
  const caches = lengthsOf(outages, 'caches');
  // The longest of n is n/(n+1) of the TTL on average.
  const longest_ns = Math.max(0, ...caches.map(({ at_ns }) => at_ns)) * (1 + 1 / Math.max(1, caches.length));
  return [
    ...timerKnobs(
      lengthsOf(outages, 'detection'),
      { every: 'monitor_ns', times: 'missed', least_ns: 50 * MS, ...PROBES },
      stated,
    ),
    bootKnob(lengthsOf(outages, 'boot')),
    fromRange('update', lengthsOf(outages, 'record'), anywhere, 0),
    {
      key: 'ttl_ns',
      value: Math.max(1, Math.ceil(longest_ns / NS_PER_S)) * NS_PER_S,
      basis: caches.length === 0 ? 'untold' : 'guessed',
      from: caches.length === 0 ? NOT_PARTED : sayFrom(caches),
      maybe: 'at least as long as an answer was kept',
      ends: null,
    },
  ];
};

/** A flow that sticks to a dead node is down far beyond the time it takes to know of that. */
export const seemsToStick = (outages: readonly MeasuredOutage[]): boolean =>
  outages.filter(({ stretches, at_ns }) => {
    const [detection] = stretches;
    return stretches.length > 1 && detection !== undefined && at_ns > 2 * detection.hi_ns;
  }).length >
  outages.length / 2;

const lbKnobs = (
  outages: readonly MeasuredOutage[],
  stated: Numbers,
  sticks: boolean,
): readonly TwinKnob[] => [
  ...timerKnobs(
    sticks ? [] : lengthsOf(outages, 'detection'),
    { every: 'probe_ns', times: 'threshold', least_ns: 100 * MS, ...PROBES },
    stated,
  ),
  {
    key: 'existing',
    value: sticks ? 'stick' : 'rebalance',
    basis: 'guessed',
    from: sticks
      ? 'outages go on long after the node is out of service'
      : 'outages end when the node is out of service',
    maybe: '',
    ends: null,
  },
  ...(sticks ? [bootKnob(lengthsOf(outages, 'return'))] : []),
  free('sync', 'none'),
];

/** Each knob that links tell of, or that the outage does not depend on; `boot` only where it is part of it. */
export const knobsOf = (
  design: LabDesign,
  outages: readonly MeasuredOutage[],
  stated: Numbers,
  sticks: boolean,
): readonly TwinKnob[] => {
  switch (design) {
    case 'vrrp':
      return vrrpKnobs(outages);
    case 'cloud-ip':
      return cloudIpKnobs(outages, stated);
    case 'dns':
      return dnsKnobs(outages, stated);
    case 'lb':
      return lbKnobs(outages, stated, sticks);
  }
};
