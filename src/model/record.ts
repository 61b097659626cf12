/* The words that rows of the tables have (src/model/tables.ts). */

/** Status of a trial's phase or of a stream in it. Never a bare 0 (docs/method.md, "Status words"). */
export type TrialStatus =
  | 'ok'
  | 'no-failover-detected'
  | 'down-at-start'
  | 'degraded'
  | 'not-recovered'
  | 'void';
/** `unaffected`: the pair failed over and this stream lost nothing; the outage is shorter than `longest_hi_s`. */
export type StreamStatus = TrialStatus | 'unaffected';
export type Verdict = 'pass' | 'fail' | 'inconclusive';

/** Of a STAMP stream each way has rows of its own beside those of the round trip. */
export type Direction = 'round-trip' | 'forward' | 'reverse';

/**
 * - `loss`       probes were lost
 * - `late`       none was lost, but all were held for a while and came at once: an outage too
 * - `silence`    nothing came for a while, though nothing was lost or late
 * - `slow`       answered later than the delay threshold, as slowly as it was sent: no outage
 * - `background` lost at random, no part of the outage
 * - `refused`    the path is up and the service says no, from the first refused probe to the next accepted one
 */
export const OUTAGE_KINDS = ['loss', 'late', 'silence', 'slow', 'background', 'refused'] as const;
export type OutageKind = (typeof OUTAGE_KINDS)[number];

export type SessionVerdict =
  | 'survived'
  | 'survived-late'
  | 'reset'
  | 'blackholed'
  | 'app-closed'
  | 'not-tested';

/** Where a milestone comes from. */
export const MILESTONE_KINDS = ['trigger', 'traffic', 'control-plane', 'session', 'pair', 'mark'] as const;
export type MilestoneKind = (typeof MILESTONE_KINDS)[number];
