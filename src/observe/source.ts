/** A value of one subject. */
export interface Seen {
  readonly subject: string;
  readonly value: string;
  /** Beside the value: a TTL, a word of the device. */
  readonly detail?: string;
}

/**
 * One thing that is asked again and again. Several of one observer are polled independently: a dead node does not
 * delay the other.
 */
export interface Asker {
  /** Whose failure it is, as long as no answer has named its subjects. */
  readonly subject: string;
  /**
   * Asks once. Rejects where there is no answer, with a KnownError that says why. Settles soon after the signal,
   * which comes when the time is over or the observing ends.
   */
  readonly ask: (signal: AbortSignal) => Promise<readonly Seen[]>;
}
