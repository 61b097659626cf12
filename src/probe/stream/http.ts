import { connect, isIPv6, type Socket } from 'node:net';
import { monotonicNow } from '../../clock.js';
import type { StreamOf } from '../../model/plan.js';
import { toMs, type Nanoseconds, ns, NS_PER_S } from '../../model/time.js';
import type { Answer } from '../send/ledger.js';
import { sendOnSchedule } from '../send/schedule.js';
import { portsInTurn } from '../send/source-port.js';
import { ShownValue } from '../send/shown-value.js';
import type { RunningStream, StreamContext, Destination } from '../send/stream.js';
import { openDnsSocket, systemResolver } from './dns-socket.js';
import { openTls, shownCertificate, tlsCause } from '../tls.js';
import { connectFailure } from './tcp.js';

/** Query identifiers of the lookups (RFC 1035 §4.1.1). */
const IDS = 65_536;
/** `HTTP/1.1 200`: what says how the request went (RFC 9112 §4). */
const STATUS_OCTETS = 12;

type Ending = Pick<Answer, 'outcome'> & { readonly cause?: string };

/** An RST proves the path, and so does who fails a handshake, but to this client there is no service: loss with a cause. */
const failure = (error: NodeJS.ErrnoException): Ending => {
  const ofTls = tlsCause(error);
  if (ofTls !== null) return { outcome: 'unreachable', cause: ofTls };
  const { outcome, cause } = connectFailure(error.code ?? error.message);
  return { outcome: outcome === 'refused' ? 'unreachable' : outcome, cause };
};

const statusEnding = (head: string): Ending => {
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1];
  if (status === undefined) return { outcome: 'unreachable', cause: 'no-http' };
  // 5xx: there is no service; what is below was said by the application.
  return status.startsWith('5')
    ? { outcome: 'unreachable', cause: `http-${status}` }
    : { outcome: 'answered' };
};

interface Open {
  readonly due: NodeJS.Timeout;
  socket: Socket | null;
}

/**
 * The application as a new client sees it: each probe finds the address as `resolve` says, opens a connection, asks for
 * `path`, and is answered by the status line. A probe that is lost has the step as its cause that it did not get beyond:
 * `no-dns-answer`, `no-connection`, `no-handshake` (TLS) or `no-response`. Connections are closed by RST, as those of `tcp`.
 */
export const startHttp = async (context: StreamContext<StreamOf<'http'>>): Promise<RunningStream> => {
  const { plan, destination, ledger } = context;
  const { http, port } = plan;
  const source = await openAddressSource(plan.host, http, destination);
  const told = (subject: string): ShownValue => new ShownValue(subject, (change) => context.changed(change));
  const shown = told(plan.host);
  const tls = plan.tls === undefined ? null : await openTls(plan.tls, plan.host, `stream ${plan.name}`);
  const certificate = told(`${plan.host} certificate`);
  const handshake = told(`${plan.host} handshake`);
  const sourcePorts = portsInTurn(plan);
  const open = new Map<number, Open>();
  const wait_ms = Math.ceil(toMs(plan.wait_ns)) + 1;
  const authority = `${isIPv6(plan.host) ? `[${plan.host}]` : plan.host}${port === (tls === null ? 80 : 443) ? '' : `:${port}`}`;
  const request = `GET ${http.path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: seqgap\r\nConnection: close\r\n\r\n`;

  const drop = (seq: number): void => {
    const probe = open.get(seq);
    if (probe === undefined) return;
    open.delete(seq);
    clearTimeout(probe.due);
    if (probe.socket?.connecting === true) probe.socket.destroy();
    else probe.socket?.resetAndDestroy();
  };
  ledger.whenLost(drop);

  const finish = (seq: number, ending: Ending): void => {
    if (!open.has(seq)) return;
    ledger.answer(seq, { ...ending, received: monotonicNow() });
    drop(seq);
  };

  const reach = (seq: number, found: Found): void => {
    const probe = open.get(seq);
    if (probe === undefined) return;
    if ('cause' in found) {
      finish(seq, { outcome: 'unreachable', cause: found.cause });
      return;
    }
    ledger.remark(seq, 'no-connection');
    const below = connect({ host: found.address, port, ...sourcePorts() });
    const secured = tls?.wrap(below) ?? null;
    const socket = secured ?? below;
    probe.socket = below;
    let head = '';
    const ask = (): void => {
      ledger.remark(seq, 'no-response');
      socket.write(request);
    };
    if (secured === null) below.on('connect', ask);
    else {
      below.on('connect', () => ledger.remark(seq, 'no-handshake'));
      secured.on('secureConnect', () => {
        const sent = ledger.sentAt(seq);
        const at = { sent: sent ?? monotonicNow(), received: monotonicNow(), ttl_s: null };
        const seen = shownCertificate(secured);
        if (seen !== null) certificate.take(seq, seen, at);
        if (plan.tls?.resume === true)
          handshake.take(seq, secured.isSessionReused() ? 'resumed' : 'full', at);
        ask();
      });
    }
    socket.on('data', (data) => {
      head += data.toString('latin1', 0, STATUS_OCTETS);
      if (head.length < STATUS_OCTETS && !head.includes('\n')) return;
      const sent = ledger.sentAt(seq);
      const ending = statusEnding(head);
      if (ending.outcome === 'answered' && sent !== null && open.has(seq))
        shown.take(seq, found.address, { sent, received: monotonicNow(), ttl_s: found.ttl_s });
      finish(seq, ending);
    });
    socket.on('end', () => finish(seq, { outcome: 'unreachable', cause: 'closed' }));
    socket.on('error', (error: NodeJS.ErrnoException) => finish(seq, failure(error)));
    if (secured !== null)
      // What fails below is told above; where the handshake has not begun, here alone.
      below.on('error', (error: NodeJS.ErrnoException) => finish(seq, failure(error)));
  };

  const send = (due: Nanoseconds): void => {
    const now = monotonicNow();
    const seq = ledger.sending(due, now);
    open.set(seq, { due: setTimeout(() => ledger.advance(monotonicNow()), wait_ms), socket: null });
    ledger.remark(seq, 'no-dns-answer');
    source.next(seq % IDS, (found) => reach(seq, found), now);
    // Node makes the connect call, or sends the query, in the next tick; this tick is queued behind it.
    process.nextTick(() => ledger.accepted(seq, monotonicNow()));
  };

  return {
    inbox: null,
    ...sendOnSchedule(context, send),
    close: () => {
      for (const seq of open.keys()) drop(seq);
      source.close();
    },
  };
};

