import type { HttpProbePlan, StreamPlan } from '../model/plan.js';
import { address } from './place-words.js';
import { familyOf } from './target.js';

const RESOLVES = {
  once: 'whose address is asked for once',
  each: 'whose address is asked for each time',
  cached: 'whose address is kept for its TTL',
} as const;

const httpWords = (host: string, { path, resolve, resolver }: HttpProbePlan): string => {
  const by =
    resolver === null
      ? ''
      : ` (by ${address(resolver.address, resolver.port === 53 ? null : resolver.port)})`;
  return `a GET of ${path} on a new connection${familyOf(host) === null ? `, ${RESOLVES[resolve]}${by},` : ''}`;
};

/** What a probe of a stream is: `a new TCP connection`. */
export const meansWords = ({ type, engine, host, dns, http }: StreamPlan): string => {
  if (dns !== undefined) return `a query for ${dns.query} ${dns.record}`;
  if (http !== undefined) return httpWords(host, http);
  if (type === 'tcp') return 'a new TCP connection';
  if (type === 'stamp') return 'a STAMP probe';
  return `an ICMP echo request${engine === 'auto' ? '' : ` (sent by ${engine})`}`;
};
