import type { TrialEvent } from '../../model/event.js';
import { NS_PER_MS } from '../../model/time.js';

type Anchor = Extract<TrialEvent, { event: 'anchor' }>;

const anchorsOf = (events: readonly TrialEvent[]): Anchor[] =>
  events.filter((event) => event.event === 'anchor').toSorted((a, b) => a.at_ns - b.at_ns);

/** No date is farther from 1970 (ECMA-262, "Time Values and Time Range"). */
const LAST_MS = 8.64e15;

/**
 * Trial time to UTC (RFC 3339, milliseconds) by the first anchor of the vantage, or of any if it has none. Null
 * without an anchor, and where a damaged one shows a time that no clock shows.
 */
export const utcClock = (
  events: readonly TrialEvent[],
): ((vantage: string, at_ns: number) => string | null) => {
  const anchors = anchorsOf(events);
  return (vantage, at_ns) => {
    const anchor = anchors.find((each) => each.vantage === vantage) ?? anchors[0];
    if (anchor === undefined) return null;
    const wall_ms = Math.round(anchor.wall_ms + (at_ns - anchor.at_ns) / NS_PER_MS);
    return Math.abs(wall_ms) > LAST_MS ? null : new Date(wall_ms).toISOString();
  };
};

const STEP_MS = 100;

/** Wall clocks that were set during the trial. Harmless to the figures, which use the monotonic clock only. */
export const clockSteps = (
  events: readonly TrialEvent[],
): { readonly vantage: string; readonly step_ms: number }[] => {
  const first = new Map<string, number>();
  const steps = new Map<string, number>();
  for (const { vantage, wall_ms, at_ns } of anchorsOf(events)) {
    const difference = wall_ms - at_ns / NS_PER_MS;
    const step = difference - (first.get(vantage) ?? difference);
    if (!first.has(vantage)) first.set(vantage, difference);
    if (Math.abs(step) > Math.max(STEP_MS, Math.abs(steps.get(vantage) ?? 0))) steps.set(vantage, step);
  }
  return [...steps].map(([vantage, step_ms]) => ({ vantage, step_ms: Math.round(step_ms) }));
};
