import type { TrialEvent } from '../model/event.js';
import type { StreamPhase } from './stream.js';
import { exactly } from './timeline-instant.js';
import { type Milestone, milestone } from './timeline-milestone.js';
import { clockError, outageEdges } from './timeline-outage.js';

/**
 * When a stream stopped, had its first reply again, and was back for good: of its worst flow. The first reply is the
 * answer to the first good probe after the first period, the recovery the end of the last one. Where the recovery was
 * not seen, or none held, its upper end is not known.
 */
export const trafficMilestones = (stream: StreamPhase, events: readonly TrialEvent[]): readonly Milestone[] =>
  edgesOf(stream, events, { loss: 'first-loss', recovery: 'recovery' });

/** When an aftercare began, and which streams stopped in it. */
export const aftercareMilestones = (
  streams: readonly StreamPhase[],
  events: readonly TrialEvent[],
): readonly Milestone[] => {
  const [first] = streams;
  if (first === undefined) return [];
  const words = { loss: 'aftercare-loss', recovery: 'aftercare-recovery' };
  return [
    milestone('pair', 'aftercare', exactly(first.window.start_ns)),
    ...streams.filter(({ plan }) => !plan.control).flatMap((stream) => edgesOf(stream, events, words)),
  ];
};

const edgesOf = (
  stream: StreamPhase,
  events: readonly TrialEvent[],
  words: { readonly loss: string; readonly recovery: string },
): readonly Milestone[] => {
  const { plan, worst, figures } = stream;
  const [first, last] = [figures.periods[0], figures.periods.at(-1)];
  if (first === undefined || last === undefined) return [];
  const clock_ns = clockError(events, plan.from);
  const of = { subject: plan.name, vantage: plan.from };
  const { begin } = outageEdges(worst, first, clock_ns, figures.uncertainty);
  const { end } = outageEdges(worst, last, clock_ns, figures.uncertainty);
  const flows = plan.flows === 1 ? null : `the worst of ${plan.flows} flows`;
  const periods = figures.periods.length === 1 ? null : `after ${figures.periods.length} loss periods`;
  const unsteady = figures.recovery === 'unsteady';
  const seen = Number.isFinite(end.at_ns) && !unsteady;
  const instant = seen ? end : { lo_ns: end.lo_ns, at_ns: end.lo_ns, hi_ns: Infinity };
  const reply_ns = first.recovered_ns;
  const missing = unsteady ? 'none held' : 'not seen';
  const detail = [seen ? null : missing, periods, flows].filter((part) => part !== null).join(', ');
  return [
    milestone('traffic', words.loss, begin, { ...of, detail: flows }),
    ...(reply_ns === null || stream.window.part === 'aftercare'
      ? []
      : [
          milestone(
            'traffic',
            'first-reply',
            { lo_ns: reply_ns - clock_ns, at_ns: reply_ns, hi_ns: reply_ns + clock_ns },
            { ...of, detail: flows },
          ),
        ]),
    milestone('traffic', words.recovery, instant, { ...of, detail: detail === '' ? null : detail }),
  ];
};
