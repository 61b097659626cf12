import type { MeasuredPhase, TrialEvent } from '../model/event.js';
import { NS_PER_S } from '../model/time.js';

/** A value that something had for a time, in seconds from the trial's origin. */
export interface PictureSpan {
  /** Whose: a node, an observed subject. */
  readonly of: string;
  /** Observer; null: the roles that the trial itself asked for. */
  readonly by: string | null;
  readonly value: string;
  readonly from_s: number;
  /** It was not before; null: not known. */
  readonly since_s: number | null;
  /** The last time it was seen to be so: it may have changed after that. null: it was watched all along. */
  readonly seen_s: number | null;
  /** Another value was seen; null: not until the end. */
  readonly to_s: number | null;
}

export interface PictureMark {
  readonly at_s: number;
  readonly of: MeasuredPhase;
  readonly text: string;
}

export interface EventPicture {
  /** Phases of the trial itself: steady, outage, drain. */
  readonly phases: readonly PictureSpan[];
  /** Roles, and what observers saw. */
  readonly seen: readonly PictureSpan[];
  readonly triggers: readonly PictureMark[];
}

interface Value {
  readonly at_ns: number;
  readonly since_ns: number | null;
  readonly value: string;
}

const NO_ANSWER = 'no answer';

/** One value after the other; the same one twice is one. */
const spansOf = (
  { of, by, isWatched }: { readonly of: string; readonly by: string | null; readonly isWatched: boolean },
  values: readonly Value[],
): PictureSpan[] => {
  const sorted = values.toSorted((a, b) => a.at_ns - b.at_ns);
  const changes = sorted.filter(({ value }, index) => value !== sorted[index - 1]?.value);
  return changes.map(({ at_ns, since_ns, value }, index) => {
    const next = changes[index + 1];
    const last = sorted.findLast((each) => next === undefined || each.at_ns < next.at_ns);
    return {
      of,
      by,
      value,
      from_s: at_ns / NS_PER_S,
      since_s: since_ns === null ? null : since_ns / NS_PER_S,
      seen_s: isWatched ? null : (last?.at_ns ?? at_ns) / NS_PER_S,
      to_s: next === undefined ? null : next.at_ns / NS_PER_S,
    };
  });
};

/** Whose value an event tells, and of which observer; null: it tells of none. */
const seenBy = (event: TrialEvent): (Value & { of: string; by: string | null }) | null => {
  const { at_ns } = event;
  if (event.event === 'role') return { of: event.node, by: null, at_ns, since_ns: null, value: event.role };
  if (event.event === 'observer-failed')
    return { of: event.subject, by: event.observer, at_ns, since_ns: null, value: NO_ANSWER };
  if (event.event !== 'observed') return null;
  return { of: event.subject, by: event.observer, at_ns, since_ns: event.since_ns, value: event.value };
};

/** What the events of a trial give to its picture. */
export const eventPicture = (events: readonly TrialEvent[]): EventPicture => {
  const subjects = new Map<string, { of: string; by: string | null; values: Value[] }>();
  const phases: Value[] = [];
  const triggers: PictureMark[] = [];
  for (const event of events) {
    const seen = seenBy(event);
    if (seen !== null) {
      const key = `${seen.by ?? ''} ${seen.of}`;
      const subject = subjects.get(key) ?? { of: seen.of, by: seen.by, values: [] };
      subject.values.push(seen);
      subjects.set(key, subject);
    }
    if (event.event === 'phase') phases.push({ at_ns: event.at_ns, since_ns: null, value: event.phase });
    if (event.event === 'trigger-issued')
      triggers.push({
        at_s: event.at_ns / NS_PER_S,
        of: event.of,
        text: `${event.action} of ${event.node}`,
      });
  }
  return {
    phases: spansOf({ of: 'trial', by: null, isWatched: true }, phases),
    seen: [...subjects.values()].flatMap(({ of, by, values }) =>
      spansOf({ of, by, isWatched: by !== null }, values),
    ),
    triggers,
  };
};
