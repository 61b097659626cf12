/**
 * `ok`: nothing to do. `warn`: it measures, with less certainty or less than it could. `fail`: it cannot measure
 * (what was asked for) until this is remedied.
 */
export type FindingStatus = 'ok' | 'warn' | 'fail';

/** One thing that was looked at. It says itself what it means, and what to do. */
export interface Finding {
  readonly check: string;
  readonly status: FindingStatus;
  /** What was found, in one sentence, with units. */
  readonly detail: string;
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail, remedy: null });

export const warn = (check: string, detail: string, remedy: string): Finding => ({
  check,
  status: 'warn',
  detail,
  remedy,
});

export const fail = (check: string, detail: string, remedy: string): Finding => ({
  check,
  status: 'fail',
  detail,
  remedy,
});
