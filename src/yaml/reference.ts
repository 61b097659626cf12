import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { isPair, isSeq, type Pair, type Scalar, visit } from 'yaml';
import { usage } from '../model/error.js';
import { LEAST_SECRET, registerSecret, registerUrlSecrets } from '../model/secret.js';
import { readUserFileNow, Unreadable } from '../user-file.js';
import { type KeyPath, type Problem, problem } from './problem.js';
import type { Source } from './source.js';

/** Keys whose value is a secret by its nature and may not stand in the scenario as such. */
const SECRET_KEYS: ReadonlySet<unknown> = new Set(['password', 'passphrase']);

/** The `key` of an API is the key itself, also that of an observer or a stop condition; that of SSH is the path of a file. */
const isSecret = (path: KeyPath): boolean =>
  SECRET_KEYS.has(path.at(-1)) ||
  (path.at(-1) === 'key' && (path.at(-2) === 'http' || path[0] === 'observe' || path[1] === 'stop-when'));

/** `absent`: it is not there, which is no mistake where secrets are not to be. */
type Lookup = { readonly value: string } | { readonly wrong: string; readonly absent?: true };

/** `~` and paths relative to the scenario, made absolute. */
export const pathFrom = (scenarioFile: string, path: string): string =>
  path === '~' || path.startsWith('~/')
    ? resolve(homedir(), path.slice(2))
    : resolve(dirname(scenarioFile), path);

const fromEnvironment = (name: string, env: NodeJS.ProcessEnv): Lookup => {
  const value = env[name];
  if (value === undefined) return { wrong: `the environment variable ${name} is not set`, absent: true };
  return value === '' ? { wrong: `the environment variable ${name} is empty`, absent: true } : { value };
};

/** Octets: a key or a token is far smaller, and what is larger is another file. */
const MOST_SECRET = 64 * 1024;

/** @param base what a path is relative to */
const fromFile = (path: string, file: string, base: string): Lookup => {
  try {
    const octets = readUserFileNow(pathFrom(file, path), MOST_SECRET);
    const value = octets.toString('utf8').replace(/\r?\n$/, '');
    if (value.includes('\0')) return { wrong: `cannot read ${path}: holds a NUL octet, so it is no text` };
    return value === '' ? { wrong: `the file ${path} is empty` } : { value };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const wrong = `cannot read ${path}: ${error.message}`;
    if (error.code !== 'ENOENT') return { wrong };
    return { wrong: `${wrong} (a path is relative to ${base})`, absent: true };
  }
};

const lookUp = (body: string, file: string, env: NodeJS.ProcessEnv, base = 'the scenario'): Lookup => {
  const [, kind, name] = /^(env|file):(.+)$/.exec(body) ?? [];
  if (kind === 'env' && name !== undefined) return fromEnvironment(name, env);
  if (kind === 'file' && name !== undefined) return fromFile(name, file, base);
  return {
    wrong: `"\${${body}}" is neither \${env:NAME} nor \${file:PATH}; a literal "\${" is written "$\${"`,
  };
};

/**
 * What `env:NAME` or `file:PATH` of an option stands for; it is a secret from then on. `where`: the option. Throws KnownError
 * (usage), also for a secret that is given as it is: it would stand in the list of processes.
 */
export const readReference = (written: string, where: string): string => {
  const found = lookUp(written, resolve('command-line'), process.env, 'this folder');
  if ('value' in found) {
    registerSecret(found.value);
    return found.value;
  }
  if (/^(?:env|file):./.test(written)) throw usage(`${where}: ${found.wrong}`);
  registerSecret(written);
  throw usage(
    `${where}: is neither env:NAME nor file:PATH`,
    'a secret itself would stand in the list of processes',
  );
};

const pathOf = (key: unknown, ancestors: readonly unknown[]): KeyPath => {
  const path: (string | number)[] = [];
  for (const [i, ancestor] of ancestors.entries()) {
    const child = ancestors[i + 1];
    if (isPair(ancestor)) path.push(String((ancestor as Pair<Scalar>).key.value));
    else if (isSeq(ancestor)) path.push(child === undefined ? Number(key) : ancestor.items.indexOf(child));
  }
  return path;
};

export interface References {
  readonly problems: readonly Problem[];
  /** What is not there; something stands in for it, so that the rest can be looked at. */
  readonly absent: readonly Problem[];
}

/** The same for the same reference, long enough for a secret, and fit for a name. */
const standIn = (body: string): string => `absent-${body.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;

/**
 * Replaces `${env:NAME}` and `${file:PATH}` in every value of the tree (never in a key) and registers what came
 * in as a secret at once, so that no message after this can show it. `$${` stands for a literal `${`.
 */
export const resolveReferences = (source: Source, env: NodeJS.ProcessEnv): References => {
  const problems: Problem[] = [];
  const absent: Problem[] = [];
  visit(source.document, {
    Scalar: (key, scalar, ancestors) => {
      if (key === 'key' || typeof scalar.value !== 'string') return;
      const path = pathOf(key, ancestors);
      if (isSecret(path) && !scalar.value.includes('${')) {
        registerSecret(scalar.value);
        problems.push(
          problem(path, 'a secret may not stand in the scenario; write ${env:NAME} or ${file:PATH}'),
        );
      }
      const value = scalar.value.replace(/\$\$\{|\$\{([^}]*)(\}?)/g, (whole, body?: string, end?: string) => {
        if (body === undefined) return '${';
        const found =
          end === '' ? { wrong: 'a "${" is never closed by "}"' } : lookUp(body, source.file, env);
        if ('value' in found) {
          registerSecret(found.value);
          return found.value;
        }
        if (found.absent !== true) {
          problems.push(problem(path, found.wrong));
          return whole;
        }
        absent.push(problem(path, found.wrong));
        return standIn(body);
      });
      if (value.includes('://')) registerUrlSecrets(value);
      scalar.value = value;
      if (isSecret(path) && value.length < LEAST_SECRET)
        problems.push(
          problem(path, `is shorter than ${LEAST_SECRET} characters, too short to be kept out of texts`),
        );
    },
  });
  return { problems, absent };
};
