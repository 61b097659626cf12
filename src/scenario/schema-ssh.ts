import { z } from 'zod';
import { ns } from '../model/time.js';
import { choice, count, duration, flag, hostName, mapping, matching, text } from './field.js';

const user = matching('User to log in as.', /^[^\s@-][^\s@]*$/, 'a user name');
const host = hostName('Host name or address to log in to.');
const port = count('Port of the SSH server; default 22.', 1, 65_535);
const key = text('Path of the private key; "~" and paths relative to the scenario are allowed.');
const knownHosts = text('Path of the known_hosts file to check against; default ~/.ssh/known_hosts.');
const hostKey = choice('"check" the server against known-hosts, or "ignore" who it is; default check.', [
  'check',
  'ignore',
]);

/** How to prove who one is, and who the server has to prove to be. The same for nodes and for SSH sessions. */
export const loginFields = {
  key: key.optional(),
  passphrase: text('Passphrase of the key, as ${env:NAME} or ${file:PATH}.').optional(),
  password: text('Password, as ${env:NAME} or ${file:PATH}.').optional(),
  agent: flag(
    'Use the agent at SSH_AUTH_SOCK; default: yes where neither key nor password is given.',
  ).optional(),
  'known-hosts': knownHosts.optional(),
  'host-key': hostKey.prefault('check'),
};

export const nodeLogin = mapping('How to reach the node by SSH.', {
  host,
  port: port.prefault('22'),
  user,
  ...loginFields,
  timeout: duration('How long a login may take.', ns(1)).prefault('10s'),
});

/** By the system's ssh in batch mode: it asks nothing, so that there is no password here. */
export const vantageLogin = mapping('A host that probes: the agent is started there by the system’s ssh.', {
  host,
  port: port.optional(),
  user: user.optional(),
  key: key.optional(),
  'known-hosts': knownHosts.optional(),
  'host-key': hostKey.prefault('check'),
});

type Login = z.output<z.ZodObject<typeof loginFields>>;
export type WrittenLogin = { readonly [K in keyof Login]?: Login[K] | undefined };
export type WrittenVantageLogin = z.output<typeof vantageLogin>;
