import { messageOf } from '../../model/error.js';
import type { StreamOf } from '../../model/plan.js';
import { sendOnSchedule } from '../send/schedule.js';
import type { Flows, RunningStream, StartedStream, StreamContext } from '../send/stream.js';
import { insistedOn, type Engines } from './engines.js';
import type { IcmpSocket } from './icmp-socket.js';
import { startFarPing } from './far-ping.js';
import { startNativeIcmp } from './native-flow.js';
import { requirePingCommand, startPingCommand } from './ping-command.js';

type IcmpFlows = Flows<StreamOf<'icmp'>>;

const startFlow = (context: StreamContext<StreamOf<'icmp'>>, socket: IcmpSocket): RunningStream => {
  const { plan, destination, ledger } = context;
  const id = socket.listen(ledger);
  return {
    inbox: socket,
    ...sendOnSchedule(context, (due) => socket.send(id, ledger, due, destination.address, plan.size)),
    close: () => socket.forget(id),
  };
};

/** Throws Error. */
const startNetPing = async (flows: IcmpFlows, engines: Engines): Promise<StartedStream> => {
  const socket = await engines.socket(flows[0].destination.family);
  return { engine: 'net-ping', running: flows.map((flow) => startFlow(flow, socket)) };
};

/** ICMP echo: by our own engine, by net-ping where there is none, by the system's ping where neither may send; by that of another host where it is told so. */
export const startIcmp = async (flows: IcmpFlows, engines: Engines): Promise<StartedStream> => {
  const [context] = flows;
  const { plan, farPing } = context;
  if (farPing !== undefined) return { engine: 'ping', running: [await startFarPing(context, farPing)] };
  const reasons: string[] = [];
  for (const engine of ['native', 'net-ping'] as const) {
    if (plan.engine !== 'auto' && plan.engine !== engine) continue;
    try {
      return await (engine === 'native'
        ? startNativeIcmp(flows, engines.native())
        : startNetPing(flows, engines));
    } catch (error) {
      if (plan.engine === engine) throw insistedOn(engine, plan, error);
      reasons.push(`${engine}: ${messageOf(error)}`);
    }
  }
  if (reasons.length > 0)
    context.note(`stream ${plan.name}: no raw socket (${reasons.join('; ')}), using the system's ping`);
  await requirePingCommand();
  return { engine: 'ping', running: flows.map(startPingCommand) };
};
