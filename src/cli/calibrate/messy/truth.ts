import { bothWays } from '../../../lab/cutter/mess.js';
import { NS_PER_S, type Nanoseconds } from '../../../model/time.js';
import type { Between } from '../truth.js';
import type { Change, RawTrial, Switched } from './raw.js';

/** What is true of one trial, by the stamps of the cutter. Seconds. */
export interface MessyTruth {
  /** Unbroken outages of forwarding, in order. */
  readonly outages: readonly Between[];
  /** The longest of them; both 0 where there was none. */
  readonly longest: Between;
  readonly total: Between;
  /** From the beginning of the first to the end of the last. */
  readonly span: Between;
  /** A time of random loss after the trigger. */
  readonly part: {
    /** Share of round trips lost. */
    readonly lost: number;
    readonly span: Between;
    /** It went on until the end of the wait. */
    readonly lasting: boolean;
  } | null;
  /** How long TCP sessions lost every packet; null: they did not, or until the end. */
  readonly sessions: Between | null;
}

const NOTHING: Between = { lo_s: 0, hi_s: 0 };

/** Something lasted from the one switching to the other. */
export const lasted = (begun: Switched, ended: Switched): Between => ({
  lo_s: Math.max(0, ended.after_ns - begun.before_ns) / NS_PER_S,
  hi_s: (ended.before_ns - begun.after_ns) / NS_PER_S,
});

const isOutage = ({ what }: Change): boolean => what === 'cut' || what === 'cut-forward';

const ofClosed = ({ begun, ended }: Change): Between[] => (ended === null ? [] : [lasted(begun, ended)]);

const sum = (all: readonly Between[]): Between =>
  all.reduce((a, b) => ({ lo_s: a.lo_s + b.lo_s, hi_s: a.hi_s + b.hi_s }), NOTHING);

/** The longest is at least as long as each one's least, and at most as long as the most of any. */
const longestOf = (all: readonly Between[]): Between =>
  all.reduce((a, b) => ({ lo_s: Math.max(a.lo_s, b.lo_s), hi_s: Math.max(a.hi_s, b.hi_s) }), NOTHING);

const spanOf = (all: readonly Change[]): Between => {
  const [first, last] = [all[0], all.at(-1)];
  return first === undefined || last?.ended == null ? NOTHING : lasted(first.begun, last.ended);
};

/**
 * @param changes those of the trial, or of its aftercare
 * @param cut_ns end of the wait
 */
export const truthOfChanges = (changes: readonly Change[], cut_ns: Nanoseconds): MessyTruth => {
  const cuts = changes
    .filter((each) => isOutage(each) && each.ended !== null)
    .toSorted((a, b) => a.begun.after_ns - b.begun.after_ns);
  const outages = cuts.flatMap(ofClosed);
  const part = changes.find(({ what }) => what === 'random');
  const sessions = changes.find(({ what }) => what === 'sessions');
  return {
    outages,
    longest: longestOf(outages),
    total: sum(outages),
    span: spanOf(cuts),
    part:
      part === undefined
        ? null
        : {
            lost: bothWays(part.share ?? 0),
            span: lasted(part.begun, part.ended ?? { after_ns: cut_ns, before_ns: cut_ns }),
            lasting: part.ended === null,
          },
    sessions: sessions?.ended == null ? null : lasted(sessions.begun, sessions.ended),
  };
};

/** Of the failover itself; what happens in an aftercare is another event. */
export const truthOfTrial = ({ changes, cut_ns }: Pick<RawTrial, 'changes' | 'cut_ns'>): MessyTruth =>
  truthOfChanges(
    changes.filter(({ begun }) => begun.after_ns < cut_ns),
    cut_ns,
  );

/** null: there was no aftercare. */
export const truthAfter = ({ changes, cut_ns, aftercare_ns }: RawTrial): MessyTruth | null =>
  aftercare_ns === null
    ? null
    : truthOfChanges(
        changes.filter(({ begun }) => begun.after_ns >= cut_ns),
        aftercare_ns,
      );
