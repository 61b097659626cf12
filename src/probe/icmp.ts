import { Schedule } from './schedule.js';
import type { IcmpSocket } from './icmp-socket.js';
import type { RunningStream, StreamContext } from './stream.js';

/** ICMP echo through the raw socket. */
export const startIcmp = (context: StreamContext, socket: IcmpSocket): RunningStream => {
  const { plan, destination, ledger, scheduler } = context;
  const id = socket.listen(ledger);
  const schedule = new Schedule(context.start, plan.every_ns, context.phase);
  let stopped = false;
  scheduler.add(
    {
      fire: (now) => {
        if (stopped) return null;
        schedule.take(
          now,
          (_slot, due) => socket.send(id, ledger, due, destination.address, plan.size),
          (_slot, due) => ledger.missed(due),
        );
        return schedule.next;
      },
    },
    schedule.next,
  );
  return {
    stop: () => {
      stopped = true;
    },
    close: () => socket.forget(id),
  };
};
