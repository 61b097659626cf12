import { connect, type Socket } from 'node:net';
import { ns } from '../model/time.js';
import { monotonicNow } from '../clock.js';
import type { Answer } from './ledger.js';
import { Schedule } from './schedule.js';
import type { RunningStream, StreamContext } from './stream.js';

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
      return { outcome: 'local-blocked', cause: code };
  }
};

/**
 * New TCP connections: one SYN, answered by SYN-ACK or RST. `wait` stays below the 1 s after which Linux sends the
 * SYN again (RFC 6298 §2.1), so that one probe is one packet. Connections are closed by RST, which leaves no
 * TIME_WAIT behind.
 */
export const startTcp = (context: StreamContext): RunningStream => {
  const { plan, destination, ledger, scheduler } = context;
  const sockets = new Map<number, Socket>();
  const schedule = new Schedule(context.start, plan.every_ns, context.phase);
  let stopped = false;

  const finish = (seq: number, answer: Answer): void => {
    const socket = sockets.get(seq);
    if (socket === undefined) return;
    sockets.delete(seq);
    ledger.answer(seq, answer);
    socket.resetAndDestroy();
  };

  const send = (due: number): void => {
    const seq = ledger.sending(ns(due), monotonicNow());
    const socket = connect({
      host: destination.address,
      port: plan.port as number,
      family: destination.family,
    });
    sockets.set(seq, socket);
    socket.on('connect', () => finish(seq, { outcome: 'answered', received: monotonicNow() }));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(seq, { ...connectFailure(error.code ?? error.message), received: monotonicNow() }),
    );
    // Node makes the connect call in the next tick; this tick is queued behind it.
    process.nextTick(() => ledger.accepted(seq, monotonicNow()));
  };

  /** Sockets of probes whose wait is over: the ledger calls them lost, the kernel must not send for them again. */
  const giveUp = (): void => {
    for (const seq of ledger.overdue(monotonicNow())) finish(seq, { outcome: 'lost', received: null });
  };

  scheduler.add(
    {
      fire: (now) => {
        if (stopped) return null;
        schedule.take(
          now,
          (_slot, due) => send(due),
          (_slot, due) => ledger.missed(due),
        );
        giveUp();
        return schedule.next;
      },
    },
    schedule.next,
  );
  return {
    stop: () => {
      stopped = true;
    },
    close: () => {
      for (const [seq, socket] of sockets) {
        sockets.delete(seq);
        socket.resetAndDestroy();
      }
    },
  };
};
