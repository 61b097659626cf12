import { endpoints } from './endpoints.js';
import { loginProblems } from './login.js';
import { type Problem, problem } from '../yaml/problem.js';
import { durationIn, has, type Item, onlyFor, textAt } from '../yaml/raw.js';

const LOGIN_KEYS = ['user', 'key', 'passphrase', 'password', 'agent', 'known-hosts', 'host-key'] as const;
const HTTP_KEYS = ['mode', 'path'] as const;
/** What an entry that opens new connections has no use for: none of them lives across the failover. */
const LASTING_KEYS = ['count', 'ages', 'idle', 'speaks-first', 'keepalive', 'heartbeat'] as const;

/** An age that is there twice, however it is written: two strata of one name could not be told apart. */
const ageProblems = (item: Item): Problem[] => {
  const { ages } = item.value;
  if (!Array.isArray(ages)) return [];
  const known = new Map<string | number, number>();
  return ages.flatMap((written: unknown, i) => {
    if (typeof written !== 'string') return [];
    const age = written === 'during' ? written : durationIn(written);
    if (age === null) return [];
    const first = known.get(age);
    if (first === undefined) known.set(age, i);
    return first === undefined
      ? []
      : [problem([...item.path, 'ages', i], `"${written}" is the age of ages[${first}] already`)];
  });
};

/** What excludes what, whatever the type. */
const mannerProblems = (item: Item): Problem[] => {
  const download = textAt(item.value, 'mode') === 'download';
  const type = textAt(item.value, 'type');
  return [
    ...ageProblems(item),
    ...(has(item, 'open-every')
      ? onlyFor(item, LASTING_KEYS, 'connections that last, not for open-every')
      : []),
    ...(has(item, 'open-every') && download
      ? [problem([...item.path, 'mode'], 'is "download", which open-every would never see end')]
      : []),
    ...(download && textAt(item.value, 'idle') === 'true'
      ? [problem([...item.path, 'idle'], 'is true, but a download is never silent')]
      : []),
    ...(type === 'http'
      ? onlyFor(item, ['payload'], 'types tcp and ssh')
      : onlyFor(item, HTTP_KEYS, 'type http')),
    ...(type === 'tcp' ? [] : onlyFor(item, ['speaks-first'], 'type tcp')),
    ...(type === 'ssh' ? [] : onlyFor(item, ['remote'], 'type ssh')),
  ];
};

/** What one key of a session says about another. Inside a lab its own key is the default of a login. */
export const sessionProblems = (item: Item, vantages: readonly string[], inLab: boolean): Problem[] => {
  const manner = mannerProblems(item);
  const type = textAt(item.value, 'type');
  if (type !== 'ssh') {
    const timeout = has(item, 'open-every') ? [] : onlyFor(item, ['timeout'], 'type ssh and for open-every');
    const port = type === 'http' ? 80 : 'needed';
    return [
      ...endpoints(item, vantages, port),
      ...onlyFor(item, LOGIN_KEYS, 'type ssh'),
      ...timeout,
      ...manner,
    ];
  }
  const user = has(item, 'user')
    ? []
    : [problem([...item.path, 'user'], 'is missing; an ssh session logs in')];
  return [...endpoints(item, vantages, 22), ...user, ...loginProblems(item, inLab), ...manner];
};
