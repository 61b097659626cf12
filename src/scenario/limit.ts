import { KnownError } from '../model/error.js';
import { AFTERCARE, type Limit, SESSION_METRICS, STREAM_METRICS } from '../model/plan.js';
import { toSeconds } from '../model/time.js';
import { parseDuration } from '../model/duration.js';
import { unknownName } from '../yaml/problem.js';

const TIMES: ReadonlySet<string> = new Set(['longest', 'total', 'span', 'silence', 'stall']);

const valueOf = (metric: Limit['metric'], text: string): number | string => {
  if (metric === 'survived') {
    const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
    if (percent === undefined || Number(percent) > 100) return `"${text}" is not a share from 0% to 100%`;
    return Number(percent) / 100;
  }
  if (metric === 'count' || metric === 'periods')
    return /^\d{1,9}$/.test(text) ? Number(text) : `"${text}" is not a whole number`;
  try {
    return toSeconds(parseDuration(text));
  } catch (error) {
    if (error instanceof KnownError) return `${error.message}; ${error.remedy ?? ''}`;
    throw error;
  }
};

/** Reads one limit, or says in words what is wrong and whether it is the key or the value. */
export const parseLimit = (
  key: string,
  text: string,
  streams: readonly string[],
  sessions: readonly string[],
): Limit | { readonly wrong: string; readonly at: 'key' | 'value' } => {
  const dot = key.lastIndexOf('.');
  if (dot === -1)
    return { wrong: 'a limit is named STREAM.METRIC or SESSION.METRIC, such as ping.longest', at: 'key' };
  const subject = key.slice(0, dot);
  const word = key.slice(dot + 1);
  const isStream = streams.includes(subject);
  const isAll = subject === AFTERCARE && !isStream && !sessions.includes(subject);
  if (!isStream && !isAll && !sessions.includes(subject))
    return { wrong: unknownName(subject, 'a stream or session', [...streams, ...sessions]), at: 'key' };
  const metrics: readonly Limit['metric'][] = isAll
    ? [...STREAM_METRICS, ...SESSION_METRICS]
    : isStream
      ? STREAM_METRICS
      : SESSION_METRICS;
  const metric = metrics.find((each) => each === word);
  if (metric === undefined)
    return {
      wrong: unknownName(
        word,
        `a metric of ${isAll ? 'the aftercare' : isStream ? 'a stream' : 'a session'}`,
        metrics,
      ),
      at: 'key',
    };
  const value = valueOf(metric, text);
  return typeof value === 'string' ? { wrong: value, at: 'value' } : { key, subject, metric, value, text };
};

/** `at most 5s`, `at least 100%`. */
export const limitWords = ({ metric, text }: Limit): string =>
  metric === 'survived' ? `at least ${text}` : `at most ${TIMES.has(metric) ? text : `${text} loss periods`}`;
