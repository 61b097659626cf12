import type { SessionAge, SessionPlan } from '../model/plan.js';
import { formatDuration } from '../model/duration.js';
import { address, familyWords, plural } from './place-words.js';

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