/** An address to connect to, or why there is none: the resolver's word. */
export type Found = { readonly address: string; readonly ttl_s: number | null } | { readonly cause: string };

/** Where a client has the address of each connection from. */
export interface AddressSource {
  /** `found` is called at once, or when the resolver has answered; never if it does not. */
  next(id: number, found: (found: Found, now: Nanoseconds) => void, now: Nanoseconds): void;
  close(): void;
}

/** Waiting lookups are few; those of probes that are long lost are forgotten. */
const MOST_WAITING = 1024;

const fixed = (address: string): AddressSource => ({
  next: (_id, found, now) => found({ address, ttl_s: null }, now),
  close: () => {},
});

/**
 * `once`: the address found at the start. `each`: asks the resolver for every connection. `cached`: keeps an answer for
 * its TTL, as a browser, a runtime or a stub resolver does. Throws KnownError.
 */
export const openAddressSource = async (
  host: string,
  { resolve, resolver }: StreamOf<'http'>['http'],
  destination: Destination,
): Promise<AddressSource> => {
  if (resolve === 'once') return fixed(destination.address);
  const waiting = new Map<number, (found: Found, now: Nanoseconds) => void>();
  let cache: { readonly found: Found; readonly until: Nanoseconds } | null = null;
  const settle = (id: number, found: Found, now: Nanoseconds): void => {
    waiting.get(id)?.(found, now);
    waiting.delete(id);
  };
  const socket = await openDnsSocket(
    resolver ?? systemResolver(),
    { name: host, record: destination.family === 4 ? 'A' : 'AAAA' },
    {
      answer: ({ id, rcode, addresses: [address], ttl_s }, now) => {
        if (address === undefined) {
          settle(id, { cause: rcode === 'NOERROR' ? 'dns-no-address' : `dns-${rcode}` }, now);
          return;
        }
        const found = { address, ttl_s };
        if (resolve === 'cached') cache = { found, until: ns(now + (ttl_s ?? 0) * NS_PER_S) };
        settle(id, found, now);
      },
      unreachable: (cause, now) => {
        const [id] = [...waiting.keys()].slice(-1);
        if (id !== undefined) settle(id, { cause: `dns-${cause}` }, now);
      },
    },
  );
  return {
    next: (id, found, now) => {
      if (cache !== null && now < cache.until) {
        found(cache.found, now);
        return;
      }
      waiting.set(id, found);
      for (const old of waiting.keys()) {
        if (waiting.size <= MOST_WAITING) break;
        waiting.delete(old);
      }
      socket.ask(id, (error) => {
        if (error !== null) settle(id, { cause: `dns-${error.code ?? 'error'}` }, now);
      });
    },
    close: () => socket.close(),
  };
};
