/**
 * When a run may make its next trial. Runs of several versions take turns in a campaign, so that a drift of the
 * environment is shared by all of them (docs/method.md, "Comparing with few repeats").
 */
export interface Turns {
  /** Resolves when it is this run's turn. Rejects with `Interrupted` when there will be none any more. */
  take(): Promise<void>;
  /** The trial is made and the host quiet again: another run may go on. */
  pass(): Promise<void>;
}
