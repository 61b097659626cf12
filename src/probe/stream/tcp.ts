import { connect, type Socket } from 'node:net';
import { monotonicNow } from '../../clock.js';
import { toMs, type Nanoseconds } from '../../model/time.js';
import type { Answer } from '../send/ledger.js';
import { localFailure } from '../send/local-failure.js';
import { sendOnSchedule } from '../send/schedule.js';
import type { StreamOf } from '../../model/plan.js';
import { flowPortOf, portsInTurn } from '../send/source-port.js';
import type { RunningStream, StreamContext } from '../send/stream.js';

/** What a failed connect says about the path. */
export const connectFailure = (code: string): Pick<Answer, 'outcome'> & { cause: string } => {
  switch (code) {
    // An RST in answer to the SYN: the far end was reached.
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return { outcome: 'refused', cause: code };
    case 'ETIMEDOUT':
      return { outcome: 'lost', cause: code };
    // From an ICMP error or from a failed neighbour resolution: the kernel does not say which.
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EHOSTDOWN':
    case 'ENETDOWN':
      return { outcome: 'unreachable', cause: code };
    // Ports, descriptors, memory, policy of this host: never loss.
    default:
      return { outcome: 'local-blocked', cause: localFailure(code).cause ?? code };
  }
};

/**
 * New TCP connections: one SYN, answered by SYN-ACK or RST. `wait` stays below the 1 s after which Linux sends the
 * SYN again (RFC 6298 §2.1), so that one probe is one packet. Connections are closed by RST, which leaves no
 * TIME_WAIT behind.
 */
export const startTcp = (context: StreamContext<StreamOf<'tcp'>>): RunningStream => {
  const { plan, destination, ledger } = context;
  // A flow keeps its source port; without flows every connection has a new one.
  const own = plan.flows === 1 ? null : (flowPortOf(plan, context.flow) ?? nextFlowPort());
  const source = own === null ? portsInTurn(plan) : () => ({ localPort: own });
  const open = new Map<number, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>();
  const wait_ms = Math.ceil(toMs(plan.wait_ns)) + 1;

  const drop = (seq: number): void => {
    const probe = open.get(seq);
    if (probe === undefined) return;
    open.delete(seq);
    clearTimeout(probe.timer);
    // While it connects, Node would wait for the connection before it resets it.
    if (probe.socket.connecting) probe.socket.destroy();
    else probe.socket.resetAndDestroy();
  };
  // When the wait is over the kernel must not send for this probe again.
  ledger.whenLost(drop);

  const finish = (seq: number, answer: Answer): void => {
    if (!open.has(seq)) return;
    ledger.answer(seq, answer);
    drop(seq);
  };

  const send = (due: Nanoseconds): void => {
    // Its port must be free: a flow's connection that was not made by now is given up.
    if (plan.flows > 1) for (const seq of open.keys()) finish(seq, { outcome: 'lost', received: null });
    const seq = ledger.sending(due, monotonicNow());
    const socket = connect({
      host: destination.address,
      port: plan.port,
      family: destination.family,
      ...source(),
    });
    open.set(seq, { socket, timer: setTimeout(() => ledger.advance(monotonicNow()), wait_ms) });
    socket.on('connect', () => finish(seq, { outcome: 'answered', received: monotonicNow() }));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(seq, { ...connectFailure(error.code ?? error.message), received: monotonicNow() }),
    );
    // Node makes the connect call in the next tick; this tick is queued behind it.
    process.nextTick(() => ledger.accepted(seq, monotonicNow()));
  };

  return {
    inbox: null,
    ...(own === null ? {} : { sourcePort: own }),
    ...sendOnSchedule(context, send),
    close: () => {
      for (const seq of open.keys()) drop(seq);
    },
  };
};

/** Above what Linux hands out by itself (net.ipv4.ip_local_port_range: 32768 to 60999). */
const [FIRST, LAST] = [61_000, 65_535];

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** A source port for a TCP flow, another one each time. */
export const nextFlowPort = (): number => {
  next = next >= LAST ? FIRST : next + 1;
  return next;
};
