import type { HttpProbePlan } from '../model/plan.js';
import { ns, NS_PER_S, type Nanoseconds } from '../model/time.js';
import { openDnsSocket, systemResolver } from './dns-socket.js';
import type { Destination } from './stream.js';

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
  { resolve, resolver }: HttpProbePlan,
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
