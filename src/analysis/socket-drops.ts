import type { TrialEvent } from '../model/event.js';
import type { StreamPhase } from './flow/stream.js';

type Drops = Extract<TrialEvent, { event: 'socket-drops' }>;

/** A packet of a probe that was sent up to `wait` before may have been among those that were thrown away. */
const isBeside = ({ since_ns, at_ns }: Drops, { figures, plan }: StreamPhase): boolean =>
  figures.periods.some(
    ({ first_ns, last_ns }) => first_ns - plan.wait_ns <= at_ns && last_ns + plan.wait_ns >= since_ns,
  );

const packets = (count: number): string => (count === 1 ? '1 packet was' : `${count} packets were`);

/**
 * Answers that came and were thrown away before they could be read look like loss of the path: one line for each stream
 * whose sockets overflowed in the phase.
 */
export const dropNotes = (events: readonly TrialEvent[], streams: readonly StreamPhase[]): string[] =>
  streams.flatMap((stream) => {
    const { name } = stream.plan;
    const { start_ns, end_ns } = stream.window;
    const own = events.filter(
      (event): event is Drops =>
        event.event === 'socket-drops' &&
        event.stream === name &&
        event.at_ns >= start_ns &&
        event.since_ns < end_ns,
    );
    const count = own.reduce((sum, { drops }) => sum + drops, 0);
    if (count === 0) return [];
    const doubt = own.some((each) => isBeside(each, stream))
      ? ", some of them while it was down: losses there may be the instrument's own"
      : ', none of them while it was down';
    return [`${name}: ${packets(count)} dropped at its own socket, whose buffer was full${doubt}`];
  });
