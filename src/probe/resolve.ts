import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { KnownError, messageOf } from '../model/error.js';
import type { StreamPlan } from '../model/plan.js';
import { lookUp, systemResolver } from './stream/dns-socket.js';
import type { Destination } from './send/stream.js';

/** A name is resolved once, at the vantage, so that a change of DNS during the trial does not move the stream. */
export const resolveDestination = async (host: string, family: 4 | 6 | null): Promise<Destination> => {
  const literal = isIP(host);
  if (literal !== 0) {
    if (family !== null && family !== literal)
      throw new KnownError(`${host} is not an IPv${family} address`, {
        remedy: 'correct `family:` or the target',
      });
    return { address: host, family: literal as 4 | 6 };
  }
  try {
    const found = await lookup(host, { family: family ?? 0 });
    return { address: found.address, family: found.family as 4 | 6 };
  } catch (error) {
    throw new KnownError(`the name ${host} cannot be resolved: ${messageOf(error)}`, {
      remedy: 'give an address, or mend the name service of the vantage',
      cause: error,
    });
  }
};

/** Where a stream sends to when it begins. Throws KnownError. */
export const destinationOf = async (plan: StreamPlan): Promise<Destination> => {
  const { host, family } = plan;
  const http = plan.type === 'http' && isIP(host) === 0 ? plan.http : null;
  return http === null || (http.resolve === 'once' && http.resolver === null)
    ? resolveDestination(host, family)
    : lookUp(http.resolver ?? systemResolver(), { name: host, record: family === 6 ? 'AAAA' : 'A' });
};
