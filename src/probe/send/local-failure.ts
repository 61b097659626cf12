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

/** Is this one of the host's own addresses? Its own "unreachable" means that a neighbour was not resolved. */
export const isLocalAddress = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address));
