/** How to read a report, in it: whoever opens the file may have no manual. */

export const READ_RUN: readonly string[] = [
  'An outage is an interval. It lasted at least from the first to the last probe that was lost (the dark part of a bar) ' +
    'and at most from the last good probe before to the first good one after (the light edges). The figure is the middle.',
  'Hatched bars are losses, dotted ones late answers, outlined ones silences in which nothing was lost. A bar that runs to ' +
    'the right edge did not end. No loss period is left out: where some are closer than a pixel they are one bar that says ' +
    'how many it stands for.',
  'The line in a stream’s lane is the round-trip time, least and greatest of each step, on one logarithmic scale for all ' +
    'lanes of a trial.',
  'A session’s lane is solid while heartbeats are echoed, and hatched while it waits for an echo; a cross is its end.',
  'A node’s lane is filled where its role was asked for, and outlined by dashes where nobody asked any more. Where an observer ' +
    'polled, the light part is the time in which the change must have been.',
  'Charts: drag or use the arrow keys to move, + and - or Ctrl and the wheel to zoom, 0 for the whole. Tables: press ' +
    'Enter on a heading to sort.',
];

export const READ_POINTS: readonly string[] = [
  'Every trial is a point: a circle is a failover, a diamond a failback, a triangle a failover without state sync. The line ' +
    'through it is its interval, the number beside it its trial. An arrow is a trial that did not recover: longer than that.',
  'The short upright line is the median, an order statistic of the trials that gave a figure; with few trials it says little.',
];
