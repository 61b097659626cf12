import { formatDuration } from '../../model/duration.js';
import { KnownError, usage } from '../../model/error.js';
import type { HttpLogin, SshLogin } from '../../model/login.js';
import { redact } from '../../model/secret.js';
import { ns, type Nanoseconds } from '../../model/time.js';
import { requireTime, within } from '../../deadline.js';
import { readIdentity, refusalIn } from './extract.js';
import { paramValues } from '../driver/params.js';
import { commandLine } from '../transport/quote.js';
import type { Driver } from '../driver/schema.js';
import { fill, placeholders, type TemplateValues } from '../transport/template.js';
import type { Command, ExecOptions, ExecResult, Filled, Transport } from '../transport/transport.js';

/** A driver tied to one node: its commands can be filled in and have somewhere to go. */
export interface Bound {
  readonly driver: Driver;
  readonly node: string;
  readonly values: TemplateValues;
  readonly transport: Transport;
  /** Serial number or id, once it was read; it does not change while the program runs. */
  readonly known: { identity: string | null };
}

/** Where a driver's commands go: a node, or what has its power. */
export interface Device {
  /** Of the node. */
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly ssh: SshLogin | null;
  readonly http: HttpLogin | null;
}

const hostOf = ({ name, ssh, http }: Device): string =>
  ssh?.host ?? (http === null ? name : new URL(http.url).hostname);

const ownValues = (driver: Driver, device: Device): Record<string, string> => ({
  ...paramValues(driver, `node ${device.name}`, device.params),
  node: device.name,
  host: hostOf(device),
});

/** The API's credentials are there for its own requests alone. */
const credentials = (driver: Driver, { http }: Device): Record<string, string> => {
  if (driver.transport !== 'http' || http === null) return {};
  const { user, password, apiKey: key } = http;
  return Object.fromEntries(
    Object.entries({ user, password, key }).filter((entry): entry is [string, string] => entry[1] !== null),
  );
};

/** What surrounds a device: the other node of the pair under the same driver, and how this program is called. */
export interface Around {
  readonly peer: Device | null;
  readonly seqgap: readonly string[];
}

/** Throws KnownError (usage) for a parameter that is missing or that the driver does not know. */
export const bind = (
  driver: Driver,
  device: Device,
  { peer, seqgap }: Around,
  transportFor: (values: TemplateValues) => Transport,
): Bound => {
  const own = ownValues(driver, device);
  const others = peer === null ? {} : ownValues(driver, peer);
  const values = {
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [`peer.${name}`, value])),
    ...own,
    ...credentials(driver, device),
    seqgap,
  };
  return { driver, node: device.name, values, transport: transportFor(values), known: { identity: null } };
};

/** Who the node said it is, for people and files; null: it was not asked, or cannot say it. */
export const knownIdentity = ({ known }: Bound): string | null =>
  known.identity === null ? null : redact(known.identity);

const valuesNow = ({ values, known }: Bound): TemplateValues =>
  known.identity === null ? values : { ...values, identity: known.identity };

/** A command as it is sent. Throws KnownError if it would show a secret in this host's process list. */
const fillFor = (bound: Bound, command: Command, values: TemplateValues): Filled => {
  const { transport, name } = bound.driver;
  const filled = fill(command, values, transport === 'shell');
  if (transport === 'exec') refuseSecret(filled, `driver ${name}, node ${bound.node}`);
  return filled;
};

const isArguments = (command: Filled): command is readonly string[] => Array.isArray(command);

/**
 * Any user of this host can read the arguments of any process (/proc/PID/cmdline). Looks at the arguments as they are
 * handed over, before anything quotes them for a reader.
 */
export const refuseSecret = (command: Filled, where: string): void => {
  const words = isArguments(command) ? command : [commandLine(command)];
  if (words.every((word) => redact(word) === word)) return;
  throw usage(
    `${where}: the command would show a secret in the process list`,
    'let the program read it from a file or from its environment',
  );
};

/** A command as it is shown: exactly as sent, secrets redacted. An identity not read yet stays a placeholder. */
export const shown = (bound: Bound, command: Command): string => {
  const values = { identity: '{{identity}}', ...valuesNow(bound) };
  // Redacted before it is trimmed: a secret may end with a space.
  return redact(commandLine(fillFor(bound, command, values))).trim();
};

/**
 * A question that was given up for its time is given this many times that where it is asked again and its answer matters: some
 * programs wait themselves before they say that there is nothing (`show vrrp` of VyOS for 30 s).
 */
export const slower = (timeout: Nanoseconds): Nanoseconds => ns(4 * timeout);

const transmit = async (bound: Bound, command: Command, options: ExecOptions): Promise<ExecResult> => {
  if (placeholders(command).includes('identity')) await identify(bound, { signal: options.signal });
  return bound.transport.exec(fillFor(bound, command, valuesNow(bound)), options);
};

/**
 * Sends a command of an action or an undo, once. The signal ends the way there; what was sent has its own time. A shell that refuses a line may be left in another mode (VyOS: that
 * of the configuration), where nothing could be read: it is hung up on, and a change not committed goes with it.
 * Throws KnownError where the command was not sent.
 */
