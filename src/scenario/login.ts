import * as z from 'zod';
import type { HttpLogin, SshLogin } from '../model/login.js';
import { KnownError } from '../model/error.js';
import { fromMs, type Nanoseconds, ns } from '../model/time.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, type Item, onlyFor, textAt } from '../yaml/raw.js';
import { pathFrom } from '../yaml/reference.js';
import { duration, flag, mapping, text, url, choice, count, hostName, matching } from './field.js';

import {
  checkOptions,
  configuredLogin,
  loginText,
  requireCheckedHops,
  USUAL_KNOWN_HOSTS,
} from '../ssh/configured-login.js';
import { hopsTo, parseHop } from '../ssh/ssh-config.js';
import { USUAL_PORT } from '../ssh/known-hosts.js';

/** Where a lab keeps the key and the host keys of its machines. */
const LAB_KEY = '/run/seqgap/lab/id_ed25519';
const LAB_KNOWN_HOSTS = '/run/seqgap/lab/known_hosts';

/** What a login's defaults depend on. */
export interface Surroundings {
  readonly file: string;
  readonly inLab: boolean;
}

export const keyProblems = (item: Item): Problem[] =>
  textAt(item.value, 'key')?.includes('PRIVATE KEY')
    ? [problem([...item.path, 'key'], 'is the path of a key file, not the key itself')]
    : [];

/** What is wrong with a login beyond its shape. Inside a lab its own key is the default. */
export const loginProblems = (item: Item, inLab: boolean): Problem[] => {
  const means = inLab || has(item, 'key') || has(item, 'password') || textAt(item.value, 'agent') !== 'false';
  return [
    ...keyProblems(item),
    ...(means
      ? []
      : [
          problem([...item.path, 'agent'], 'no way left to log in; give key or password, or leave agent out'),
        ]),
  ];
};

interface Where {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly timeout?: Nanoseconds | undefined;
}

const knownHostsOf = (
  written: Pick<WrittenLogin, 'known-hosts' | 'host-key'>,
  { file, inLab }: Surroundings,
): string | null => {
  if (written['host-key'] === 'ignore') return null;
  if (written['known-hosts'] !== undefined) return pathFrom(file, written['known-hosts']);
  return inLab ? LAB_KNOWN_HOSTS : USUAL_KNOWN_HOSTS;
};

export const sshLogin = (written: WrittenLogin, where: Where, around: Surroundings): SshLogin => {
  const labKey = around.inLab && written.password === undefined && written.agent !== true ? LAB_KEY : null;
  const key = written.key === undefined ? labKey : pathFrom(around.file, written.key);
  return {
    host: where.host,
    port: where.port,
    user: where.user,
    key,
    passphrase: written.passphrase ?? null,
    password: written.password ?? null,
    agent: written.agent ?? (key === null && written.password === undefined),
    knownHosts: knownHostsOf(written, around),
    timeout_ns: where.timeout ?? fromMs(10_000),
  };
};

const jumpFrom = (written: string | readonly string[] | undefined): readonly string[] | null =>
  written === undefined ? null : [written].flat();

/** How a node is reached: by what is written, and where nothing is as ssh's own configuration says; a lab has none. */
export const nodeSshLogin = (written: WrittenNodeLogin, around: Surroundings): SshLogin => {
  const { host, port, user, key, passphrase, password, agent, jump, timeout } = written;
  if (around.inLab) {
    if (user === undefined) throw new Error(`no user for ${host}`);
    return sshLogin(written, { host, port: port ?? USUAL_PORT, user, timeout }, around);
  }
  return configuredLogin({
    host,
    port: port ?? null,
    user: user ?? null,
    key: key === undefined ? null : pathFrom(around.file, key),
    passphrase: passphrase ?? null,
    password: password ?? null,
    agent: agent ?? null,
    knownHosts: written['known-hosts'] === undefined ? null : knownHostsOf(written, around),
    ignoreHostKey: written['host-key'] === 'ignore',
    jump: jumpFrom(jump),
    timeout_ns: timeout ?? null,
  });
};

/** What ssh's configuration says of a host that cannot be heeded, at the place of the host. */
const configurationProblems = (item: Item, read: () => void): Problem[] => {
  try {
    read();
    return [];
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return [
      problem(
        [...item.path, 'host'],
        error.remedy === null ? error.message : `${error.message}; ${error.remedy}`,
      ),
    ];
  }
};

/** What is wrong with the SSH login of a node, whose shape is right or is told of elsewhere. */
export const nodeLoginProblems = (item: Item, around: Surroundings): Problem[] => {
  const { inLab } = around;
  const own = loginProblems(item, inLab);
  if (inLab)
    return [
      ...own,
      ...(has(item, 'user') ? [] : [problem([...item.path, 'user'], 'is missing')]),
      ...onlyFor(item, ['jump'], 'real nodes, not for those of a lab'),
    ];
  const written = nodeLogin.safeParse(item.value);
  return own.length > 0 || !written.success
    ? own
    : configurationProblems(item, () => nodeSshLogin(written.data, around));
};

/** Where an ssh vantage is, as ssh's configuration says; throws KnownError for hops that nobody would check. */
const vantageAt = ({ host, port, user, jump }: WrittenVantageLogin): string => {
  const destination = { host, port: port ?? null, user: user ?? null };
  requireCheckedHops(hopsTo(destination, jumpFrom(jump)));
  const {
    configured: _,
    system: __,
    ...login
  } = configuredLogin({
    ...destination,
    key: null,
    passphrase: null,
    password: null,
    agent: null,
    knownHosts: null,
    ignoreHostKey: false,
    jump: jumpFrom(jump),
    timeout_ns: null,
  });
  return loginText(login);
};

