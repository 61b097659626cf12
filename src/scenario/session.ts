import { formatDuration } from '../model/duration.js';
import type { SessionPlan } from '../model/plan.js';
import type { SessionAge } from '../model/session.js';
import { type Problem, problem } from '../yaml/problem.js';
import { durationIn, has, type Item, onlyFor, textAt } from '../yaml/raw.js';
import { loginProblems } from './login.js';
import { endpoints, address, familyWords, plural } from './target.js';

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

const NAMES = { tcp: 'TCP connection', ssh: 'SSH session', http: 'HTTP connection' } as const;

const ageWords = (age: SessionAge): string =>
  age === 'during' ? 'during the outage' : `${formatDuration(age)} before the trigger`;

const heartbeatWords = ({ type, mode, heartbeat_ns, speaksFirst, payload }: SessionPlan): string => {
  const every = formatDuration(heartbeat_ns);
  if (type === 'http')
    return mode === 'download'
      ? `one download on each, looked at every ${every}`
      : `a request on each every ${every}`;
  const who = speaksFirst === 'server' ? ' from the server' : '';
  const size = payload === 64 ? '' : ` of ${payload} octets`;
  return `a numbered heartbeat${size}${who} on each every ${every}`;
};

/** What a `sessions:` entry does, in words. */
export const sessionWords = (session: SessionPlan): string => {
  const { type, from, host, port, count, login, openEvery_ns, wait_ns, ages, idle, keepalive_ns } = session;
  const user = login === null ? '' : ` as ${login.user}`;
  const where = `from ${from} to ${address(host, port)}${familyWords(session.family)}${user}`;
  const control = session.control ? '; control' : '';
  if (openEvery_ns !== null)
    return (
      `a new ${NAMES[type]} ${where} every ${formatDuration(openEvery_ns)}, one exchange on each, ` +
      `given up after ${formatDuration(wait_ns)}${control}`
    );
  return [
    `${plural(count, NAMES[type])}${ages.length === 0 ? '' : ' of each age'} ${where}, ${heartbeatWords(session)}`,
    ...(ages.length === 0 ? [] : [`opened ${ages.map(ageWords).join(', ')}`]),
    ...(idle ? ['silent from its first exchange until the recovery has held'] : []),
    ...(keepalive_ns === null ? [] : [`TCP keep-alive after ${formatDuration(keepalive_ns)}`]),
    ...(session.control ? ['control'] : []),
  ].join('; ');
};
