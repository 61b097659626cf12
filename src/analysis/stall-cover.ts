import { fromMs } from '../model/time.js';
import type { FlowWindow } from './flow-window.js';
import type { StreamPhase } from './stream.js';

/** In a hole in sends longer than this a whole outage may hide. */
const leastOf = ({ manner }: FlowWindow): number => Math.max(5 * manner.interval_ns, fromMs(50));

/** The longest hole in sends between the trigger and the end of the wait in which an outage may hide; 0: none. */
export const hidingHole = (own: FlowWindow): number => {
  const { longestAfterTrigger_ns } = own.holes;
  // Without a trigger nobody waits for an outage: what a log does not tell of is no part of it.
  if (own.window.trigger_ns === -Infinity) return 0;
  return longestAfterTrigger_ns > leastOf(own) ? longestAfterTrigger_ns : 0;
};

/** The stream sent all the while and lost nothing in this time. */
const sawClean = ({ flows }: StreamPhase, from_ns: number, to_ns: number): boolean =>
  flows.every(
    (own) =>
      hidingHole(own) === 0 &&
      own.holes.atEnd_ns === 0 &&
      own.periods.every(({ first_ns, last_ns }) => last_ns < from_ns || first_ns > to_ns),
  );

/** Other streams of the same kind to the same host saw the whole of this stream's hole, and no loss in it. */
export const isCovered = (stream: StreamPhase, others: readonly StreamPhase[]): boolean =>
  stream.flows.every((own) => {
    const { longestAfterTrigger_ns, longestAfterTriggerFrom_ns: from_ns } = own.holes;
    return (
      hidingHole(own) === 0 ||
      others.some(
        (other) =>
          other !== stream &&
          !other.plan.control &&
          other.plan.type === stream.plan.type &&
          other.plan.host === stream.plan.host &&
          sawClean(other, from_ns, from_ns + longestAfterTrigger_ns),
      )
    );
  });
