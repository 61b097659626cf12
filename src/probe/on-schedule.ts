import type { Nanoseconds } from '../model/time.js';
import { Schedule } from './schedule.js';
import type { StreamContext } from './stream.js';

/** Sends each slot of a stream's schedule; a slot that was missed becomes a row of its own. @returns how to stop. */
export const sendOnSchedule = (context: StreamContext, send: (due: Nanoseconds) => void): (() => void) => {
  const { plan, ledger, scheduler, start, phase } = context;
  const schedule = new Schedule(start, plan.every_ns, phase);
  let stopped = false;
  scheduler.add(
    {
      fire: (now) => {
        if (stopped) return null;
        schedule.take(
          now,
          (_slot, due) => send(due),
          (_slot, due) => ledger.missed(due),
        );
        return schedule.next;
      },
    },
    schedule.next,
  );
  return () => {
    stopped = true;
  };
};
