import type { StreamOf, StreamPlan, StreamType } from '../../model/plan.js';
import type { Flows, StartedStream } from '../send/stream.js';
import { startDns } from './dns.js';
import { startHttp } from './http.js';
import { startIcmp } from './icmp.js';
import type { Engines } from './engines.js';
import { startStamp } from './stamp.js';
import { startTcp } from './tcp.js';

interface Starter<P extends StreamPlan> {
  start(flows: Flows<P>, engines: Engines): Promise<StartedStream>;
}

/** How the streams of each type are sent. */
const STARTERS: { readonly [T in StreamType]: Starter<StreamOf<T>> } = {
  icmp: { start: startIcmp },
  tcp: { start: async (flows) => ({ engine: 'connect', running: flows.map(startTcp) }) },
  stamp: { start: startStamp },
  dns: { start: async ([flow]) => ({ engine: 'udp', running: [await startDns(flow)] }) },
  http: { start: async ([flow]) => ({ engine: 'http', running: [await startHttp(flow)] }) },
};

/** Throws KnownError where the vantage cannot send such a stream. */
export const startStream = (flows: Flows<StreamPlan>, engines: Engines): Promise<StartedStream> => {
  const starter: Starter<StreamPlan> = STARTERS[flows[0].plan.type];
  return starter.start(flows, engines);
};
