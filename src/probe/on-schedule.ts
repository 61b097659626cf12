import { ns, type Nanoseconds } from '../model/time.js';
import { Schedule } from './schedule.js';
import type { RunningStream, StreamContext } from './stream.js';

/** Sends each slot of a stream's schedule; a slot that was missed becomes a row of its own. */
export const sendOnSchedule = (
  context: StreamContext,
  send: (due: Nanoseconds) => void,
): Pick<RunningStream, 'pace' | 'stop'> => {
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
  return {
    pace: (every_ns) => schedule.pace(ns(Math.max(plan.every_ns, every_ns ?? 0))),
    stop: () => {
      stopped = true;
    },
  };
};
