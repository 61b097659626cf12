import { isIP } from 'node:net';
import * as z from 'zod';
import type { VantagePlan } from '../model/plan.js';
import { redact } from '../model/secret.js';
import { choice, count, flag, ipAddress, mapping, matching, text } from './field.js';
import { type Surroundings, sshPrefix, vantageLogin, vantageLoginProblems } from './login.js';
import { type KeyPath, type Problem, problem } from '../yaml/problem.js';
import { has, type Item, itemIn, onlyFor, rawAt, textAt } from '../yaml/raw.js';
import { isHost } from './target.js';

const words = (description: string) =>
  z
    .union([text(description), z.array(text('One word.')).min(1, 'needs at least one word')])
    .meta({ description });

const port = (description: string) => count(description, 0, 65_535);

const reflect = mapping('With push: `seqgap reflect` there.', {
  bind: ipAddress('Address; :: is all.'),
  stamp: port('UDP port; 0: none.').prefault('862'),
  tcp: port('Port of the echo.').prefault('7'),
  http: port('Port of HTTP.').prefault('0'),
});

/** A place that probes, as written. */
export const vantage = z
  .union([
    choice('This host.', ['local']),
    mapping('Exactly one of netns, ssh and exec.', {
      netns: matching(
        'A network namespace of this host; needs root.',
        /^[\w.][\w.-]*$/,
        'a network namespace',
      ).optional(),
      ssh: vantageLogin.optional(),
      exec: words(
        'Prefix of the agent, such as "kubectl exec -i client --"; a text is cut at blanks.',
      ).optional(),
      agent: words('For ssh, exec: command of the agent; default "seqgap agent".').optional(),
      push: flag('For ssh, exec: copy the single executable there for the run.').optional(),
      ping: flag('For ssh, exec: only its own ping (iputils) sends.').optional(),
      reflect: reflect.optional(),
    }),
  ])
  .meta({ description: 'A place that probes: local, or exactly one of netns, ssh and exec.' });

const splitWords = (text: string): string[] => text.trim().split(/\s+/);

/** A prefix given as one text is cut at blanks and nowhere else; what needs more is to be written as a list. */
const wordsProblem = (path: KeyPath, text: string | null): Problem[] => {
  if (text === null || text === '') return [];
  const list = 'write the words as a list: [kubectl, exec, client, --]';
  if (/["'\\]/.test(redact(text))) return [problem(path, `quotes are not interpreted; ${list}`)];
  // Cut in two, a secret would no longer be found by `redact`.
  const cut = splitWords(text).length !== splitWords(redact(text)).length;
  return cut ? [problem(path, `a secret in it has a blank; ${list}`)] : [];
};

const isPing = ({ value }: Item): boolean => textAt(value, 'ping') === 'true';

const INSTEAD = 'for all else install seqgap there, or `push: true` instead of `ping: true`';

/** What the ping of a far host cannot do. */
export const farPingProblems = (
  root: unknown,
  streams: readonly Item[],
  sessions: readonly Item[],
): Problem[] => {
  const vantages = rawAt(root, 'vantages');
  const isSo = (name: string | null): boolean => {
    const item = name === null ? null : itemIn(vantages, name, []);
    return item !== null && isPing(item);
  };
  return [
    ...streams.flatMap((item) => {
      const { value, path } = item;
      const far = textAt(value, 'far');
      const [from, type, to] = [textAt(value, 'from'), textAt(value, 'type'), textAt(value, 'to')];
      if (isSo(far)) return [problem([...path, 'far'], `${far} has a ping alone; ${INSTEAD}`)];
      if (!isSo(from)) return [];
      if (type !== 'icmp')
        return [problem([...path, 'type'], `the ping of ${from} sends icmp alone; ${INSTEAD}`)];
      return [
        ...(['auto', 'ping'].includes(textAt(value, 'engine') ?? 'auto')
          ? []
          : [problem([...path, 'engine'], `the ping of ${from} sends it; leave engine out`)]),
        ...((textAt(value, 'flows') ?? '1') === '1'
          ? []
          : [problem([...path, 'flows'], `the ping of ${from} is one flow; ${INSTEAD}`)]),
        ...(to === null || isIP(to) !== 0 || !isHost(to)
          ? []
          : [problem([...path, 'to'], `the name would not be resolved at ${from}; give its address`)]),
      ];
    }),
    ...sessions
      .filter(({ value }) => isSo(textAt(value, 'from')))
      .map(({ value, path }) =>
        problem([...path, 'from'], `${textAt(value, 'from')} has a ping alone; ${INSTEAD}`),
      ),
  ];
};

/** What is wrong with one vantage beyond its shape. */
export const vantageProblems = (vantages: unknown, name: string, inLab: boolean): Problem[] => {
  const item = itemIn(vantages, name, ['vantages', name]);
  if (item === null) return [];
  const given = ['netns', 'ssh', 'exec'].filter((key) => Object.hasOwn(item.value, key));
  return [
    ...(given.length === 1
      ? []
      : [
          problem(
            item.path,
            `must have exactly one of netns, ssh and exec, but has ${given.join(', ') || 'none'}`,
          ),
        ]),
    ...(name === 'local'
      ? [problem(item.path, '"local" is this host; give another vantage another name', 'key')]
      : []),
    ...(Object.hasOwn(item.value, 'netns')
      ? onlyFor(item, ['agent', 'push', 'ping', 'reflect'], 'ssh and exec')
      : []),
    ...(Object.hasOwn(item.value, 'push') && Object.hasOwn(item.value, 'agent')
      ? [problem([...item.path, 'push'], 'the agent is what is pushed; give push or agent')]
      : []),
    ...(has(item, 'netns') || textAt(item.value, 'push') === 'true'
      ? []
      : onlyFor(item, ['reflect'], 'a vantage with `push: true`')),
    ...(isPing(item) ? onlyFor(item, ['agent', 'push'], 'a vantage without `ping: true`') : []),
    ...['exec', 'agent'].flatMap((key) => wordsProblem([...item.path, key], textAt(item.value, key))),
    ...(has(item, 'ssh')
      ? vantageLoginProblems({ path: [...item.path, 'ssh'], value: rawAt(item.value, 'ssh') }, inLab)
      : []),
  ];
};

const wordsOf = (written: string | readonly string[]): readonly string[] =>
  typeof written === 'string' ? splitWords(written) : written;

export const vantagePlan = (
  name: string,
  written: z.output<typeof vantage>,
  around: Surroundings,
): VantagePlan => {
  if (written === 'local') return { name, kind: 'local', prefix: [], agent: null };
  const { netns, ssh, exec } = written;
  if (netns !== undefined)
    return { name, kind: 'netns', prefix: ['ip', 'netns', 'exec', netns], agent: null };
  const agent = written.ping === true ? null : wordsOf(written.agent ?? ['seqgap', 'agent']);
  const way = {
    ...(written.push === true ? { push: true as const } : {}),
    ...(written.ping === true ? { ping: true as const } : {}),
    ...(written.reflect === undefined ? {} : { reflect: written.reflect }),
  };
  if (ssh !== undefined) return { name, kind: 'ssh', agent, ...sshPrefix(ssh, around), ...way };
  if (exec === undefined) throw new Error(`vantage ${name} is none of the kinds`);
  return { name, kind: 'exec', prefix: wordsOf(exec), agent, ...way };
};
