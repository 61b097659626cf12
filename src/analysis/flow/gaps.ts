import { type Nanoseconds, ns } from '../../model/time.js';

/**
 * One period of one flow (RFC 3357 §4.6): a maximal run of lost probes among the *real* sends, or of late ones, with the
 * sends around it. p is the last probe before it that is neither, q the first one after.
 */
export interface LossPeriod {
  readonly firstSeq: number;
  lastSeq: number;
  /** s[p]; null: nothing good was ever sent before. */
  readonly before_ns: number | null;
  /** The newest send before that this outage cannot have held: s[p], but where p was slow; null: not known yet. */
  proof_ns: number | null;
  /** s[p+1], the first send of it. */
  readonly first_ns: number;
  /** s[q-1], the last send of it. */
  last_ns: number;
  /** s[q]; null: open at the end of the recording. */
  after_ns: number | null;
  /** r[q]: when q was answered; null as above, or not known. */
  recovered_ns: number | null;
  /** How much later than its baseline allows q came back (see `boundsOf`). */
  afterExcess_ns: number;
  /** How long the local socket held the first impaired probe, where that is more than 1 ms; else 0. */
  readonly firstHeld_ns: number;
  lost: number;
  late: number;
  /** Where the order of the losses is not known: what they span at least in any; left out: as they are listed. */
  least_ns?: number;
  /** Largest gap between arrivals that touches the period (TBLM); null: none closed. */
  silence_ns: number | null;
}

/** An outage as an interval: `hi_ns` and `point_ns` are null where the end was not seen (right-censored). */
export interface Bounds {
  readonly lo_ns: Nanoseconds;
  readonly point_ns: Nanoseconds | null;
  readonly hi_ns: Nanoseconds | null;
}

/** What moves the bounds of every period of a flow. Nanoseconds. */
export interface Uncertainty {
  /** d: delay variation of the baseline, and what the stamps may be off. */
  readonly jitter_ns: number;
  /** A round trip sees the outage longer by up to this (docs/method.md, "Distance"). */
  readonly distance_ns: number;
  /** Next to an end so much may be random loss, and so much of it is to be expected: the mean of both ends. */
  readonly chance_ns: number;
  readonly expected_ns: number;
}

/**
 * The bounds of docs/method.md, "An outage is an interval":
 *
 *     lower = s[q-1] - s[p+1] - d - m - 2c     upper = s[q] - s[p] + d     point = mean of the sends - m/2 - 2e
 *
 * with d the delay variation of the baseline, m the distance, c and e the random loss at each end: what it may be and what
 * is to be expected. A good probe is proof, so neither of them moves the upper end. Two widenings keep the bounds
 * true where probes were held on the way:
 *
 * - A queue that is released at the end of the outage answers its youngest probes, so q may have been sent *inside* the
 *   outage. Measured: an ARP failure of 0.7 s lost nothing, and the probes of its last 100 ms came back "in time". What
 *   proves the end is the instant of q's answer: the upper bound grows by the time q took beyond the slowest probe of
 *   the baseline. A p that was slow itself may have been held by the same outage, unless it went on before the last
 *   lost probe left.
 * - A probe that the local socket held back left later than its stamp: the lower bound shrinks by that.
 *
 * Neither moves the point.
 */
export const boundsOf = (
  period: LossPeriod,
  { jitter_ns, distance_ns, chance_ns, expected_ns }: Uncertainty,
): Bounds => {
  // Only a damaged history has sends that go back in time.
  const inner = Math.max(0, period.last_ns - period.first_ns);
  const least = Math.min(inner, period.least_ns ?? Infinity);
  const lo_ns = ns(Math.max(0, least - jitter_ns - period.firstHeld_ns - distance_ns - 2 * chance_ns));
  if (period.after_ns === null || period.before_ns === null) return { lo_ns, point_ns: null, hi_ns: null };
  const outer = Math.max(inner, period.after_ns - period.before_ns);
  const middle = (inner + outer) / 2 - distance_ns / 2 - 2 * expected_ns;
  const proved = Math.max(outer, period.after_ns - (period.proof_ns ?? period.before_ns));
  return {
    lo_ns,
    point_ns: ns(Math.max(lo_ns, middle)),
    hi_ns: ns(proved + period.afterExcess_ns + jitter_ns),
  };
};

/** From the first lost send of the first period to the end of the last, by the same rule as the point. */
export const spanOf = (
  periods: readonly LossPeriod[],
  { distance_ns, expected_ns }: Uncertainty,
): Nanoseconds | null => {
  const first = periods[0];
  const last = periods.at(-1);
  if (first === undefined || last === undefined) return null;
  if (first.before_ns === null || last.after_ns === null) return null;
  const middle = (last.last_ns - first.first_ns + last.after_ns - first.before_ns) / 2;
  return ns(Math.max(0, middle - distance_ns / 2 - 2 * expected_ns));
};

/** Probes that were not answered within their timeout. */
export const lossesOf = ({ lost, late }: LossPeriod): number => lost + late;

/**
 * The one-way loss pattern metrics of RFC 3357 over the sequence numbers of lost probes, ascending. The
 * streaming analyser (flow.ts) finds the same periods without holding the sequence; these are the definitions
 * it is checked against, and serve logs that are held in memory anyway.
 */
export interface LossRun {
  /** 1-based, as in RFC 3357 §6.4. */
  readonly period: number;
  readonly first: number;
  readonly length: number;
}

/** RFC 3357 §4.5: distance of each lost probe to the one lost before it; 0 for the first. */
export const lossDistances = (lost: readonly number[]): number[] =>
  lost.map((seq, index) => (index === 0 ? 0 : seq - (lost[index - 1] ?? seq)));

/** RFC 3357 §4.6: the number of the period that each lost probe belongs to. */
export const lossPeriodNumbers = (lost: readonly number[]): number[] => {
  let period = 0;
  return lossDistances(lost).map((distance) => (distance === 1 ? period : ++period));
};

/** RFC 3357 §6.2-6.3: the periods with their lengths; their number is the period total. */
export const lossRuns = (lost: readonly number[]): LossRun[] => {
  const runs: { period: number; first: number; length: number }[] = [];
  const numbers = lossPeriodNumbers(lost);
  for (const [index, first] of lost.entries()) {
    const run = runs.at(-1);
    const period = numbers[index] ?? 0;
    if (run?.period === period) run.length++;
    else runs.push({ period, first, length: 1 });
  }
  return runs;
};

/** RFC 3357 §6.4: distance from the last loss of the period before to the first of this one; 0 for the first. */
export const interPeriodLengths = (lost: readonly number[]): number[] => {
  const runs = lossRuns(lost);
  return runs.map((run, index) => {
    const previous = runs[index - 1];
    return previous === undefined ? 0 : run.first - (previous.first + previous.length - 1);
  });
};

/** RFC 3357 §6.1: share of losses no farther than `delta` from the one before; null without losses. */
export const noticeableRate = (lost: readonly number[], delta: number): number | null => {
  if (lost.length === 0) return null;
  // The first loss has distance 0 by definition and is no noticeable one: it has nothing before it.
  const noticeable = lossDistances(lost).filter((distance) => distance > 0 && distance <= delta).length;
  return noticeable / lost.length;
};
