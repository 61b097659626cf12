import { networkInterfaces } from 'node:os';
import type { Answer } from './ledger.js';

/** A cause as a word that needs no quoting in CSV. */
export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** What a failed send call means for its probe. Nothing that this host did is ever loss. */
export const localFailure = (message: string): Pick<Answer, 'outcome' | 'cause'> => {
  if (/host unreachable|EHOSTUNREACH|no route to host|host is down/i.test(message))
    return { outcome: 'unresolved', cause: 'EHOSTUNREACH' };
  if (/network is unreachable|ENETUNREACH/i.test(message))
    return { outcome: 'unreachable', cause: 'ENETUNREACH' };
  const code = /\bE[A-Z]{3,}\b/.exec(message)?.[0];
  return { outcome: 'local-blocked', cause: code ?? slug(message) };
};

/** As ICMP and ICMPv6 say of a neighbour that does not answer; only this host itself says so of one of its own. */
const NO_NEIGHBOUR = /(host|address)-unreachable$/;

export const isLocalAddress = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address));

/** What an ICMP error means for its probe; `isLocal`: it is of the very host that sends. */
export const refusedBy = (
  from: string,
  cause: string | null,
  isLocal = isLocalAddress(from),
): Pick<Answer, 'outcome' | 'cause'> => ({
  outcome: cause !== null && NO_NEIGHBOUR.test(cause) && isLocal ? 'unresolved' : 'unreachable',
  cause,
});
