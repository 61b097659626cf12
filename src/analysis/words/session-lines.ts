import type { SessionEnd, WatchedSession } from '../session/watch-sessions.js';
import { sayNth, saySeconds } from './format.js';

/** `in the 2nd of 3 outages`, `12.0 s after the only outage`, `before the first of 3 outages`; empty without any. */
const sayWhere = ({ outage, after_s, outages }: SessionEnd): string => {
  if (outages === 0) return '';
  const which = (nth: string): string =>
    outages === 1 ? 'the only outage' : `the ${nth} of ${outages} outages`;
  if (outage === 0) return ` before ${which('first')}`;
  return after_s === null
    ? ` in ${which(sayNth(outage))}`
    : ` ${saySeconds(after_s)} after ${which(sayNth(outage))}`;
};

const THROUGH: Readonly<Record<number, string>> = { 0: '', 1: ' the outage', 2: ' both outages' };

/**
 * `survived all 3 outages, longest stall 3.15 s (predicted 3.15 s)`, `reset in the 2nd of 3 outages, 21:04:14: connection reset by
 * peer; not opened again`, `not-tested: no outage while it was watched`
 */
export const saySession = ({ row, outages, end }: WatchedSession, time: (utc: string) => string): string => {
  const { verdict, stall_s, stall_predicted_s, error } = row;
  if (end !== null) {
    const when = end.utc === null ? '' : `, ${time(end.utc)}`;
    return `${verdict}${sayWhere(end)}${when}: ${end.detail}; not opened again`;
  }
  const through = verdict === 'not-tested' ? '' : (THROUGH[outages] ?? ` all ${outages} outages`);
  const predicted = stall_predicted_s === null ? '' : ` (predicted ${saySeconds(stall_predicted_s)})`;
  const longest = outages > 1 ? 'longest stall' : 'stall';
  const stall = stall_s === null || stall_s === 0 ? '' : `, ${longest} ${saySeconds(stall_s)}${predicted}`;
  return `${verdict}${through}${stall}${error === null ? '' : `: ${error}`}`;
};
