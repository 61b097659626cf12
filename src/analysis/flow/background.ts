import type { FlowWindow } from './flow-window.js';
import { type LossPeriod, lossesOf } from './gaps.js';
import { spellPercent, spellProbes } from '../words/format.js';
import { isExplained, shareInterval } from '../statistics/share-interval.js';

/** Random loss of a path, as the good time shows it. Shares are 0..1. */
export interface BackgroundLoss {
  readonly share: number;
  /** Exact 95 % interval of the share. */
  readonly lo: number;
  readonly hi: number;
  /** So many losses next to an outage, at each of its ends, may be chance. */
  readonly atEdge: number;
}

export const NO_BACKGROUND: BackgroundLoss = { share: 0, lo: 0, hi: 0, atEdge: 0 };

/** Runs of so many lost probes with good ones around them are isolated losses. */
const ISOLATED = 2;
/** Random loss is named from here on, or from so many isolated losses on. */
const NAMED_SHARE = 0.001;
const NAMED_LOSSES = 3;

/**
 * The longest run of losses among n probes that has at least the probability `rare` where each is lost with p:
 * P(run of k) = 1 - exp(-n (1-p) p^k), its Poisson approximation.
 */
export const longestByChance = (n: number, p: number, rare: number): number => {
  if (p <= 0 || n <= 0) return 0;
  if (p >= 1) return n;
  const starts = -Math.log1p(-rare) / (n * (1 - p));
  return Math.max(0, Math.min(n, Math.floor(Math.log(starts) / Math.log(p))));
};

export const isIsolated = (period: LossPeriod): boolean =>
  lossesOf(period) <= ISOLATED && period.before_ns !== null && period.after_ns !== null;

/** Probes of good time, and those of them that were lost one or two at a time. */
export interface GoodTime {
  readonly probes: number;
  readonly lost: number;
  readonly losses: number;
}

export const goodTime = (probes: number, periods: readonly LossPeriod[]): GoodTime => {
  const isolated = periods.filter(isIsolated);
  return {
    probes,
    lost: isolated.reduce((sum, period) => sum + lossesOf(period), 0),
    losses: isolated.length,
  };
};

/** @param leastLosses fewer than these say nothing, whatever their share */
export const backgroundLoss = (
  { probes, lost, losses }: GoodTime,
  rare: number,
  leastLosses = 1,
): BackgroundLoss => {
  const share = probes === 0 ? 0 : Math.min(1, lost / probes);
  const isNamed = losses >= leastLosses && (share > NAMED_SHARE || losses >= NAMED_LOSSES);
  if (!isNamed) return NO_BACKGROUND;
  return { share, ...shareInterval(Math.min(lost, probes), probes), atEdge: longestAtEdge(share, rare) };
};

/** p^k >= rare. */
export const longestAtEdge = (p: number, rare: number): number =>
  p >= 1 ? 0 : Math.floor(Math.log(rare) / Math.log(p));

/** Losses in a row that are to be expected next to an outage, at each of its ends. */
export const expectedRun = (p: number): number => (p >= 1 ? 0 : p / (1 - p));

/** In a log nobody says which time was good: fewer isolated losses may as well be outages. */
export const LEAST_OF_LOG = NAMED_LOSSES;

/**
 * Those of `periods` that random loss explains: as short as it makes them among so many probes, and no more of them than it
 * makes. So is one that nobody saw the beginning or the end of.
 *
 * @param most the largest share of random loss that is to be reckoned with
 */
export const explainedBy = (
  periods: readonly LossPeriod[],
  { share }: BackgroundLoss,
  { probes, most, rare }: { readonly probes: number; readonly most: number; readonly rare: number },
): ReadonlySet<LossPeriod> => {
  const longest = longestByChance(probes, share, rare);
  const short = periods.filter((period) => lossesOf(period) <= longest);
  const lost = short.reduce((sum, each) => sum + lossesOf(each), 0);
  return new Set(isExplained(lost, probes, most, rare) ? short : []);
};

/** Why the losses of the steady time are more than the scenario allows; null: they are not. */
export const unsteadyLoss = (own: readonly FlowWindow[], allowed: number): string | null => {
  const periods = own.flatMap((flow) => flow.steadyPeriods());
  const lost = periods.reduce((sum, each) => sum + lossesOf(each), 0);
  if (lost === 0) return null;
  const probes = own.reduce((sum, { sentBefore }) => sum + sentBefore, 0);
  const longest = periods.reduce((most, each) => Math.max(most, lossesOf(each)), 0);
  const few = longest <= longestByChance(probes, allowed, RARE_IN_STEADY);
  if (few && isExplained(lost, probes, allowed, RARE_IN_STEADY)) return null;
  const percent = spellPercent(lost, probes);
  const isRandom =
    periods.length >= NAMED_LOSSES && longest <= longestByChance(probes, lost / probes, RARE_IN_STEADY);
  if (!isRandom) return `lost ${spellProbes(lost)} before the trigger`;
  return allowed === 0
    ? `${periods.length} isolated losses before the trigger: ${percent} random loss; allow it with trial.background-loss`
    : `${periods.length} isolated losses before the trigger: ${percent} random loss, more than trial.background-loss allows`;
};

/** A steady time with random loss that is allowed is void by chance once in a thousand trials. */
const RARE_IN_STEADY = 0.001;
