import { NS_PER_MS, NS_PER_S } from '../../model/time.js';
import type { ReadSettings } from '../reader.js';
import { exactly, type Pace, type Span, upTo } from './series.js';

/** Milliseconds or seconds, with a decimal point or comma, as nanoseconds. */
export const durationOf = (value: string, unit = 'ms'): number => {
  const scale = unit.startsWith('u') || unit.startsWith('µ') ? 1e3 : unit === 's' ? NS_PER_S : NS_PER_MS;
  return Number(value.replace(',', '.')) * scale;
};

/** Of a tool that sends every second unless told otherwise, and the next one after a wait in vain at once or up to an interval later. */
export const everySecond = (
  { interval_ns, timeout_ns }: ReadSettings,
  tool: string,
  byDefault: Span,
): Pace => {
  const wait = timeout_ns === null ? byDefault : exactly(timeout_ns);
  const every_ns = interval_ns ?? NS_PER_S;
  const source = interval_ns === null ? 'its default; --interval says otherwise' : '--interval';
  const waits =
    wait.most_ns === null
      ? 'how long an unanswered one was waited for is not known, where its line does not say, and then the outage has no upper bound (--timeout says it)'
      : `an unanswered one takes ${wait.most_ns / NS_PER_S} s (${timeout_ns === null ? 'its default; --timeout says otherwise' : '--timeout'}), where its line does not say, and up to one interval more`;
  return {
    interval: exactly(every_ns),
    wait,
    pause: upTo(every_ns),
    said: `no times in the log: ${tool} is taken to send every ${every_ns / NS_PER_S} s (${source}); ${waits}`,
  };
};

/** What bounds rest on where no line has a time. */
export const sendsEvery = (
  { interval_ns }: ReadSettings,
  byDefault = 'the default; --interval says otherwise',
): string => {
  const source = interval_ns === null ? byDefault : '--interval';
  return `no times in the log: bounds assume a send every ${(interval_ns ?? NS_PER_S) / NS_PER_S} s (${source})`;
};

/** Of a tool that keeps its interval, whatever comes back. */
export const steady = (settings: ReadSettings, byDefault?: string): Pace => {
  const every = exactly(settings.interval_ns ?? NS_PER_S);
  return { interval: every, wait: every, pause: exactly(0), said: sendsEvery(settings, byDefault) };
};
