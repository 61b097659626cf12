/** Links that documented timers make. */
export const TIMED = ['detection', 'promotion', 'health'] as const;

/** A timer as it is set: so many intervals, or one time after the last of what comes at that interval. */
export interface TimerSetting {
  readonly every: number;
  readonly times?: number | undefined;
  readonly hold?: number | undefined;
}

/** A timer of a platform, as its makers document it. Times in nanoseconds. */
export interface Timer {
  /** What it is called there. */
  readonly what: string;
  readonly link: (typeof TIMED)[number];
  /** Up to one interval more, by the node's priority (VRRP, CARP). */
  readonly skew: boolean;
  readonly usual: TimerSetting;
  readonly least: TimerSetting;
  readonly source: string;
}
