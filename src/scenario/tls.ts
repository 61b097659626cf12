import { isIP } from 'node:net';
import * as z from 'zod';
import type { TlsPlan } from '../model/plan.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, type Item, itemIn, onlyFor, textAt } from '../yaml/raw.js';
import { pathFrom } from '../yaml/reference.js';
import { flag, hostName, mapping, text } from './field.js';

const PLAIN_PORT = 80;
const TLS_PORT = 443;

/** TLS below HTTP, as written. */
export const tls = z
  .union([
    flag('TLS or not.'),
    mapping('TLS, and how.', {
      'server-name': hostName(
        'Name to ask for (SNI) and find in the certificate; default that of the target.',
      ).optional(),
      ca: text('PEM file of its authorities; default the system’s.').optional(),
      cert: text('PEM file of the client’s certificate.').optional(),
      key: text('PEM file of its key, without passphrase.').optional(),
      resume: flag('Streams: resume the session before; default: a full handshake each time.').optional(),
    }),
  ])
  .meta({
    description:
      'http: TLS, true or how. Certificates are checked, HTTP/1.1 alone offered (ALPN); files are the vantage’s.',
  });

type WrittenTls = z.output<typeof tls>;

/** Whether an entry as written speaks TLS. */
const speaksTls = ({ value }: Item): boolean =>
  Object.hasOwn(value, 'tls') && textAt(value, 'tls') !== 'false';

export const webPortOf = (item: Item): number => (speaksTls(item) ? TLS_PORT : PLAIN_PORT);
export const webPort = (written: WrittenTls | undefined): number =>
  written === undefined || written === false ? PLAIN_PORT : TLS_PORT;

export const tlsProblems = (item: Item, lasting: boolean): Problem[] => {
  const given = itemIn(item.value, 'tls', [...item.path, 'tls']);
  if (given === null) return [];
  const missing = ['cert', 'key'].filter((key) => !has(given, key));
  return [
    ...(missing.length === 1
      ? [problem([...given.path, ...missing], 'is missing; `cert` and `key` go together')]
      : []),
    ...(textAt(given.value, 'key')?.includes('PRIVATE KEY')
      ? [problem([...given.path, 'key'], 'is the path of a key file, not the key itself')]
      : []),
    ...(isIP(textAt(given.value, 'server-name') ?? '') === 0
      ? []
      : [problem([...given.path, 'server-name'], 'is an address; SNI takes names (RFC 6066 §3)')]),
    ...(lasting ? onlyFor(given, ['resume'], 'streams: a session keeps its connection') : []),
  ];
};

/** Left out of the plan where it is plain text. */
export const tlsPlan = (written: WrittenTls | undefined, file: string): { readonly tls?: TlsPlan } => {
  if (written === undefined || written === false) return {};
  const { 'server-name': serverName, ca, cert, key, resume } = written === true ? {} : written;
  return {
    tls: {
      serverName: serverName ?? null,
      ca: ca === undefined ? null : pathFrom(file, ca),
      client:
        cert === undefined || key === undefined
          ? null
          : { cert: pathFrom(file, cert), key: pathFrom(file, key) },
      resume: resume ?? false,
    },
  };
};

export const tlsWords = (plan: TlsPlan | undefined): string => {
  if (plan === undefined) return '';
  const { serverName, client, resume } = plan;
  return [
    ' over TLS',
    ...(serverName === null ? [] : [` (${serverName})`]),
    ...(client === null ? [] : [' with a client certificate']),
    ...(resume ? [', resumed'] : []),
  ].join('');
};
