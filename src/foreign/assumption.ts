import { NS_PER_S } from '../model/time.js';
import type { FormatName } from './reader.js';
import type { StampReader } from './stamp.js';
import { plural } from './targets.js';

/** Where the spacing of sends in a log without times comes from. */
export type IntervalSource = 'option' | 'summary' | 'default';

const s = (value_ns: number): string => `${Number((value_ns / NS_PER_S).toFixed(6))} s`;

const SAID: Readonly<Record<IntervalSource, string>> = {
  option: '--interval',
  summary: "by the log's own summary",
  default: 'the default; --interval says otherwise',
};

/** What the figures of a log without usable times, or without numbers, rest on; a sentence each. */
export const assumptions = (facts: {
  readonly format: FormatName;
  readonly stamps: StampReader;
  readonly assumed_ns: number;
  readonly source: IntervalSource;
  readonly timeout_ns: number;
  readonly interpolated: number;
}): string[] => {
  const { format, stamps, assumed_ns, source, timeout_ns } = facts;
  const said: string[] = [];
  if (format === 'windows')
    said.push(
      'Windows numbers nothing: lines are counted in order' +
        (stamps.kind === null
          ? `; no times: an answered probe is taken to last ${s(assumed_ns)}, an unanswered one ${s(timeout_ns)} ` +
            `(--timeout), or up to ${s(timeout_ns + assumed_ns)} in the upper bound`
          : ''),
    );
  else if (stamps.kind === null)
    said.push(`no times in the log: bounds assume a send every ${s(assumed_ns)} (${SAID[source]})`);
  if (stamps.kind !== null && stamps.resolution_ns >= 1e6)
    said.push(`times are in steps of ${s(stamps.resolution_ns)}: bounds are wider by that at each end`);
  if (stamps.kind === 'local' || stamps.kind === 'time-of-day')
    said.push("times carry no zone: starts are in the log's own time");
  if (stamps.kind !== null && facts.interpolated > 0)
    said.push(
      `when they left is not said for ${plural(facts.interpolated, 'unanswered probe')}: taken from the neighbours`,
    );
  return said;
};

/** One line per delay threshold, with the targets it holds for where there is more than one value. */
export const thresholdNotes = (
  targets: readonly { readonly target: string; readonly threshold_ns: number }[],
): string[] => {
  const names = new Map<number, string[]>();
  for (const { target, threshold_ns } of targets)
    names.set(threshold_ns, [...(names.get(threshold_ns) ?? []), target]);
  return [...names].map(([threshold_ns, those]) => {
    const which = names.size === 1 ? '' : ` (${those.join(', ')})`;
    return `a reply after more than ${s(threshold_ns)} is late${which}`;
  });
};
