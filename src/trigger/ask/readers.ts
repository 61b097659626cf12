import { toldIn } from '../../foreign/record/forms.js';
import { formatDuration } from '../../model/duration.js';
import type { Nanoseconds } from '../../model/time.js';
import type {
  ActionSpec,
  Check,
  Counts,
  Driver,
  ExtractRule,
  RoleQuery,
  Sample,
  SinceQuery,
} from '../driver/schema.js';
import type { HttpOptions, ShellOptions } from '../driver/schema-command.js';
import { isDialogue, promptPattern, questionPattern } from '../transport/shell-session.js';
import type { TemplateValues } from '../transport/template.js';
import type { Command } from '../transport/transport.js';
import { readSince, readTime } from './device-stamp.js';
import { readVersion } from './version.js';
import {
  EDGES,
  extractWords,
  isOff,
  passes,
  readCount,
  readIdentity,
  readRole,
  refusalIn,
  readValue,
  type Edges,
} from './extract.js';

/** One kind of answer of a driver, and how it is read. */
export interface Reader {
  /** What a sample of it states. */
  readonly read: (output: string, values: TemplateValues) => Sample['expect'];
  /** The question whose answer it reads; null: no question alone, as of a prompt or of what a login gives. */
  readonly asked: { readonly run: Command; readonly timeout: Nanoseconds } | null;
  /** How its words are found; null where it looks for none. */
  readonly words: { readonly rules: readonly ExtractRule[]; readonly edges: Edges } | null;
}

type Add = (of: string, reader: Pick<Reader, 'read'> & Partial<Reader>) => void;

/** Of a check, whatever its own `run` is: the readers of one question have the same. */
const checkReader = (
  check: Pick<Check, 'run' | 'timeout' | 'extract' | 'good' | 'matches'>,
): Pick<Reader, 'read'> & Partial<Reader> => ({
  read: (output, values) => ({ passes: passes(check, output, values) }),
  asked: check,
  words: { rules: check.extract, edges: EDGES.check },
});

/** What is said to the questions that each of several commands may be asked. */
const addQuestions = (add: Add, name: string, commands: readonly Command[]): void => {
  for (const [index, command] of commands.entries()) {
    if (!isDialogue(command) || command.answers.length === 0) continue;
    const { answers } = command;
    add(`asks.${name}.${index}`, {
      read: (output) => ({ say: answers.find(({ to }) => questionPattern(to).test(output))?.say ?? null }),
    });
  }
};

const addAction = (add: Add, name: string, { run, requires, undo }: ActionSpec): void => {
  addQuestions(add, name, run);
  if (requires !== undefined) add(`requires.${name}`, checkReader(requires));
  if (typeof undo === 'string') return;
  addQuestions(add, `undo.${name}`, undo.run);
  const { bad, matches: _, ...done } = undo.done;
  add(`undo.${name}`, checkReader(undo.done));
  if (bad !== undefined) add(`undo.${name}.needed`, checkReader({ ...done, good: bad }));
};

const addSync = (add: Add, sync: Check | Counts): void => {
  if (!('slack' in sync)) return add('sync', checkReader(sync));
  for (const whose of ['active', 'standby'] as const)
    add(`sync.${whose}`, {
      read: (output, values) => ({ count: readCount(sync[whose], output, values) }),
      asked: sync,
      words: { rules: sync[whose], edges: EDGES.count },
    });
  if (sync.off !== undefined)
    add('sync.off', { read: (output, values) => ({ passes: isOff(sync, output, values) }), asked: sync });
};

const addShell = (add: Add, { prompt, pager, start }: ShellOptions): void => {
  add('prompt', { read: (output) => ({ passes: promptPattern(prompt).test(output) }) });
  if (pager !== undefined)
    add('pager', { read: (output) => ({ passes: new RegExp(pager, 'im').test(output) }) });
  addQuestions(add, 'start', start);
};

const addToken = (add: Add, { login }: HttpOptions): void => {
  if (login === undefined || 'header' in login.token) return;
  const rules = [{ group: 1, ...login.token }];
  add('token', {
    read: (output, values) => ({ id: extractWords(rules, output, values)[0] ?? null }),
    words: { rules, edges: EDGES.value },
  });
};

const utc = (wall_ms: number | null): string | null =>
  wall_ms === null ? null : new Date(wall_ms).toISOString();

const addRole = (add: Add, role: RoleQuery): void => {
  add('role', {
    read: (output, values) => readRole(role, output, values),
    asked: role,
    words: { rules: role.extract, edges: EDGES.role },
  });
  if (role.since !== undefined)
    add('role.since', {
      read: sinceReader(role.since),
      asked: role,
      words: { rules: role.since.extract, edges: EDGES.value },
    });
};

const sinceReader =
  (since: SinceQuery): Reader['read'] =>
  (output, values) => {
    const stamp = readSince(since, output, values);
    if (since.form === 'time') return { time: stamp?.form === 'time' ? utc(stamp.wall_ms) : null };
    return { ago: stamp?.form === 'age' ? formatDuration(stamp.age_ns) : null };
  };

/** Everything in a driver that reads an answer, by the name that samples use for it. */
export const readersOf = (driver: Driver): ReadonlyMap<string, Reader> => {
  const {
    shell,
    http,
    identity,
    version,
    role,
    sync,
    ready,
    leftover,
    refused,
    clock,
    history,
    observers,
    actions,
  } = driver;
  const readers = new Map<string, Reader>();
  const add: Add = (of, reader) => void readers.set(of, { asked: null, words: null, ...reader });
  if (shell !== undefined) addShell(add, shell);
  if (http !== undefined) addToken(add, http);
  if (identity !== undefined)
    add('identity', {
      read: (output, values) => ({ id: readIdentity(identity.extract, output, values) }),
      asked: identity,
      words: { rules: identity.extract, edges: EDGES.value },
    });
  if (version !== undefined)
    add('version', {
      read: (output, values) => ({ version: readVersion(version, output, values) }),
      asked: version,
      words: { rules: version.extract, edges: EDGES.value },
    });
  if (role !== undefined) addRole(add, role);
  if (sync !== undefined) addSync(add, sync);
  ready.forEach((check, index) => add(`ready.${index}`, checkReader(check)));
  leftover.forEach((check, index) => add(`leftover.${index}`, checkReader(check)));
  if (refused.length > 0)
    add('refused', { read: (output, values) => ({ passes: refusalIn(refused, output, values) === null }) });
  if (clock !== undefined)
    add('clock', {
      read: (output, values) => ({ time: utc(readTime(clock, output, values)) }),
      asked: clock,
      words: { rules: clock.extract, edges: EDGES.value },
    });
  if (history !== undefined)
    add('history', { read: (output) => ({ tells: toldIn(output) }), asked: history });
  for (const [name, query] of Object.entries(observers))
    add(`observers.${name}`, {
      read: (output, values) => ({ value: readValue(query, output, values) }),
      asked: query,
      words: { rules: query.extract, edges: EDGES.value },
    });
  for (const [name, action] of Object.entries(actions)) addAction(add, name, action);
  return readers;
};
