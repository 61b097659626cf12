import { NS_PER_S } from '../../model/time.js';
import type { Link } from '../chain/chain.js';
import type { OutageChain } from '../chain/explain-run.js';
import { type Stage, STAGES } from '../chain/stages.js';
import type { Span } from './lab-model.js';
import type { Timer, TimerSetting } from './timer.js';

/** How long a link is that nothing but the timer makes: the last heartbeat came up to one interval before the failure. */
export const timerSpan = ({ every, times = 0, hold }: TimerSetting, skew: boolean): Span => {
  const wait = hold ?? every * times;
  return { least_ns: Math.max(0, wait - every), most_ns: wait + (skew ? every : 0) };
};

/** A timer within the link that takes longest. */
export interface TimerAdvice {
  readonly driver: string;
  readonly timer: Timer;
  /** Name of the link. */
  readonly link: string;
  /** Between what it lasted, in all trials. */
  readonly measured: Span;
  readonly outages: Span;
  readonly usual: Span;
  readonly least: Span;
  /** The link is shorter than the timer makes it by default: that is not what it is set to. */
  readonly isUnusual: boolean;
  /** How much shorter outages can be by the least setting, if it is at its default; null: it is, or nothing is shorter. */
  readonly less: Span | null;
}

const rankOf = ({ key, stage }: Link): number => {
  if (key === 'traffic') return STAGES.length;
  return stage === null ? -1 : STAGES.indexOf(stage);
};

/** What a timer waits for begins with the first loss, or when the peer is declared dead. */
const BEFORE: Readonly<Record<Timer['link'], readonly Stage[]>> = {
  detection: [],
  promotion: ['hello', 'detection'],
  health: [],
};

/** The link of an outage that holds what a timer makes, all of it; null: it is divided, or nothing tells. */
const holding = (links: readonly Link[], timed: Timer['link']): Link | null => {
  const seen = links.filter(({ end }) => end !== null);
  const at = seen.findIndex((link) => rankOf(link) >= STAGES.indexOf(timed));
  const isWhole = seen
    .slice(0, Math.max(0, at))
    .every(({ stage }) => stage !== null && BEFORE[timed].includes(stage));
  return at !== -1 && isWhole ? (seen[at] ?? null) : null;
};

const spanOf = (rows: readonly { readonly lo_s: number; readonly hi_s: number | null }[]): Span => ({
  least_ns: Math.min(...rows.map(({ lo_s }) => lo_s)) * NS_PER_S,
  most_ns: Math.max(...rows.map(({ hi_s }) => hi_s ?? Infinity)) * NS_PER_S,
});

const adviceOf = (driver: string, timer: Timer, chains: readonly OutageChain[]): TimerAdvice | null => {
  const links = chains.map(({ links, longest }) => {
    const [only, ...others] = longest;
    const link = holding(links, timer.link);
    return only === undefined || others.length > 0 || link?.key !== only.key ? null : link;
  });
  const [first] = links;
  if (first === undefined || first === null) return null;
  const alike = links.filter((link) => link !== null && link.key === first.key);
  if (alike.length < links.length) return null;
  const measured = spanOf(alike.map((link) => (link ?? first).row));
  const [usual, least] = [timerSpan(timer.usual, timer.skew), timerSpan(timer.least, timer.skew)];
  const isUnusual = measured.most_ns < usual.least_ns;
  const less = {
    least_ns: Math.max(0, usual.least_ns - least.most_ns),
    most_ns: Math.min(measured.most_ns, usual.most_ns) - least.least_ns,
  };
  const isLeast = usual.least_ns === least.least_ns && usual.most_ns === least.most_ns;
  return {
    driver,
    timer,
    link: first.name,
    measured,
    outages: spanOf(
      chains.map(({ outage: { trial } }) => ({ lo_s: trial.outage_lo_s ?? 0, hi_s: trial.outage_hi_s })),
    ),
    usual,
    least,
    isUnusual,
    less: isUnusual || isLeast || less.most_ns <= 0 ? null : less,
  };
};

/** The timers of one driver, and what people call it. */
export interface DriverTimers {
  readonly driver: string;
  readonly timers: readonly Timer[];
}

/**
 * What documented timers have to do with the link that takes longest: only where that is certainly the same one in all
 * failovers whose end was seen.
 */
export const timerAdvice = (
  chains: readonly OutageChain[],
  drivers: readonly DriverTimers[],
): readonly TimerAdvice[] => {
  // Of a switchover the peer is told: nothing has to be missed.
  const ended = chains.filter(
    ({ outage: { trial } }) =>
      trial.phase === 'failover' && trial.outage_hi_s !== null && trial.action !== 'switchover',
  );
  return drivers.flatMap(({ driver, timers }) =>
    timers.flatMap((timer) => adviceOf(driver, timer, ended) ?? []),
  );
};
