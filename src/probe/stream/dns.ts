import type { StreamOf } from '../../model/plan.js';
import type { Nanoseconds } from '../../model/time.js';
import { monotonicNow } from '../../clock.js';
import { openDnsSocket } from './dns-socket.js';
import { localFailure } from '../send/local-failure.js';
import { sendOnSchedule } from '../send/schedule.js';
import { flowPortOf } from '../send/source-port.js';
import { ShownValue } from '../send/shown-value.js';
import type { RunningStream, StreamContext } from '../send/stream.js';

/** Query identifiers (RFC 1035 §4.1.1). */
const IDS = 65_536;

/** The newest probe below `next` whose query has this identifier; null: none was sent. */
export const seqOfId = (id: number, next: number): number | null => {
  const last = next - 1;
  const seq = last - ((((last - id) % IDS) + IDS) % IDS);
  return seq < 0 ? null : seq;
};

/**
 * Name resolution: each probe is one query to one resolver, in one packet. An answer without an address is no answer
 * to a client: it counts as loss, and its cause is the resolver's word.
 */
export const startDns = async (context: StreamContext<StreamOf<'dns'>>): Promise<RunningStream> => {
  const { plan, destination, ledger } = context;
  const { query, record } = plan.dns;
  const shown = new ShownValue(query, (change) => context.changed(change));
  const socket = await openDnsSocket(
    { address: destination.address, port: plan.port },
    { name: query, record },
    {
      answer: ({ id, rcode, addresses, ttl_s }, received) => {
        const seq = seqOfId(id, ledger.nextSeq);
        if (seq === null) return;
        const sent = ledger.sentAt(seq);
        if (addresses.length === 0) {
          ledger.answer(seq, {
            outcome: 'unreachable',
            received,
            cause: rcode === 'NOERROR' ? 'no-address' : rcode,
          });
          return;
        }
        ledger.answer(seq, { outcome: 'answered', received });
        if (sent !== null) shown.take(seq, addresses.join('+'), { sent, received, ttl_s });
      },
      unreachable: (cause, received) => {
        const seq = ledger.newestWaiting();
        if (seq !== null) ledger.answer(seq, { outcome: 'unreachable', received, cause });
      },
    },
    flowPortOf(plan, context.flow),
  );
  const send = (due: Nanoseconds): void => {
    const seq = ledger.sending(due, monotonicNow());
    socket.ask(seq % IDS, (error) => {
      const now = monotonicNow();
      if (error === null) ledger.accepted(seq, now);
      else if (error.code === 'ECONNREFUSED')
        // The ICMP error that an earlier query brought; this one did not leave.
        ledger.answer(seq, { outcome: 'unreachable', received: now, cause: error.code });
      else ledger.answer(seq, { ...localFailure(error.code ?? error.message), received: null });
    });
  };
  return {
    inbox: context.inboxes.of(socket.socket, destination.family),
    sourcePort: socket.socket.address().port,
    ...sendOnSchedule(context, send),
    close: () => socket.close(),
  };
};
