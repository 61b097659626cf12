import { DAYS, type TriggerPlan, type WindowPlan } from '../model/plan.js';
import { formatDuration } from '../model/duration.js';

const clock = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');

/** `22:00-04:00, fri, sat` */
export const windowWords = ({ from_min, to_min, days }: WindowPlan): string =>
  `${clock(from_min)}-${clock(to_min)}, ${days.length === DAYS.length ? 'every day' : days.join(', ')}`;

/** When and how often, as far as the scenario says it itself: entries of its plan. */
export const pacingEntries = ({ window, guard }: TriggerPlan): [string, string][] => {
  const { flaps, within_ns, pause_ns, wait_ns } = guard;
  const time = within_ns === null ? 'the time that its driver says' : formatDuration(within_ns);
  const rules = [
    ...(flaps === null ? [] : [`at most ${flaps} within ${time}`]),
    ...(pause_ns === null ? [] : [`${formatDuration(pause_ns)} between two`]),
  ];
  const entries: [string, string][] = [];
  if (window !== null)
    entries.push(['window', `only ${windowWords(window)} (${window.timezone ?? 'time of this host'})`]);
  if (rules.length > 0)
    entries.push([
      'guard',
      `failovers over all runs: ${rules.join(', ')}; waited for up to ${formatDuration(wait_ns)}`,
    ]);
  return entries;
};
