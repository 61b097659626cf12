import type { TrialEvent } from '../model/event.js';
import type { SessionPlan } from '../model/plan.js';
import type { OpeningRow } from '../model/record.js';
import { NS_PER_S } from '../model/time.js';
import { medianOf } from './quantile.js';
import { exactly } from './timeline-instant.js';
import { type Milestone, milestone } from './timeline-milestone.js';
import type { PhaseWindow } from './windows.js';

/** When sessions of an entry had their first answer after a stall. */
export type Resumptions = ReadonlyMap<string, readonly number[]>;

/** Of two the first and the last, of more the median too: with thousands of sessions a row each would explain nothing. */
const fewOf = (words: string, at_ns: readonly number[], of: Partial<Milestone>): Milestone[] => {
  const sorted = at_ns.toSorted((a, b) => a - b);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return [];
  const row = (which: string, at: number): Milestone =>
    milestone('session', sorted.length === 1 ? words : `${words} (${which})`, exactly(at), {
      ...of,
      detail: sorted.length === 1 ? null : `of ${sorted.length} sessions`,
    });
  if (sorted.length === 1) return [row('', first)];
  const median = sorted.length === 2 ? [] : [row('median', medianOf(sorted) ?? first)];
  return [row('first', first), ...median, row('last', last)];
};

/** When sessions ended, by entry and by how: `echo`, `reset`. */
const endings = (
  events: readonly TrialEvent[],
  { trigger_ns, cut_ns }: PhaseWindow,
  entries: ReadonlySet<string>,
): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> => {
  const found = new Map<string, Map<string, number[]>>();
  for (const event of events) {
    if (event.event !== 'session-error' || !entries.has(event.session)) continue;
    if (event.at_ns < trigger_ns || event.at_ns >= cut_ns) continue;
    const own = found.get(event.session) ?? new Map<string, number[]>();
    found.set(event.session, own);
    const instants = own.get(event.ending) ?? [];
    own.set(event.ending, instants);
    instants.push(event.at_ns);
  }
  return found;
};

/** Sessions that resumed, that ended, and entries whose new sessions work again. */
export const sessionMilestones = (
  plans: readonly SessionPlan[],
  window: PhaseWindow,
  events: readonly TrialEvent[],
  resumed: Resumptions,
  openings: readonly OpeningRow[],
): readonly Milestone[] => {
  const crossing = plans.filter(({ control }) => !control);
  const entries = new Set(
    crossing.filter(({ openEvery_ns }) => openEvery_ns === null).map(({ name }) => name),
  );
  const ended = endings(events, window, entries);
  return crossing.flatMap(({ name, from }) => {
    const of = { subject: name, vantage: from };
    const works = openings.find(({ session }) => session === name)?.works_again_s ?? null;
    return [
      ...fewOf('resumed', resumed.get(name) ?? [], of),
      ...[...(ended.get(name) ?? [])].flatMap(([ending, at_ns]) => fewOf(ending, at_ns, of)),
      ...(works === null
        ? []
        : [
            milestone(
              'session',
              'new sessions work again',
              exactly(window.trigger_ns + works * NS_PER_S),
              of,
            ),
          ]),
    ];
  });
};
