import { EXIT, KnownError } from '../model/error.js';
import type { DelayPlan } from '../model/lab-plan.js';
import { formatDuration, parseDuration } from '../model/duration.js';

/** Reads a delay: a duration (`2s`), or the least and the most of one that is drawn anew each time (`2s to 8s`). */
export const parseDelay = (text: string): DelayPlan => {
  const [first = '', second, ...rest] = text.split(/\s+to\s+/);
  const least_ns = parseDuration(first);
  const most_ns = second === undefined ? least_ns : parseDuration(second);
  if (rest.length === 0 && least_ns <= most_ns) return { least_ns, most_ns };
  throw new KnownError(`"${text}" is no delay`, {
    remedy: 'write one duration, or the least and the most as in "2s to 8s"',
    exitCode: EXIT.usage,
  });
};

/** As `parseDelay` reads it. */
export const formatDelay = ({ least_ns, most_ns }: DelayPlan): string =>
  least_ns === most_ns
    ? formatDuration(least_ns)
    : `${formatDuration(least_ns)} to ${formatDuration(most_ns)}`;
