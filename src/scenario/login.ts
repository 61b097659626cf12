import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { HttpLogin, SshLogin } from '../model/login.js';
import { fromMs, type Nanoseconds } from '../model/time.js';
import { type Problem, problem } from '../yaml/problem.js';
import { has, type Item, textAt } from '../yaml/raw.js';
import { pathFrom } from '../yaml/reference.js';
import type { WrittenHttp } from './schema-http.js';
import type { WrittenLogin, WrittenVantageLogin } from './schema-ssh.js';

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
