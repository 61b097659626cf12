import { fromMs } from '../../model/time.js';
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

/** It sent all the while: what it lost, or did not lose, is known. */
const hasSeenAll = ({ flows }: StreamPhase): boolean =>
  flows.every((own) => hidingHole(own) === 0 && own.holes.atEnd_ns === 0);

/** Another stream of the same kind to the same host saw the time in which this one sent nothing, and decides. */
export const isCovered = (stream: StreamPhase, others: readonly StreamPhase[]): boolean =>
  others.some(
    (other) =>
      other !== stream &&
      !other.plan.control &&
      other.plan.type === stream.plan.type &&
      other.plan.host === stream.plan.host &&
      hasSeenAll(other),
  );
