import { KnownError, messageOf } from '../../model/error.js';
import type { StreamOf } from '../../model/plan.js';
import { sendOnSchedule } from '../send/schedule.js';
import type { Flows, RunningStream, StartedStream, StreamContext } from '../send/stream.js';
import type { IcmpEngines } from './icmp-engines.js';
import type { IcmpSocket } from './icmp-socket.js';
import { startNativeFlow } from './native-flow.js';
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
const startNative = ([first, ...others]: IcmpFlows, engines: IcmpEngines): StartedStream => {
  const engine = engines.native();
  const { running, stamps } = startNativeFlow(first, engine);
  const started = [running];
  try {
    for (const flow of others) started.push(startNativeFlow(flow, engine).running);
  } catch (error) {
    for (const flow of started) flow.close();
    throw error;
  }
  return { engine: 'native', stamps, running: started };
};

/** Throws Error. */
const startNetPing = async (flows: IcmpFlows, engines: IcmpEngines): Promise<StartedStream> => {
  const socket = await engines.socket(flows[0].destination.family);
  return { engine: 'net-ping', running: flows.map((flow) => startFlow(flow, socket)) };
};

/** Of an engine that a scenario insists on. */
const INSISTED = {
  native: {
    problem: 'the native engine cannot be used',
    remedy: 'see what seqgap doctor says of it, or leave `engine:` out to use what there is',
  },
  'net-ping': {
    problem: 'no raw socket',
    remedy: 'run as root or with CAP_NET_RAW, or leave `engine:` out to use what there is',
  },
} as const;

/** ICMP echo: by our own engine, by net-ping where there is none, by the system's ping where neither may send. */
export const startIcmp = async (flows: IcmpFlows, engines: IcmpEngines): Promise<StartedStream> => {
  const [context] = flows;
  const { plan } = context;
  const reasons: string[] = [];
  for (const engine of ['native', 'net-ping'] as const) {
    if (plan.engine !== 'auto' && plan.engine !== engine) continue;
    try {
      return await (engine === 'native' ? startNative(flows, engines) : startNetPing(flows, engines));
    } catch (error) {
      const { problem, remedy } = INSISTED[engine];
      if (plan.engine === engine)
        throw new KnownError(`stream ${plan.name}: ${problem}: ${messageOf(error)}`, {
          remedy,
          cause: error,
        });
      reasons.push(`${engine}: ${messageOf(error)}`);
    }
  }
  if (reasons.length > 0)
    context.note(`stream ${plan.name}: no raw socket (${reasons.join('; ')}), using the system's ping`);
  await requirePingCommand();
  return { engine: 'ping', running: flows.map(startPingCommand) };
};
