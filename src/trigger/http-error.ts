import { KnownError, messageOf } from '../model/error.js';
import type { HttpLogin } from '../model/login.js';
import { brief } from '../model/outside.js';

const codeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return '';
  // Several addresses of one name were tried: the last one's cause is as good as any.
  if (error instanceof AggregateError) return codeOf(error.errors.at(-1));
  return 'code' in error ? String(error.code) : '';
};

const UNTRUSTED = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

const TRUST = 'give `ca:` with its authority, or `insecure: true` to trust whoever answers';

/** What went wrong, and what to do about it. */
const causeOf = (error: unknown): readonly [string, string] => {
  const code = codeOf(error);
  if (UNTRUSTED.has(code)) return [`nobody known vouches for the certificate (${code})`, TRUST];
  switch (code) {
    case 'CERT_HAS_EXPIRED':
      return ['the certificate has expired', 'renew it, or `insecure: true` to trust whoever answers'];
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return [
        `the certificate is for another name (${brief(messageOf(error))})`,
        'use a name that it is for in `url`',
      ];
    case 'ECONNREFUSED':
      return ['connection refused', 'check that the API is enabled there, and the port'];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['the name is not known', 'check `url`, or the DNS of this host'];
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return ['no route', 'check the address, and the route of this host'];
    case 'ECONNRESET':
      return ['connection reset', 'check that https is spoken there, and who may connect'];
    default:
      return [brief(messageOf(error)), 'check `url`, and that this host may reach the API'];
  }
};

/** Nothing was sent: no connection came about. */
export const httpError = ({ url }: HttpLogin, error: unknown): KnownError => {
  if (error instanceof KnownError) return error;
  const [what, remedy] = causeOf(error);
  return new KnownError(`${url}: ${what}`, { remedy, cause: error });
};
