import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { monotonicNow } from '../../clock.js';
import { KnownError, messageOf } from '../../model/error.js';
import type { Nanoseconds } from '../../model/time.js';
import { StampSessions } from '../../reflect/stamp.js';
import { insistedOn, type Engines } from './engines.js';
import { startNativeStamp } from './native-flow.js';
import { type Sending, type StampContext, StampFlow, type SendDatagram, strangersTo } from './stamp-flow.js';
import { ssidOf } from '../../wire/stamp-packet.js';
import { flowPortOf } from '../send/source-port.js';
import type { Flows, RunningStream, StartedStream } from '../send/stream.js';
import type { StreamOf } from '../../model/plan.js';

type StampFlows = Flows<StreamOf<'stamp'>>;

const RECEIVE_BUFFER = 4 * 2 ** 20;
/** What the kernel says of an ICMP error; which probe it quotes it keeps to itself. */
const causeOf = (code: string | undefined): string => {
  if (code === 'ECONNREFUSED') return 'port-unreachable';
  return code === 'ENOPROTOOPT' ? 'protocol-unreachable' : (code ?? 'unknown');
};

const openSocket = (family: 4 | 6): Socket =>
  createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    recvBufferSize: RECEIVE_BUFFER,
    // Addresses only: names were resolved once.
    lookup: (address, _options, done) => done(null, address, family),
  });

const failed = ({ plan }: StampContext, what: string, error: unknown): KnownError =>
  new KnownError(`stream ${plan.name}: ${what}: ${messageOf(error)}`, {
    remedy: 'see whether the vantage has the route and the right to the port, and nobody else holds it',
    cause: error,
  });

/**
 * A sender with a socket of its own. It is connected: answers from another address or port are not for it, and ICMP
 * errors are told.
 */
const startFlow = async (context: StampContext): Promise<RunningStream> => {
  const { plan, destination, clock } = context;
  const flow = new StampFlow(context);
  const socket = openSocket(destination.family);
  socket.on('error', (error: NodeJS.ErrnoException) => flow.unreachable(causeOf(error.code), monotonicNow()));
  try {
    const port = flowPortOf(plan, context.flow);
    if (port !== null) {
      const bound = once(socket, 'listening');
      socket.bind(port);
      await bound;
    }
    const opened = once(socket, 'connect');
    socket.connect(plan.port, destination.address);
    await opened;
  } catch (error) {
    socket.close();
    throw failed(context, `no UDP socket to ${destination.address}`, error);
  }
  const sessions = plan.stamp.end === 'near' ? new StampSessions(clock) : null;
  const stranger = strangersTo(context);
  socket.on('message', (packet: Buffer, peer: RemoteInfo) => {
    const received = monotonicNow();
    if (sessions !== null && ssidOf(packet) === flow.peerSsid) {
      const answer = sessions.answer(packet, peer, received);
      // An answer that cannot be sent is lost like any other.
      if (answer !== null) socket.send(answer, () => {});
    } else if (!flow.take(packet, received)) stranger(packet.length);
  });
  const send: SendDatagram = (packet, seq, done) =>
    socket.send(packet, (error) => {
      if (error === null) return done(null);
      // The kernel tells of an earlier probe's ICMP error in place of sending this one; what comes again is its own.
      socket.send(packet, (again) => {
        if (again === null)
          flow.unreachable(causeOf((error as NodeJS.ErrnoException).code), monotonicNow(), seq);
        done(again);
      });
    });
  return {
    inbox: context.inboxes.of(socket, destination.family),
    sourcePort: socket.address().port,
    ...flow.start(send),
    close: () => socket.close(),
  };
};

/**
 * The far end of a stream: one socket that near ends reach. It reflects what they send, and sends by itself to where
 * the newest probe of a flow came from: over the same path, and through whatever holds state for it.
 */
const startFar = async (contexts: StampFlows): Promise<RunningStream> => {
  const [context] = contexts;
  const { plan, destination, clock } = context;
  const socket = openSocket(destination.family);
  try {
    const bound = once(socket, 'listening');
    socket.bind(plan.port, destination.family === 4 ? '0.0.0.0' : '::');
    await bound;
  } catch (error) {
    socket.close();
    throw failed(context, `cannot listen on UDP port ${plan.port}`, error);
  }
  socket.on('error', () => {});
  const sessions = new StampSessions(clock);
  const flows = contexts.map((each) => new StampFlow(each));
  const byPeer = new Map(flows.map((flow) => [flow.peerSsid, flow]));
  const bySsid = new Map(flows.map((flow) => [flow.ssid, flow]));
  const peers = new Map<StampFlow, RemoteInfo>();
  const sending = new Map<StampFlow, Sending>();
  let paced: Nanoseconds | null = null;
  let stopped = false;

  const begin = (flow: StampFlow): void => {
    const send: SendDatagram = (packet, _seq, done) => {
      const { port, address } = peers.get(flow) as RemoteInfo;
      socket.send(packet, port, address, done);
    };
    const begun = flow.start(send);
    begun.pace(paced);
    sending.set(flow, begun);
  };

  socket.on('message', (packet: Buffer, peer: RemoteInfo) => {
    const received = monotonicNow();
    const ssid = ssidOf(packet) ?? -1;
    const asked = byPeer.get(ssid);
    if (asked === undefined) {
      bySsid.get(ssid)?.take(packet, received);
      return;
    }
    const answer = sessions.answer(packet, peer, received);
    if (answer === null) return;
    socket.send(answer, peer.port, peer.address, () => {});
    peers.set(asked, peer);
    if (!stopped && !sending.has(asked)) begin(asked);
  });
  return {
    inbox: context.inboxes.of(socket, destination.family),
    pace: (every_ns) => {
      paced = every_ns;
      for (const each of sending.values()) each.pace(every_ns);
    },
    stop: () => {
      stopped = true;
      for (const each of sending.values()) each.stop();
    },
    close: () => socket.close(),
  };
};

/** By sockets of Node. */
const startUdp = async (contexts: StampFlows): Promise<StartedStream> => {
  if (contexts[0].plan.stamp.end === 'far') return { engine: 'udp', running: [await startFar(contexts)] };
  const running: RunningStream[] = [];
  try {
    for (const context of contexts) running.push(await startFlow(context));
  } catch (error) {
    for (const flow of running) {
      flow.stop();
      flow.close();
    }
    throw error;
  }
  return { engine: 'udp', running };
};

/**
 * UDP test packets after RFC 8762 and 8972, answered by a reflector that numbers its answers: which way a packet was
 * lost can then be told from the raw history. By our own engine; where there is none, or both ends send over one socket, by
 * Node's sockets.
 */
export const startStamp = async (flows: StampFlows, engines: Engines): Promise<StartedStream> => {
  const [{ plan }] = flows;
  if (plan.engine === 'udp' || plan.stamp.end !== null) return startUdp(flows);
  try {
    return startNativeStamp(flows, engines.native());
  } catch (error) {
    if (plan.engine === 'native') throw insistedOn('native', plan, error);
    return startUdp(flows);
  }
};
