import type { ComparisonMetric } from '../../model/comparison.js';
import { usage } from '../../model/error.js';
import { SESSION_METRICS, type SidePoints } from './points.js';

interface NamedPoints {
  readonly name: string;
  readonly points: SidePoints;
}

const isOfSessions = (metric: ComparisonMetric): boolean =>
  (SESSION_METRICS as readonly ComparisonMetric[]).includes(metric);

/** What a side has to show for these metrics: its keys, or why there are none. */
const sayOwn = (
  { name, points: { keys, untested } }: NamedPoints,
  metrics: readonly ComparisonMetric[],
): string => {
  const sessions = metrics.some(isOfSessions);
  const own = [...keys].filter(([, { parts }]) => (parts.session !== null) === sessions);
  if (own.length > 0) return `${name} has ${own.map(([key]) => key).join('; ')}`;
  if (!sessions) return `${name} has no streams`;
  return `${name} has no sessions${untested.length === 0 ? '' : ' that crossed the failed node'}`;
};

/** Throws KnownError: no key that two sides have in common has one of these metrics. */
export const refuseMetrics = (sides: readonly NamedPoints[], metrics: readonly ComparisonMetric[]): never => {
  throw usage(
    `nothing to compare by ${metrics.join(', ')}: ${sides.map((side) => sayOwn(side, metrics)).join(', ')}`,
    'survived and stall are of sessions, the others of streams; leave --metric out for all there is',
  );
};
