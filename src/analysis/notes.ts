import type { TrialEvent } from '../model/event.js';
import { toMs, ns, NS_PER_S } from '../model/time.js';
import { clockSteps } from './timeline/anchor.js';
import type { LossPeriod } from './flow/gaps.js';
import { spellPercent } from './words/format.js';
import type { StreamPhase } from './flow/stream.js';

const ms = (value_ns: number): string => `${Number(toMs(ns(value_ns)).toFixed(1))} ms`;
const s = (value_ns: number): string => `${Number((value_ns / NS_PER_S).toFixed(3))} s`;

/** What no reply came for at all: of a period in which some were held, by their number. */
const lossOnly = (periods: readonly LossPeriod[], interval_ns: number): number =>
  periods.reduce(
    (longest, { lost, late, first_ns, last_ns, before_ns, after_ns }) =>
      Math.max(
        longest,
        late > 0 || before_ns === null || after_ns === null
          ? lost * interval_ns
          : (last_ns - first_ns + after_ns - before_ns) / 2,
      ),
    0,
  );

/** The three figures of a stream, where they differ by more than 2 T (docs/method.md, "An outage is an interval"). */
const disagreement = ({ figures, worst, plan }: StreamPhase): string | null => {
  if (
    figures.longest.point_ns === null ||
    figures.silence_ns === null ||
    worst.window.trigger_ns === Infinity
  )
    return null;
  const silence_ns = Math.max(0, figures.silence_ns - plan.every_ns);
  const loss = lossOnly(figures.periods, plan.every_ns);
  const three = [loss, worst.impaired_ns, silence_ns];
  if (Math.max(...three) - Math.min(...three) <= 2 * plan.every_ns) return null;
  return `${plan.name}: loss only ${s(loss)}, loss and late ${s(worst.impaired_ns)}, silence ${s(figures.silence_ns)}`;
};

const holes = ({ flows, plan }: StreamPhase): string | null => {
  const count = flows.reduce((total, flow) => total + flow.holes.count, 0);
  const longest_ns = Math.max(...flows.map((flow) => flow.holes.longest_ns));
  return count === 0 ? null : `${plan.name}: ${count} holes in sends, the longest ${ms(longest_ns)}`;
};

/** What the bounds say less for, beyond T. */
const distance = ({ figures, plan }: StreamPhase): string | null => {
  const { distance_ns } = figures.uncertainty;
  if (distance_ns <= plan.every_ns || figures.periods.length === 0) return null;
  return (
    `${plan.name}: what answers is up to ${ms(distance_ns)} behind the pair, and a probe sees the outage longer by up to ` +
    `that: the lower bound is less by it, the figure by half of it`
  );
};

const background = ({ figures, plan, directions: ways = [] }: StreamPhase): string | null => {
  const { share, lo, hi } = figures.background;
  if (share === 0) return null;
  const both = ways.length === 0 ? ', both ways together' : '';
  const range = `${spellPercent(lo)} to ${spellPercent(hi)}`;
  const count = figures.random.size;
  const not = count === 0 ? '' : `; ${count} loss periods are of it, none of the outage`;
  return `${plan.name}: ${spellPercent(share)} random loss (${range})${both}${not}`;
};

const afterRecovery = ({ flows, plan, all }: StreamPhase): string | null => {
  const later = flows.flatMap((flow, index) =>
    flow.periods.filter(
      (period) => period.first_ns >= flow.window.cut_ns && all[index]?.random.has(period) !== true,
    ),
  );
  return later.length === 0
    ? null
    : `${plan.name}: ${later.length} loss periods after the recovery, in outages.csv`;
};

const strays = ({ flows, plan }: StreamPhase): string | null => {
  const count = flows.reduce((total, flow) => total + flow.stray, 0);
  return count === 0 ? null : `${plan.name}: ${count} replies came after the wait of ${s(plan.wait_ns)}`;
};

const merges = ({ flows, plan }: StreamPhase, mergeGap_ns: number): string | null => {
  const count = flows.reduce((total, flow) => total + flow.merged, 0);
  return count === 0 ? null : `${plan.name}: ${count} loss periods merged, closer than ${s(mergeGap_ns)}`;
};

/** What is not known of the ways of a STAMP stream (docs/stamp.md). */
const directions = ({ plan, directions: ways = [] }: StreamPhase): (string | null)[] => {
  const [forward, reverse] = ways;
  if (forward === undefined || reverse === undefined) return [];
  const untested_ns = Math.max(...reverse.flows.map((flow) => flow.holes.longestAfterTrigger_ns));
  return [
    forward.unknown === null ? null : `${plan.name}: direction of the loss not known: ${forward.unknown}`,
    forward.mixed === 0
      ? null
      : `${plan.name}: ${forward.mixed} losses on both ways at once, in an order that is not known: the bounds allow for any`,
    forward.figures.periods.length === 0 || untested_ns === 0
      ? null
      : `${plan.name}: the way back was not tested for ${s(untested_ns)}, while nothing came through forward`,
  ];
};

/** What a reader must know beside the figures of one phase; one line each. */
export const phaseNotes = (streams: readonly StreamPhase[], mergeGap_ns: number): string[] =>
  streams
    .flatMap((stream) => [
      disagreement(stream),
      strays(stream),
      merges(stream, mergeGap_ns),
      distance(stream),
      background(stream),
      holes(stream),
      afterRecovery(stream),
      ...directions(stream),
    ])
    .filter((note) => note !== null);

export const clockNotes = (events: readonly TrialEvent[]): string[] =>
  clockSteps(events).map(
    ({ vantage, step_ms }) =>
      `the wall clock of ${vantage} was set by ${step_ms} ms; the figures do not use it`,
  );

/** The delay threshold is always reported (RFC 6412 §3.6.3): one line per value, with the streams it holds for. */
export const thresholdNotes = (streams: readonly StreamPhase[]): string[] => {
  const names = new Map<number, string[]>();
  for (const { plan, worst } of streams) {
    if (worst.threshold_ns === null) continue;
    const list = names.get(worst.threshold_ns) ?? [];
    names.set(worst.threshold_ns, [...list, plan.name]);
  }
  return [...names].map(([threshold_ns, list]) => `delay threshold ${ms(threshold_ns)}: ${list.join(', ')}`);
};
