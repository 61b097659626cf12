import type { Outcome } from '../model/probe.js';
import type { Nanoseconds } from '../model/time.js';

/** How a stream looks so far, probe after probe in the order of sequence. Instants are send instants. */
export interface Picture {
  /** First good probe since the last bad one. */
  cleanFrom: Nanoseconds | null;
  goodRun: number;
  lastGood: Nanoseconds | null;
  /** First probe of the bad run that is still open. */
  downSince: Nanoseconds | null;
  bad: number;
  /** A probe was answered, by no refusal. */
  accepted: boolean;
  /** First refused probe since the last accepted one; null: none, or nothing was accepted before. */
  refusedSince: Nanoseconds | null;
}

export const newPicture = (): Picture => ({
  cleanFrom: null,
  goodRun: 0,
  lastGood: null,
  downSince: null,
  bad: 0,
  accepted: false,
  refusedSince: null,
});

export const isGood = (outcome: Outcome): boolean => outcome === 'answered' || outcome === 'refused';

/**
 * Adds one probe; `outcome: null` is one that is overdue. A refusal shows the path, so nothing is down; but a service that
 * accepted before is not back while it refuses.
 */
export const judge = (
  picture: Picture,
  probe: {
    readonly outcome: Outcome | null;
    readonly sent: Nanoseconds | null;
    readonly received: Nanoseconds | null;
  },
  overdue: number,
): void => {
  const late = probe.received !== null && probe.sent !== null && probe.received - probe.sent > overdue;
  if (probe.outcome === 'answered') {
    picture.accepted = true;
    picture.refusedSince = null;
  } else if (probe.outcome === 'refused' && picture.accepted) picture.refusedSince ??= probe.sent;
  if (probe.outcome !== null && isGood(probe.outcome) && !late) {
    if (picture.refusedSince !== null) {
      picture.cleanFrom = null;
      picture.goodRun = 0;
      picture.lastGood = probe.sent;
      picture.downSince = null;
      return;
    }
    picture.cleanFrom ??= probe.sent;
    picture.lastGood = probe.sent;
    picture.goodRun += 1;
    picture.downSince = null;
  } else {
    picture.bad += 1;
    picture.cleanFrom = null;
    picture.goodRun = 0;
    picture.downSince ??= probe.sent;
  }
};
