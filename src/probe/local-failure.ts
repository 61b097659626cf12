import type { Answer } from './answer.js';

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
