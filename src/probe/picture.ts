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
}

export const newPicture = (): Picture => ({
  cleanFrom: null,
  goodRun: 0,
  lastGood: null,
  downSince: null,
  bad: 0,
  accepted: false,
});

export const isGood = (outcome: Outcome): boolean => outcome === 'answered' || outcome === 'refused';

/**
 * Adds one probe; `outcome: null` is one that is overdue. A refusal is good of a service that never accepted: it shows the
 * path. One that did, and refuses now, is not back.
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
  const refused = probe.outcome === 'refused' && picture.accepted;
  if (probe.outcome === 'answered') picture.accepted = true;
  if (probe.outcome !== null && isGood(probe.outcome) && !late && !refused) {
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