export const vantageLoginProblems = (item: Item, inLab: boolean): Problem[] => {
  const written = vantageLogin.safeParse(item.value);
  return [
    ...keyProblems(item),
    ...(inLab || !written.success ? [] : configurationProblems(item, () => vantageAt(written.data))),
  ];
};

/** The system's ssh, which asks nothing and, outside a lab, keeps to its own configuration but for who is believed. */
export const sshPrefix = (
  written: WrittenVantageLogin,
  around: Surroundings,
): { readonly prefix: string[]; readonly reached?: string } => {
  const { inLab, file } = around;
  const key = written.key === undefined ? (inLab ? LAB_KEY : null) : pathFrom(file, written.key);
  const named = written['known-hosts'] !== undefined || inLab;
  const jump = jumpFrom(written.jump);
  const prefix = [
    'ssh',
    '-o',
    'BatchMode=yes',
    ...checkOptions(written['host-key'] === 'ignore', named ? knownHostsOf(written, around) : null),
    ...(written.port === undefined ? [] : ['-p', String(written.port)]),
    ...(key === null ? [] : ['-i', key]),
    ...(jump === null ? [] : ['-J', jump.join(',')]),
    written.user === undefined ? written.host : `${written.user}@${written.host}`,
  ];
  return inLab ? { prefix } : { prefix, reached: vantageAt(written) };
};

export const httpLogin = (written: WrittenHttp, { file }: Surroundings): HttpLogin => ({
  url: written.url.replace(/\/+$/, ''),
  user: written.user ?? null,
  password: written.password ?? null,
  apiKey: written.key ?? null,
  ca: written.ca === undefined ? null : pathFrom(file, written.ca),
  insecure: written.insecure,
  timeout_ns: written.timeout,
});

/** How to reach the management API of a node, or of what has its power. */
export const nodeHttp = mapping('The management API; for drivers of transport http.', {
  url: url(
    'https://HOST, perhaps with port, and path that begins every request.',
    /^https?:\/\/[^\s/@?#]+(\/[^\s@?#]*)?$/,
    'a URL such as https://192.0.2.11 (user and password have keys of their own)',
  ),
  user: text('User of the API.').optional(),
  password: text('Password, as ${env:NAME} or ${file:PATH}.').optional(),
  key: text('API key, as ${env:NAME} or ${file:PATH}.').optional(),
  ca: text('PEM file of its authorities; default those of this host.').optional(),
  insecure: flag('Accept any certificate: whoever answers gets the credentials.').prefault('false'),
  timeout: duration('How long a connection may take.', ns(1)).prefault('10s'),
});

export type WrittenHttp = z.output<typeof nodeHttp>;

const user = matching(
  'User; default as ssh’s configuration says; needed in a lab.',
  /^[^\s@-][^\s@]*$/,
  'a user name',
);
const host = hostName('Name, address, or alias of ssh’s own configuration.');
const port = count('Port; default as ssh’s configuration says, or 22.', 1, 65_535);
const key = text('Private key file; "~", or relative to the scenario.');
const knownHosts = text('File to check the server by; default ~/.ssh/known_hosts, in a lab its own.');
const hop = z
  .string()
  .refine((text) => parseHop(text) !== null, {
    error: ({ input }) => `"${String(input)}" is no hop; write it like user@host:22`,
  })
  .meta({ description: 'An SSH server on the way.' });
const jump = z.union([hop, z.array(hop).min(1, 'needs at least one hop')]).meta({
  description: 'SSH servers on the way, nearest first: user@host:port; default as ssh’s configuration says.',
});
const hostKey = choice('"ignore": never ask who the server is; default check.', ['check', 'ignore']);

/** How to prove who one is, and who the server has to prove to be. The same for nodes and for SSH sessions. */
export const loginFields = {
  key: key.optional(),
  passphrase: text('Of the key, as ${env:NAME} or ${file:PATH}.').optional(),
  password: text('Password, as ${env:NAME} or ${file:PATH}.').optional(),
  agent: flag('Use the agent at SSH_AUTH_SOCK; default: without key and password.').optional(),
  'known-hosts': knownHosts.optional(),
  'host-key': hostKey.prefault('check'),
};

export const nodeLogin = mapping('The SSH login; for drivers of transport ssh and shell.', {
  host,
  port: port.optional(),
  user: user.optional(),
  jump: jump.optional(),
  ...loginFields,
  timeout: duration(
    'How long a login, hops and all, may take; default ConnectTimeout, or 10s.',
    ns(1),
  ).optional(),
});

/** By the system's ssh in batch mode: it asks nothing, so that there is no password here. */
export const vantageLogin = mapping('By the system’s ssh in batch mode: keys or agent, no password.', {
  host,
  port: port.optional(),
  user: user.optional(),
  jump: jump.optional(),
  key: key.optional(),
  'known-hosts': knownHosts.optional(),
  'host-key': hostKey.prefault('check'),
});

type Login = z.output<z.ZodObject<typeof loginFields>>;
export type WrittenLogin = { readonly [K in keyof Login]?: Login[K] | undefined };
export type WrittenNodeLogin = z.output<typeof nodeLogin>;
export type WrittenVantageLogin = z.output<typeof vantageLogin>;
