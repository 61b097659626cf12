import { Resolver } from 'node:dns/promises';
import { NONE } from '../model/observe-plan.js';
import { KnownError } from '../model/error.js';
import type { ObserveSource } from '../model/observe-plan.js';
import { toMs, type Nanoseconds } from '../model/time.js';
import { valueOf } from '../trigger/ask/extract.js';
import type { Asker, Seen } from './source.js';

type DnsSource = ObserveSource & { readonly kind: 'dns' };

/** A query that is lost is sent again after this, within the observer's timeout. */
const TRY_MS = 1000;
const TRIES = 3;

/** What a resolver says when there is nothing: RFC 1035 §4.1.1 (name error), RFC 2308 §2.2 (no data). */
const NOTHING: Readonly<Record<string, string>> = { ENOTFOUND: 'NXDOMAIN', ENODATA: NONE };

const FAILURES: Readonly<Record<string, string>> = {
  ETIMEOUT: 'no answer',
  ECONNREFUSED: 'nothing listens there',
  ESERVFAIL: 'SERVFAIL',
  EREFUSED: 'REFUSED',
  ECANCELLED: 'given up',
};

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

const resolve = async (resolver: Resolver, { name, type }: DnsSource): Promise<Seen> => {
  if (type === 'CNAME') return { subject: name, value: valueOf(await resolver.resolveCname(name)) ?? NONE };
  const records =
    type === 'A'
      ? await resolver.resolve4(name, { ttl: true })
      : await resolver.resolve6(name, { ttl: true });
  return {
    subject: name,
    value: valueOf(records.map(({ address }) => address)) ?? NONE,
    detail: `TTL ${Math.min(...records.map(({ ttl }) => ttl))} s`,
  };
};

/**
 * The addresses that a resolver gives for a name. Each poll has a resolver of its own: c-ares keeps answers for their
 * TTL, and what it kept would hide the change (its query cache belongs to one resolver).
 */
export const dnsAsker = ({ timeout_ns }: { readonly timeout_ns: Nanoseconds }, source: DnsSource): Asker => ({
  subject: source.name,
  ask: async (signal) => {
    const resolver = new Resolver({ timeout: Math.min(TRY_MS, toMs(timeout_ns)), tries: TRIES });
    if (source.resolver !== null) resolver.setServers([source.resolver]);
    signal.addEventListener('abort', () => resolver.cancel(), { once: true });
    try {
      return [await resolve(resolver, source)];
    } catch (error) {
      const code = codeOf(error);
      const nothing = NOTHING[code];
      if (nothing !== undefined) return [{ subject: source.name, value: nothing }];
      const from = source.resolver === null ? '' : ` from ${source.resolver}`;
      throw new KnownError(`${source.type} of ${source.name}${from}: ${FAILURES[code] ?? code}`, {
        cause: error,
      });
    }
  },
});
