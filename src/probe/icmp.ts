import type { IcmpSocket } from './icmp-socket.js';
import { sendOnSchedule } from './on-schedule.js';
import type { RunningStream, StreamContext } from './stream.js';

/** ICMP echo through the raw socket. */
export const startIcmp = (context: StreamContext, socket: IcmpSocket): RunningStream => {
  const { plan, destination, ledger } = context;
  const id = socket.listen(ledger);
  return {
    inbox: socket,
    ...sendOnSchedule(context, (due) => socket.send(id, ledger, due, destination.address, plan.size)),
    close: () => socket.forget(id),
  };
};
