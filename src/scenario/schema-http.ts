import { z } from 'zod';
import { ns } from '../model/time.js';
import { duration, flag, mapping, text, url } from './field.js';

/** How to reach the management API of a node, or of what has its power. */
export const nodeHttp = mapping('How to reach the management API.', {
  url: url(
    'https://HOST, perhaps with a port and a path that every request begins with.',
    /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/,
    'a URL such as https://192.0.2.11 (user and password have keys of their own)',
  ),
  user: text('User of the API.').optional(),
  password: text('Password, as ${env:NAME} or ${file:PATH}.').optional(),
  key: text('API key, as ${env:NAME} or ${file:PATH}.').optional(),
  ca: text(
    'Path of the authorities that may have signed the certificate; default those of this host.',
  ).optional(),
  insecure: flag('Accept any certificate: nobody checks who answers.').prefault('false'),
  timeout: duration('How long a connection may take.', ns(1)).prefault('10s'),
});

export type WrittenHttp = z.output<typeof nodeHttp>;
