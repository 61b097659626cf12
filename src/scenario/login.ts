import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { HttpLogin, SshLogin } from '../model/login.js';
import { fromMs, type Nanoseconds, ns } from '../model/time.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, type Item, textAt } from '../yaml/raw.js';
import { pathFrom } from '../yaml/reference.js';
import { duration, flag, mapping, text, url, choice, count, hostName, matching } from './field.js';

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
  return inLab ? LAB_KNOWN_HOSTS : resolve(homedir(), '.ssh/known_hosts');
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

/** The system's ssh, which asks nothing and, outside a lab, keeps to its own configuration. */
export const sshPrefix = (written: WrittenVantageLogin, around: Surroundings): string[] => {
  const key =
    written.key === undefined ? (around.inLab ? LAB_KEY : null) : pathFrom(around.file, written.key);
  const checked = written['known-hosts'] !== undefined || around.inLab;
  const knownHosts = checked ? knownHostsOf(written, around) : null;
  const ignore = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
  return [
    'ssh',
    '-o',
    'BatchMode=yes',
    ...(written['host-key'] === 'ignore' ? ignore : []),
    ...(knownHosts === null ? [] : ['-o', `UserKnownHostsFile=${knownHosts}`]),
    ...(written.port === undefined ? [] : ['-p', String(written.port)]),
    ...(key === null ? [] : ['-i', key]),
    written.user === undefined ? written.host : `${written.user}@${written.host}`,
  ];
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
