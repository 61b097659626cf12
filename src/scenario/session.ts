import * as z from 'zod';
import { formatDuration } from '../model/duration.js';
import type { SessionKind, SessionOf, SessionPlan } from '../model/plan.js';
import { PLAIN_SESSION, type SessionAge } from '../model/session.js';
import { ns } from '../model/time.js';
import { type Problem, problem } from '../yaml/problem.js';
import { durationIn, has, type Item, onlyFor, repeated, textAt } from '../yaml/raw.js';
import { choice, count, duration, family, flag, ipAddress, mapping, matching, slug, text } from './field.js';
import { foreignProblems, kindChoice } from './kind.js';
import { loginFields, loginProblems, sshLogin, type Surroundings } from './login.js';
import { tls, tlsPlan, tlsProblems, tlsWords, webPort, webPortOf } from './tls.js';
import {
  address,
  endpoints,
  familyOf,
  familyWords,
  parseTarget,
  plural,
  type Port,
  portOf,
  targetOf,
} from './target.js';

const lead = duration('How long before the trigger.', ns(1));
const age = z
  .string()
  .transform((input, context): SessionAge => {
    if (input === 'during') return input;
    const parsed = lead.safeParse(input);
    if (parsed.success) return parsed.data;
    const message = `${parsed.error.issues[0]?.message ?? 'is no age'}; or "during" the outage`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .meta({
    description: 'How long before the trigger a session is opened, or "during" the outage.',
    pattern: '^during$|^\\d+(\\.\\d+)?\\s*(ns|us|µs|ms|s|m|h)$|\\$\\{',
    examples: ['5m', '200ms', 'during'],
  });

/** All that a scenario knows of one type of session. */
interface Kind<P extends SessionPlan = SessionPlan> {
  /** What it goes to. */
  readonly about: string;
  /** `TCP connection` */
  readonly noun: string;
  /** Of its target. */
  readonly port: Port;
  /** The same where the entry says it. */
  readonly portOf?: (item: Item) => Port;
  /** Keys that only this type has, or this and some others. */
  readonly keys: readonly (keyof WrittenSession)[];
  /** What its keys say about each other. Inside a lab its own key is the default of a login. */
  problems?(item: Item, inLab: boolean): Problem[];
  /** `base`: what all plans have, as that of a type that has no more. */
  plan(base: SessionOf<'tcp'>, written: WrittenSession, around: Surroundings): P;
  /** What is said on each connection. */
  words(plan: P): string;
}

const heartbeatWords = ({ heartbeat_ns, speaksFirst, payload }: SessionPlan): string => {
  const who = speaksFirst === 'server' ? ' from the server' : '';
  const size = payload === PLAIN_SESSION.payload ? '' : ` of ${payload} octets`;
  return `a numbered heartbeat${size}${who} on each every ${formatDuration(heartbeat_ns)}`;
};

const tcp: Kind<SessionOf<'tcp'>> = {
  about: 'to an echo server (RFC 862, seqgap reflect)',
  noun: 'TCP connection',
  port: 'needed',
  keys: ['payload', 'sources', 'speaks-first'],
  plan: (base, written) => ({ ...base, speaksFirst: written['speaks-first'] ?? base.speaksFirst }),
  words: heartbeatWords,
};

const ssh: Kind<SessionOf<'ssh'>> = {
  about: 'to an SSH server',
  noun: 'SSH session',
  port: 22,
  keys: ['payload', 'remote', 'user', 'key', 'passphrase', 'password', 'agent', 'known-hosts', 'host-key'],
  problems: (item, inLab) => [
    ...(has(item, 'user') ? [] : [problem([...item.path, 'user'], 'is missing; an ssh session logs in')]),
    ...loginProblems(item, inLab),
  ],
  plan: (base, written, around) => {
    const { host, port } = base;
    const { user = '', timeout, remote = base.remote } = written;
    return { ...base, type: 'ssh', login: sshLogin(written, { host, port, user, timeout }, around), remote };
  },
  words: heartbeatWords,
};

const http: Kind<SessionOf<'http'>> = {
  about: 'to a web server',
  noun: 'HTTP connection',
  port: webPort(undefined),
  portOf: webPortOf,
  keys: ['mode', 'path', 'sources', 'tls'],
  problems: (item) => tlsProblems(item, true),
  plan: (base, { to, mode = base.mode, path, tls: over }, { file }) => {
    const plan = { ...base, type: 'http', port: portOf(targetOf(to, webPort(over))), mode } as const;
    const below = tlsPlan(over, file);
    return mode === 'download'
      ? // It is the server's own talk.
        { ...plan, speaksFirst: 'server', path: path ?? '/stream', ...below }
      : { ...plan, path: path ?? base.path, ...below };
  },
  words: ({ mode, heartbeat_ns, tls: over }) =>
    mode === 'download'
      ? `one download${tlsWords(over)} on each, looked at every ${formatDuration(heartbeat_ns)}`
      : `a request${tlsWords(over)} on each every ${formatDuration(heartbeat_ns)}`,
};

const KINDS: { readonly [K in SessionKind]: Kind<SessionOf<K>> } = { tcp, ssh, http };

/** Connections to be kept alive across the failover, as written. */
export const session = mapping('Connections that carry numbered heartbeats.', {
  name: slug('Name in results (echo#1, echo#2, …) and limits.'),
  type: kindChoice(KINDS),
  from: text('Vantage that probes.').prefault('local'),
  to: z.string().meta({
    description: 'Target, such as 10.4.4.4:7; tcp with a port; default of ssh 22, http 80, tls 443.',
  }),
  count: count('Number of connections, of each age.', 1, 50_000).prefault('1'),
  heartbeat: duration('From one heartbeat to the next.', ns(1e6)).prefault('1s'),
  payload: count('tcp, ssh: octets of a heartbeat; default 64.', 64, 65_536).optional(),
  idle: flag('One exchange, then silence until the recovery has held.').prefault('false'),
  'speaks-first': choice('tcp: who sends heartbeats; default client; "server" needs seqgap reflect.', [
    'client',
    'server',
  ]).optional(),
  ages: z
    .array(age)
    .min(1, 'needs at least one age')
    .meta({
      description: 'When opened: so long before the trigger, or "during" the outage; count of each.',
    })
    .optional(),
  'open-every': duration(
    'Instead of lasting connections: a new one this often, one exchange, closed.',
    ns(10e6),
  ).optional(),
  sources: z
    .array(ipAddress('An address of the vantage.'))
    .min(1, 'needs at least one address')
    .meta({ description: 'tcp, http: local addresses that connections are from, in turn.' })
    .optional(),
  keepalive: duration('Idle time before TCP keep-alive probes; default none.', ns(1e9)).optional(),
  mode: choice('http: "requests" (default), one a heartbeat, or "download", one response that goes on.', [
    'requests',
    'download',
  ]).optional(),
  path: matching(
    'http: what is asked for; default /, of a download /stream.',
    /^\/\S*$/,
    'a path',
  ).optional(),
  tls: tls.optional(),
  remote: choice('ssh: what echoes: "cat" (default), or the user’s "shell".', ['cat', 'shell']).optional(),
  control: flag('Do not cross the pair: the verdict is always not-tested.').prefault('false'),
  family: family('IPv4 or IPv6 of a name; default its first address.').optional(),
  user: matching(
    'ssh: whom to log in as; needed. The keys of the login too are of ssh.',
    /^[^\s@-][^\s@]*$/,
    'a user name',
  ).optional(),
  ...loginFields,
  'host-key': loginFields['host-key'].unwrap().optional(),
  timeout: duration(
    'ssh: how long a login may take, default 10s; with open-every a whole exchange, default 5s.',
    ns(1),
  ).optional(),
});

type WrittenSession = z.output<typeof session>;

/** A type that is none is told where it stands; what some types share is left alone then. */
const NO_KIND: Pick<Kind, 'port' | 'portOf' | 'keys' | 'problems'> = { port: 'needed', keys: ['payload'] };

/** What an entry that opens new connections has no use for: none of them lives across the failover. */
const LASTING_KEYS = ['count', 'ages', 'idle', 'speaks-first', 'keepalive', 'heartbeat'] as const;

/** An age that is there twice, however it is written: two strata of one name could not be told apart. */
const ageProblems = ({ path, value: { ages } }: Item): Problem[] => {
  const written = Array.isArray(ages)
    ? ages.flatMap((age: unknown, index) => (typeof age === 'string' ? [{ age, index }] : []))
    : [];
  return repeated(written, ({ age }) => (age === 'during' ? age : durationIn(age))).map(
    ([{ age, index }, first]) =>
      problem([...path, 'ages', index], `"${age}" is the age of ages[${first.index}] already`),
  );
};

/** One that is there twice, and one by which the target cannot be reached. */
const sourceProblems = ({ path, value }: Item, port: Port): Problem[] => {
  const written = (Array.isArray(value['sources']) ? value['sources'] : []).flatMap(
    (source: unknown, index) => (typeof source === 'string' ? [{ source, index }] : []),
  );
  const target = parseTarget(textAt(value, 'to') ?? '', port);
  const ofTarget = typeof target === 'string' ? null : familyOf(target.host);
  const wanted = ofTarget ?? Number(textAt(value, 'family') ?? 0);
  return [
    ...repeated(written, ({ source }) => source).map(([{ source, index }, first]) =>
      problem([...path, 'sources', index], `"${source}" is sources[${first.index}] already`),
    ),
    ...written
      .filter(({ source }) => wanted !== 0 && ![null, wanted].includes(familyOf(source)))
      .map(({ source, index }) =>
        problem([...path, 'sources', index], `"${source}" does not reach a target of IPv${wanted}`),
      ),
  ];
};

/** What one key of a session says about another. */
export const sessionProblems = (item: Item, vantages: readonly string[], inLab: boolean): Problem[] => {
  const type = textAt(item.value, 'type');
  const kind = type !== null && Object.hasOwn(KINDS, type) ? KINDS[type as SessionKind] : NO_KIND;
  const download = textAt(item.value, 'mode') === 'download';
  const fresh = has(item, 'open-every');
  return [
    ...endpoints(item, vantages, kind.portOf?.(item) ?? kind.port),
    ...(kind.problems?.(item, inLab) ?? []),
    ...(kind === ssh || fresh ? [] : onlyFor(item, ['timeout'], 'type ssh and for open-every')),
    ...ageProblems(item),
    ...sourceProblems(item, kind.portOf?.(item) ?? kind.port),
    ...(fresh ? onlyFor(item, LASTING_KEYS, 'connections that last, not for open-every') : []),
    ...(fresh && download
      ? [problem([...item.path, 'mode'], 'is "download", which open-every would never see end')]
      : []),
    ...(download && textAt(item.value, 'idle') === 'true'
      ? [problem([...item.path, 'idle'], 'is true, but a download is never silent')]
      : []),
    ...foreignProblems(item, KINDS, kind.keys, 'type'),
  ];
};

export const sessionPlan = (written: WrittenSession, around: Surroundings): SessionPlan => {
  const kind: Kind = KINDS[written.type];
  const target = targetOf(written.to, kind.port);
  // In the order in which they are stored.
  const base: SessionOf<'tcp'> = {
    name: written.name,
    type: 'tcp',
    from: written.from,
    host: target.host,
    port: portOf(target),
    family: written.family ?? null,
    count: written.count,
    heartbeat_ns: written.heartbeat,
    login: null,
    control: written.control,
    ...PLAIN_SESSION,
    payload: written.payload ?? PLAIN_SESSION.payload,
    idle: written.idle,
    ages: written.ages ?? PLAIN_SESSION.ages,
    keepalive_ns: written.keepalive ?? PLAIN_SESSION.keepalive_ns,
    openEvery_ns: written['open-every'] ?? PLAIN_SESSION.openEvery_ns,
    wait_ns: written.timeout ?? PLAIN_SESSION.wait_ns,
    ...(written.sources === undefined ? {} : { sources: written.sources }),
  };
  return kind.plan(base, written, around);
};

const ageWords = (age: SessionAge): string =>
  age === 'during' ? 'during the outage' : `${formatDuration(age)} before the trigger`;

/** What a `sessions:` entry does, in words. */
export const sessionWords = (session: SessionPlan): string => {
  const kind: Kind = KINDS[session.type];
  const { from, host, port, count, login, openEvery_ns, wait_ns, ages, idle, keepalive_ns, sources } =
    session;
  const user = login === null ? '' : ` as ${login.user}`;
  const vantage = sources === undefined ? from : `${from} (${sources.join(', ')})`;
  const where = `from ${vantage} to ${address(host, port)}${familyWords(session.family)}${user}`;
  const control = session.control ? '; control' : '';
  if (openEvery_ns !== null)
    return (
      `a new ${kind.noun} ${where} every ${formatDuration(openEvery_ns)}, one exchange on each, ` +
      `given up after ${formatDuration(wait_ns)}${control}`
    );
  return [
    `${plural(count, kind.noun)}${ages.length === 0 ? '' : ' of each age'} ${where}, ${kind.words(session)}`,
    ...(ages.length === 0 ? [] : [`opened ${ages.map(ageWords).join(', ')}`]),
    ...(idle ? ['silent from its first exchange until the recovery has held'] : []),
    ...(keepalive_ns === null ? [] : [`TCP keep-alive after ${formatDuration(keepalive_ns)}`]),
    ...(session.control ? ['control'] : []),
  ].join('; ');
};
