import { EXIT, KnownError } from '../model/error.js';
import type { NodePlan } from '../model/plan.js';
import { redact } from '../model/secret.js';
import type { Nanoseconds } from '../model/time.js';
import { unknownName } from '../scenario/problem.js';
import { commandLine } from './quote.js';
import type { Driver } from './schema.js';
import { fill, type TemplateValues } from './template.js';
import type { Command, ExecOptions, ExecResult, Transport } from './transport.js';

/** A driver tied to one node: its commands can be filled in and have somewhere to go. */
export interface Bound {
  readonly driver: Driver;
  readonly node: string;
  readonly values: TemplateValues;
  readonly transport: Transport;
}

const paramValues = (
  driver: Driver,
  node: string,
  given: Readonly<Record<string, string>>,
): Record<string, string> => {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(driver.params, name)) continue;
    const what = unknownName(name, `a parameter of driver ${driver.name}`, Object.keys(driver.params));
    throw new KnownError(`node ${node}: ${what}`, { exitCode: EXIT.usage });
  }
  const values: Record<string, string> = {};
  for (const [name, { about, default: preset }] of Object.entries(driver.params)) {
    const value = given[name] ?? preset;
    if (value === undefined)
      throw new KnownError(`node ${node}: driver ${driver.name} needs the parameter "${name}" (${about})`, {
        remedy: `give it under the node's params`,
        exitCode: EXIT.usage,
      });
    values[name] = value;
  }
  return values;
};

/** Throws KnownError (usage) for a parameter that is missing or that the driver does not know. */
export const bind = (
  driver: Driver,
  node: NodePlan,
  params: Readonly<Record<string, string>>,
  seqgap: readonly string[],
  transport: Transport,
): Bound => ({
  driver,
  node: node.name,
  transport,
  values: {
    ...paramValues(driver, node.name, params),
    node: node.name,
    host: node.ssh?.host ?? node.name,
    seqgap,
  },
});

/** A command as it is sent. Throws KnownError if it would show a secret in this host's process list. */
const fillFor = (bound: Bound, command: Command): Command => {
  const filled = fill(command, bound.values);
  if (bound.driver.transport === 'exec')
    refuseSecret(filled, `driver ${bound.driver.name}, node ${bound.node}`);
  return filled;
};

/** Any user of this host can read the arguments of any process (/proc/PID/cmdline). */
export const refuseSecret = (command: Command, where: string): void => {
  const line = commandLine(command);
  if (redact(line) === line) return;
  throw new KnownError(`${where}: the command would show a secret in the process list`, {
    remedy: 'let the program read it from a file or from its environment',
    exitCode: EXIT.usage,
  });
};

/** A command as it is shown: exactly as sent, secrets redacted. */
export const shown = (bound: Bound, command: Command): string =>
  redact(commandLine(fillFor(bound, command)).trim());

export const send = (bound: Bound, command: Command, options: ExecOptions): Promise<ExecResult> =>
  bound.transport.exec(fillFor(bound, command), options);

export const withRemedy = ({ message, remedy }: KnownError): string =>
  redact(remedy === null ? message : `${message} (${remedy})`);

/** A question's answer, or why there is none. */
export type Answer =
  { readonly text: string; readonly error: null } | { readonly text: null; readonly error: string };

/** Redacted before it is cut: part of a secret would not be known for one. */
const firstLine = (text: string): string => redact(text).trim().split('\n')[0]?.slice(0, 160) ?? '';

/** What a command that did not exit with 0 says about itself, redacted; null if it did. */
export const failureOf = (result: ExecResult): string | null => {
  const said = firstLine(result.stderr) || firstLine(result.stdout);
  const because = said === '' ? '' : `: ${said}`;
  switch (result.ended) {
    case 'closed':
      return `connection closed before the command ended${because}`;
    case 'timeout':
      return 'timed out';
    case 'exited':
      return result.code === 0 ? null : `${result.signal ?? `exit ${result.code ?? '?'}`}${because}`;
  }
};

/**
 * Asks a question. Known problems (unreachable, failed, timed out) are an answer too; bugs are thrown. A question
 * changes nothing, so one whose connection closed is asked once more: a node that rebooted unseen leaves behind a
 * connection that only turns out to be dead when it is used.
 */
export const ask = async (
  bound: Bound,
  query: { readonly run: Command; readonly timeout: Nanoseconds },
): Promise<Answer> => {
  try {
    const options = { timeout_ns: query.timeout };
    let result = await send(bound, query.run, options);
    if (result.ended === 'closed') result = await send(bound, query.run, options);
    const failure = failureOf(result);
    return failure === null ? { text: result.stdout, error: null } : { text: null, error: failure };
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return { text: null, error: withRemedy(error) };
  }
};
