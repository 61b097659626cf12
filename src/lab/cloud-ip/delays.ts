import { formatDuration, parseDuration } from '../../model/duration.js';
import { KnownError, usage } from '../../model/error.js';
import type { CloudIpPlan, DelayPlan } from '../../model/lab-plan.js';
import { ns, type Nanoseconds } from '../../model/time.js';

const DELAY_NAMES = ['detach', 'attach', 'routes', 'rules'] as const;
export type DelayName = (typeof DELAY_NAMES)[number];

/**
 * How a delay is drawn between its two ends. `uniform`: each as likely as the other; `long-tail`: mostly short, at times
 * long (least + range x u³ with u uniform: the median is at an eighth of the range), as queues are.
 */
const DISTRIBUTIONS = ['uniform', 'long-tail'] as const;
type Distribution = (typeof DISTRIBUTIONS)[number];

interface Delay extends DelayPlan {
  readonly distribution: Distribution;
}

export type Delays = Readonly<Record<DelayName, Delay>>;

/** As the API writes and reads it. */
interface WrittenDelay {
  readonly least: string;
  readonly most: string;
  readonly distribution: Distribution;
}

const ofEach = <Value>(make: (name: DelayName) => Value): Record<DelayName, Value> =>
  Object.fromEntries(DELAY_NAMES.map((name) => [name, make(name)])) as Record<DelayName, Value>;

export const delaysOf = (plan: CloudIpPlan): Delays =>
  ofEach((name) => ({ ...plan[name], distribution: 'uniform' }));

/** @param random uniform in [0, 1) */
export const drawDelay = (delay: Delay, random: () => number): Nanoseconds => {
  const share = delay.distribution === 'uniform' ? random() : random() ** 3;
  return ns(delay.least_ns + (delay.most_ns - delay.least_ns) * share);
};

export const writtenDelays = (delays: Delays): Record<DelayName, WrittenDelay> =>
  ofEach((name) => {
    const { least_ns, most_ns, distribution } = delays[name];
    return { least: formatDuration(least_ns), most: formatDuration(most_ns), distribution };
  });

const wrong = (problem: string): KnownError =>
  usage(problem, 'for example {"attach":{"least":"2s","most":"8s","distribution":"uniform"}}');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const changed = (name: string, before: Delay, change: unknown): Delay => {
  if (!isRecord(change)) throw wrong(`delay ${name} is no object`);
  const unknown = Object.keys(change).find((key) => !['least', 'most', 'distribution'].includes(key));
  if (unknown !== undefined) throw wrong(`delay ${name} has no "${unknown}"`);
  const { least, most } = change;
  const read = (value: unknown): Nanoseconds => {
    if (typeof value !== 'string') throw wrong(`delay ${name}: ${JSON.stringify(value)} is no duration`);
    return parseDuration(value);
  };
  const least_ns = least === undefined ? before.least_ns : read(least);
  const most_ns = most === undefined ? ns(Math.max(before.most_ns, least_ns)) : read(most);
  const distribution = DISTRIBUTIONS.find((each) => each === (change['distribution'] ?? before.distribution));
  if (distribution === undefined)
    throw wrong(`delay ${name}: the distribution is ${DISTRIBUTIONS.join(' or ')}`);
  if (most_ns < least_ns) throw wrong(`delay ${name}: the most is less than the least`);
  return { least_ns, most_ns, distribution };
};

/** Delays with some of them changed, as in `{ "attach": { "least": "2s", "most": "8s" } }`. Throws KnownError. */
export const changedDelays = (before: Delays, change: unknown): Delays => {
  if (!isRecord(change)) throw wrong('delays are an object');
  const changes = Object.entries(change).map(([key, value]) => {
    const name = DELAY_NAMES.find((each) => each === key);
    if (name === undefined) throw wrong(`there is no delay "${key}" (${DELAY_NAMES.join(', ')})`);
    return [name, changed(name, before[name], value)] as const;
  });
  return { ...before, ...Object.fromEntries(changes) };
};

/**
 * What goes wrong with the next requests of the nodes (changes, and questions after operations): `throttle` so many
 * are refused with 429, `lose` so many are carried out but never answered, `fail` so many operations fail.
 */
export interface Faults {
  throttle: number;
  lose: number;
  fail: number;
  /** Said with a 429, in whole seconds (RFC 9110 §10.2.3). */
  retryAfter: number;
}

export const noFaults = (): Faults => ({ throttle: 0, lose: 0, fail: 0, retryAfter: 1 });

/** Sets some of them. Throws KnownError. */
export const setFaults = (faults: Faults, change: unknown): void => {
  const entries = typeof change === 'object' && change !== null ? Object.entries(change) : [];
  for (const [key, value] of entries) {
    if (!Object.hasOwn(faults, key) || !Number.isInteger(value) || Number(value) < 0)
      throw usage(
        `no such fault: ${key} ${JSON.stringify(value)}`,
        'give throttle, lose, fail and retryAfter whole numbers',
      );
    faults[key as keyof Faults] = Number(value);
  }
};
