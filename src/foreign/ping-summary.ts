import { NS_PER_MS } from '../model/time.js';

/** iputils alone says how long it took: `250 packets transmitted, 214 received, 14.4% packet loss, time 4056ms`. */
const SUMMARY = /\b(\d{1,10}) packets transmitted, .* time (\d{1,15})ms/g;

/**
 * The mean interval of the sends by the last summary of a log, from the first send to the last, in nanoseconds;
 * null if there is none. Nearer to the truth than the nominal one: ping's sends drift (iputils#483).
 */
export const summaryInterval = (tail: string): number | null => {
  const summary = [...tail.matchAll(SUMMARY)].at(-1);
  const intervals = Number(summary?.[1]) - 1;
  const took_ms = Number(summary?.[2]);
  return intervals > 0 && took_ms > 0 ? (took_ms * NS_PER_MS) / intervals : null;
};
