import { KnownError, messageOf } from '../../model/error.js';
import type { StreamOf } from '../../model/plan.js';
import { sendOnSchedule } from '../send/schedule.js';
import type { Flows, RunningStream, StartedStream, StreamContext } from '../send/stream.js';
import type { IcmpSocket, IcmpSockets } from './icmp-socket.js';
import { requirePingCommand, startPingCommand } from './ping-command.js';

const startFlow = (context: StreamContext<StreamOf<'icmp'>>, socket: IcmpSocket): RunningStream => {
  const { plan, destination, ledger } = context;
  const id = socket.listen(ledger);
  return {
    inbox: socket,
    ...sendOnSchedule(context, (due) => socket.send(id, ledger, due, destination.address, plan.size)),
    close: () => socket.forget(id),
  };
};

/** ICMP echo, through the raw socket where that is permitted. */
export const startIcmp = async (
  flows: Flows<StreamOf<'icmp'>>,
  sockets: IcmpSockets,
): Promise<StartedStream> => {
  const [context] = flows;
  const { plan, destination } = context;
  if (plan.engine !== 'ping') {
    try {
      const socket = await sockets.of(destination.family);
      return { engine: 'net-ping', running: flows.map((flow) => startFlow(flow, socket)) };
    } catch (error) {
      if (plan.engine === 'net-ping')
        throw new KnownError(`stream ${plan.name}: no raw socket: ${messageOf(error)}`, {
          remedy: 'run as root or with CAP_NET_RAW, or leave `engine:` out to use the system ping',
          cause: error,
        });
      context.note(`stream ${plan.name}: no raw socket (${messageOf(error)}), using the system's ping`);
    }
  }
  await requirePingCommand();
  return { engine: 'ping', running: flows.map(startPingCommand) };
};