export const send = async (bound: Bound, command: Command, options: ExecOptions): Promise<ExecResult> => {
  const result = await transmit(bound, command, { ...options, uncut: true });
  if (bound.driver.transport === 'shell' && problemOf(bound, result) !== null) await bound.transport.close();
  return result;
};

/** Several commands to a node, which nobody else's come between where it has modes. They go by the `bound` given. */
export const together = <T>(
  bound: Bound,
  work: (bound: Bound) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  const { transport } = bound;
  if (transport.together === undefined) return work(bound);
  const { words, reach_ns } = transport;
  return transport.together(
    (exec) => work({ ...bound, transport: { words, reach_ns, exec, close: () => transport.close() } }),
    signal,
  );
};

export const withRemedy = ({ message, remedy }: KnownError): string =>
  redact(remedy === null ? message : `${message} (${remedy})`);

/** A question's answer with the values for reading it, or why there is none. */
export type Answer =
  | { readonly text: string; readonly values: TemplateValues; readonly error: null }
  | {
      readonly text: null;
      readonly error: string;
      /** It was given up for its time: longer might have helped. */
      readonly late: boolean;
      /** What came all the same; null: nobody was reached. */
      readonly output: string | null;
    };

/**
 * What a program or an API said, on one line: its first line alone may be a remark (ipmitool, `az vm stop`) or a brace (JSON).
 * Redacted before it is cut: part of a secret would not be known for one.
 */
const onOneLine = (text: string): string =>
  redact(text)
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .slice(0, 320);

/** What a command that did not exit with 0 says about itself, redacted; null if it did. */
export const failureOf = (result: ExecResult): string | null => {
  const said = onOneLine(result.stderr) || onOneLine(result.stdout);
  const because = said === '' ? '' : `: ${said}`;
  switch (result.ended) {
    case 'closed':
      return `${result.words ?? 'connection closed before the command ended'}${because}`;
    case 'timeout':
      return result.words ?? 'timed out';
    case 'exited':
      if (result.code === 0) return null;
      return `${result.words ?? result.signal ?? `exit ${result.code ?? '?'}`}${because}`;
  }
};

/** What is wrong with a command's result, redacted; null if it ended well and was not refused. */
export const problemOf = (bound: Bound, result: ExecResult): string | null => {
  const failure = failureOf(result);
  if (failure !== null) return failure;
  const refusal = refusalIn(bound.driver.refused, result.stdout, bound.values);
  return refusal === null ? null : `refused: ${onOneLine(refusal)}`;
};

interface Query {
  readonly run: Command;
  readonly timeout: Nanoseconds;
  readonly signal?: AbortSignal | undefined;
}

class Late extends KnownError {}

/** Everything that a question waits for: its turn, the way there, the command, the second try. */
const inquire = (bound: Bound, { run, timeout, signal: outer }: Query): Promise<Answer> => {
  const all = ns(bound.transport.reach_ns + timeout);
  return within(
    all,
    outer,
    (signal) => inquireOnce(bound, run, { timeout_ns: timeout, signal }),
    () => new Late(`no answer within ${formatDuration(all)}`),
  );
};

const inquireOnce = async (bound: Bound, run: Command, options: ExecOptions): Promise<Answer> => {
  let result = await transmit(bound, run, options);
  if (result.ended === 'closed') {
    requireTime(options.signal);
    result = await transmit(bound, run, options);
  }
  const problem = problemOf(bound, result);
  return problem === null
    ? { text: result.stdout, values: valuesNow(bound), error: null }
    : { text: null, error: problem, late: result.ended === 'timeout', output: result.stdout };
};

/**
 * Reads who a node is, unless that is known already. Throws KnownError where it cannot be read: what depends on it
 * must not be guessed.
 */
export const identify = async (
  bound: Bound,
  { again = false, signal }: { readonly again?: boolean; readonly signal?: AbortSignal | undefined } = {},
): Promise<string> => {
  const { driver, node, known } = bound;
  if (known.identity !== null && !again) return known.identity;
  const query = driver.identity;
  if (query === undefined) throw new KnownError(`driver ${driver.name} cannot tell who a node is`);
  const answer = await inquire(bound, { ...query, signal });
  if (answer.text === null) throw new KnownError(`node ${node}: ${query.about}: ${answer.error}`);
  const identity = readIdentity(query.extract, answer.text, answer.values);
  if (identity === null) throw new KnownError(`node ${node}: ${query.about}: the answer was not understood`);
  known.identity = identity;
  return identity;
};

/**
 * Asks a question. Known problems (unreachable, failed, timed out, refused) are an answer too; bugs are thrown. A
 * question changes nothing, so one whose connection closed is asked once more: a node that rebooted unseen leaves
 * behind a connection that only turns out to be dead when it is used.
 */
export const ask = async (bound: Bound, query: Query): Promise<Answer> => {
  try {
    // What reads the answer may need to know whose it is.
    if (placeholders({ ...query, signal: null }).includes('identity'))
      await identify(bound, { signal: query.signal });
    return await inquire(bound, query);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { text: null, error: withRemedy(error), late: error instanceof Late, output: null };
  }
};
