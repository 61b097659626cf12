import type { AnalysisPlan } from '../../model/plan.js';
import type { AppliedThresholds } from '../../model/tables.js';
import { inSeconds, NS_PER_S, type Nanoseconds } from '../../model/time.js';

/** A run judged by other thresholds than its scenario's (RFC 6703 §4.1). */
export interface Rethreshold {
  /** null: not asked for, that of the scenario holds. */
  readonly delayThreshold_ns: Nanoseconds | null;
  /** As above; 0 merges nothing. */
  readonly mergeGap_ns: Nanoseconds | null;
  /** What the scenario says. */
  readonly scenario: AnalysisPlan;
}

const say = (value: Nanoseconds): string =>
  value < NS_PER_S ? `${value / 1e6} ms` : `${value / NS_PER_S} s`;

const sayMergeGap = (value: Nanoseconds): string => (value === 0 ? 'none' : say(value));

/** `re-thresholded: delay threshold 200 ms (scenario: derived), merge gap 1 s (scenario: none)` */
export const sayRethreshold = ({ delayThreshold_ns, mergeGap_ns, scenario }: Rethreshold): string => {
  const before = scenario.delayThreshold_ns === null ? 'derived' : say(scenario.delayThreshold_ns);
  const parts = [
    delayThreshold_ns === null ? null : `delay threshold ${say(delayThreshold_ns)} (scenario: ${before})`,
    mergeGap_ns === null
      ? null
      : `merge gap ${sayMergeGap(mergeGap_ns)} (scenario: ${sayMergeGap(scenario.mergeGap_ns)})`,
  ];
  return `re-thresholded: ${parts.filter((part) => part !== null).join(', ')}`;
};

/** What was applied, and what the scenario says, for `--json`. */
export const appliedThresholds = (again: Rethreshold): AppliedThresholds => {
  const { delayThreshold_ns, mergeGap_ns, scenario } = again;
  return {
    delay_threshold_s: inSeconds(delayThreshold_ns ?? scenario.delayThreshold_ns),
    merge_gap_s: (mergeGap_ns ?? scenario.mergeGap_ns) / NS_PER_S,
    scenario: {
      delay_threshold_s: inSeconds(scenario.delayThreshold_ns),
      merge_gap_s: scenario.mergeGap_ns / NS_PER_S,
    },
  };
};
