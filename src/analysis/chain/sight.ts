import type { TrialEvent } from '../../model/event.js';
import { NS_PER_MS } from '../../model/time.js';
import type { Instant } from '../timeline/timeline-milestone.js';
import type { SeenOutage } from '../timeline/timeline.js';
import type { Bound, Offset } from './clock-offset.js';
import { changeWords, type RunSight, TAKEN_DOWN } from './clocks.js';
import type { DatedChange } from './same-change.js';

/** A trial as it was recorded, and what was made of its outages. */
export interface TrialSight {
  readonly trial: number;
  readonly events: readonly TrialEvent[];
  readonly seen: readonly SeenOutage[];
  /** Packets that the run recorded itself: the clock of each capture, and the vantage whose clock that is. */
  readonly captures: readonly { readonly clock: string; readonly vantage: string }[];
}

/** What `--clock` says: of one foreign clock, how far it is ahead. */
export interface StatedClock extends Offset {
  readonly clock: string;
}

const spanOf = (values: readonly Offset[]): Offset | null =>
  values.length === 0
    ? null
    : {
        lo_ms: Math.min(...values.map(({ lo_ms }) => lo_ms)),
        hi_ms: Math.max(...values.map(({ hi_ms }) => hi_ms)),
      };

/** A wall clock is written down in whole milliseconds. */
const READING_MS = 1;

/**
 * When the trial's origin was by the run's wall clock: an interval, as wide as that clock was set or slewed during the trial.
 * Where every vantage is another host, by what devices were asked, or by the wall clocks of those hosts. null: nobody wrote it down.
 */
export const originOf = (events: readonly TrialEvent[]): Offset | null => {
  const read = events.flatMap((event) => {
    if (event.event !== 'anchor') return [];
    const origin = event.wall_ms - event.at_ns / NS_PER_MS;
    const error = event.uncertainty_ns / NS_PER_MS + READING_MS;
    return [{ isOwn: event.offset_ns === 0, lo_ms: origin - error, hi_ms: origin + error }];
  });
  const asked = events.flatMap((event) => {
    if (event.event !== 'device-time' || event.offset_ns === 0) return [];
    const origin = event.wall_ms - (event.offset_ns + event.at_ns) / NS_PER_MS;
    const error = event.uncertainty_ns / NS_PER_MS + READING_MS;
    return [{ lo_ms: origin - error, hi_ms: origin + error }];
  });
  return spanOf(read.filter(({ isOwn }) => isOwn)) ?? spanOf(asked) ?? spanOf(read);
};

/** An instant of the trial by the run's wall clock. */
const onWall = ({ lo_ns, hi_ns }: Pick<Instant, 'lo_ns' | 'hi_ns'>, origin: Offset): Offset => ({
  lo_ms: origin.lo_ms + lo_ns / NS_PER_MS,
  hi_ms: origin.hi_ms + hi_ns / NS_PER_MS,
});

/** A span of the run's wall clock on the trial's own. */
export const onTrial = ({ lo_ms, hi_ms }: Offset, origin: Offset): Instant => {
  const [lo_ns, hi_ns] = [(lo_ms - origin.hi_ms) * NS_PER_MS, (hi_ms - origin.lo_ms) * NS_PER_MS];
  return { lo_ns, at_ns: (lo_ns + hi_ns) / 2, hi_ns };
};

/** Roles that an observer saw change: an instant between two polls. */
const roleChanges = ({ trial, seen }: TrialSight, origin: Offset): DatedChange[] =>
  (seen[0]?.changes ?? [])
    .filter(({ isRole, was, instant }) => isRole && was !== null && Number.isFinite(instant.lo_ns))
    .map(({ subject, value, observer, instant }) => ({
      ...onWall(instant, origin),
      what: changeWords('role', subject, value),
      words: `${subject} ${value} seen by ${observer ?? 'the trial'} in trial ${trial}`,
    }));

/** Orders of the run's own to the cloud: taken between the request and its answer. */
const orders = ({ trial, events }: TrialSight, origin: Offset): DatedChange[] =>
  events.flatMap((issued) => {
    if (issued.event !== 'trigger-issued') return [];
    const accepted = events.find((event) => event.event === 'trigger-accepted' && event.of === issued.of);
    if (accepted === undefined) return [];
    return [
      {
        ...onWall({ lo_ns: issued.at_ns, hi_ns: accepted.at_ns }, origin),
        what: changeWords('order', issued.node, TAKEN_DOWN),
        words: `the trigger on ${issued.node} in trial ${trial}`,
      },
    ];
  });

const measured = (
  { trial, events }: TrialSight,
  origin: Offset,
): readonly (Bound & { readonly clock: string })[] =>
  events.flatMap((event) => {
    // An age says how long ago it was, and nothing of the device's clock.
    if (event.event !== 'device-time' || event.offset_ns === 0) return [];
    const { offset_ns, uncertainty_ns, subject, at_ns } = event;
    return [
      {
        by: 'measured',
        clock: subject,
        at_ms: (origin.lo_ms + origin.hi_ms) / 2 + at_ns / NS_PER_MS,
        lo_ms: (offset_ns - uncertainty_ns) / NS_PER_MS - READING_MS,
        hi_ms: (offset_ns + uncertainty_ns) / NS_PER_MS + READING_MS,
        words: `${subject}'s own answer in trial ${trial}`,
      },
    ];
  });

/** Where a vantage's own wall clock stands: its anchors tell, of this host's too. */
const recorded = (
  { trial, events, captures }: TrialSight,
  origin: Offset,
): readonly (Bound & { readonly clock: string })[] =>
  captures.flatMap(({ clock, vantage }) => {
    const anchors = events.filter((event) => event.event === 'anchor' && event.vantage === vantage);
    return anchors.flatMap((event) => {
      if (event.event !== 'anchor') return [];
      const own = event.wall_ms - event.at_ns / NS_PER_MS;
      const error = event.uncertainty_ns / NS_PER_MS + READING_MS;
      return [
        {
          by: 'measured' as const,
          clock,
          at_ms: (origin.lo_ms + origin.hi_ms) / 2 + event.at_ns / NS_PER_MS,
          lo_ms: own - error - origin.hi_ms,
          hi_ms: own + error - origin.lo_ms,
          words: `the clock of vantage ${vantage} in trial ${trial}`,
        },
      ];
    });
  });

/** What the run knows that foreign clocks can be held against. */
export const sightOf = (trials: readonly TrialSight[], stated: readonly StatedClock[]): RunSight => {
  const dated = trials.flatMap((trial) => {
    const origin = originOf(trial.events);
    return origin === null ? [] : [{ trial, origin }];
  });
  return {
    changes: dated.flatMap(({ trial, origin }) => [...roleChanges(trial, origin), ...orders(trial, origin)]),
    measured: dated.flatMap(({ trial, origin }) => [...measured(trial, origin), ...recorded(trial, origin)]),
    said: stated.map((each) => ({ ...each, by: 'said', at_ms: null, words: '--clock' })),
  };
};
