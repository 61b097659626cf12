import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { getServers } from 'node:dns';
import { isIP } from 'node:net';
import { KnownError, messageOf } from '../../model/error.js';
import type { ResolverPlan } from '../../model/plan.js';
import type { Nanoseconds } from '../../model/time.js';
import { monotonicNow } from '../../clock.js';
import { decodeAnswer, encodeQuery, type AddressRecord, type DnsAnswer } from '../../wire/dns-packet.js';
import type { Destination } from '../send/stream.js';

export const DNS_PORT = 53;

/** What is asked of a resolver, again and again. */
export interface Question {
  readonly name: string;
  readonly record: AddressRecord;
}

export interface DnsEvents {
  answer(answer: DnsAnswer, received: Nanoseconds): void;
  /** The host of the resolver, or one on the way, said that it does not get there; not for which query. */
  unreachable(cause: string, received: Nanoseconds): void;
}

/** A UDP socket that asks one resolver one question. Each query is one packet: nothing is sent again. */
export interface DnsSocket {
  /** For its place in the kernel's tables. */
  readonly socket: Socket;
  ask(id: number, done: (error: NodeJS.ErrnoException | null) => void): void;
  close(): void;
}

/** It is connected, so that only the resolver's packets are read and ICMP errors come back. Throws KnownError. */
export const openDnsSocket = async (
  { address, port }: ResolverPlan,
  { name, record }: Question,
  events: DnsEvents,
  sourcePort: number | null = null,
): Promise<DnsSocket> => {
  const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
  try {
    if (sourcePort !== null) {
      const bound = once(socket, 'listening');
      socket.bind(sourcePort);
      await bound;
    }
    const connected = once(socket, 'connect');
    socket.connect(port, address);
    await connected;
  } catch (error) {
    socket.close();
    throw new KnownError(`the resolver ${address} cannot be asked: ${messageOf(error)}`, {
      remedy: 'correct the address of the resolver, the source port, or the routes of the vantage',
      cause: error,
    });
  }
  let open = true;
  socket.on('message', (packet) => {
    const received = monotonicNow();
    const answer = decodeAnswer(packet, record);
    if (answer !== null) events.answer(answer, received);
  });
  socket.on('error', (error: NodeJS.ErrnoException) =>
    events.unreachable(error.code ?? error.message, monotonicNow()),
  );
  return {
    socket,
    ask: (id, done) => {
      if (open) socket.send(encodeQuery(id, name, record), (error) => done(error));
    },
    close: () => {
      if (open) socket.close();
      open = false;
    },
  };
};

/** As `getServers` writes them: `10.0.0.1`, `10.0.0.1:5353`, `2001:db8::1`, `[2001:db8::1]:5353`. */
const parseServer = (text: string): ResolverPlan => {
  if (isIP(text) !== 0) return { address: text, port: DNS_PORT };
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon).replaceAll(/[[\]]/g, ''), port: Number(text.slice(colon + 1)) };
};

/** The first name server of this host. Throws KnownError where none is configured. */
export const systemResolver = (): ResolverPlan => {
  const [first] = getServers();
  if (first === undefined)
    throw new KnownError('no name server is configured at the vantage', {
      remedy: 'name one with `resolver:`',
    });
  return parseServer(first);
};

/** A query may be lost: so many are sent, one after another. */
const TRIES = 3;
const TRY_MS = 1000;

/** The first address of a name, asked for once before a stream begins. Throws KnownError. */
export const lookUp = async (resolver: ResolverPlan, question: Question): Promise<Destination> => {
  for (let id = 0; id < TRIES; id++) {
    const answer = await askOnce(resolver, question, id);
    if (answer === null) continue;
    const [address] = answer.addresses;
    if (address !== undefined) return { address, family: question.record === 'A' ? 4 : 6 };
    throw new KnownError(
      `the name ${question.name} cannot be resolved: ${resolver.address} says ${answer.rcode} and no ${question.record}`,
      { remedy: 'correct the name, `family:` or `resolver:`' },
    );
  }
  throw new KnownError(`the name ${question.name} cannot be resolved: ${resolver.address} does not answer`, {
    remedy: 'correct `resolver:`, or mend the name service',
  });
};

/** null: no answer in time. */
const askOnce = async (resolver: ResolverPlan, question: Question, id: number): Promise<DnsAnswer | null> => {
  let settle: (answer: DnsAnswer | null) => void = () => {};
  const answered = new Promise<DnsAnswer | null>((resolve) => (settle = resolve));
  const socket = await openDnsSocket(resolver, question, {
    answer: (answer) => answer.id === id && settle(answer),
    // The wait goes on: a resolver that is being started may answer the next one.
    unreachable: () => {},
  });
  const late = setTimeout(() => settle(null), TRY_MS);
  socket.ask(id, () => {});
  const answer = await answered;
  clearTimeout(late);
  socket.close();
  return answer;
};
