import type { Span } from '../../analysis/twin/lab-model.js';
import type { TimerSetting } from '../../analysis/twin/timer.js';
import type { TimerAdvice } from '../../analysis/twin/timers.js';
import { spellEnds } from '../../analysis/words/format.js';
import { formatDuration } from '../../model/duration.js';
import { NS_PER_S, ns } from '../../model/time.js';

/** `2.00 to 3.00 s` */
export const spellSpan = ({ least_ns, most_ns }: Span): string =>
  spellEnds({ shift: null, lo: least_ns / NS_PER_S, hi: most_ns / NS_PER_S }, ['shorter', 'longer']);

/** `1s x 3`, `15s` */
export const saySetting = ({ every, times, hold }: TimerSetting): string =>
  hold === undefined ? `${formatDuration(ns(every))} x ${times ?? 1}` : formatDuration(ns(hold));

/**
 * `detection is 2.10 to 2.90 s of outages of 2.31 to 3.12 s. heartbeat-interval x heartbeat-threshold (Juniper SRX) is 1s x 3 by
 * default, which makes 2.00 to 3.00 s; …`. What it is set to on the pair, nobody asked.
 */
export const sayAdvice = ({
  driver,
  timer,
  link,
  measured,
  outages,
  usual,
  least,
  isUnusual,
  less,
}: TimerAdvice): string => {
  const begin =
    `${link} is ${spellSpan(measured)} of outages of ${spellSpan(outages)}. ${timer.what} (${driver}) is ` +
    `${saySetting(timer.usual)} by default, which makes ${spellSpan(usual)}`;
  const end = isUnusual
    ? ': more than was measured, so that it is set to something else here'
    : less === null
      ? '; nothing shorter is documented'
      : `; the least that is documented, ${saySetting(timer.least)}, makes ${spellSpan(least)}: ` +
        `${spellSpan(less)} less, if it is at its default here`;
  return `${begin}${end}. Source: ${timer.source}`;
};
