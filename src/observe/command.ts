import { KnownError } from '../model/error.js';
import type { ReadPlan } from '../model/observe-plan.js';
import type { VantagePlan } from '../model/plan.js';
import type { Clock, Nanoseconds } from '../model/time.js';
import { failureOf } from '../trigger/ask/bound.js';
import { LocalTransport } from '../trigger/transport/local.js';
import { quoteWord } from '../trigger/transport/quote.js';
import { readObserved } from './read.js';
import type { Asker } from './source.js';

/** What a command on this host writes. Throws KnownError where it did not end with 0. */
export const outputOf = async (
  transport: LocalTransport,
  command: readonly string[],
  options: { readonly timeout_ns: Nanoseconds; readonly signal: AbortSignal },
): Promise<string> => {
  const result = await transport.exec(command, options);
  const failure = failureOf(result);
  if (failure !== null) throw new KnownError(failure);
  return result.stdout;
};

/** ssh hands one line to the shell at the other end. */
const behind = (
  { kind, prefix }: Pick<VantagePlan, 'kind' | 'prefix'>,
  command: readonly string[],
): readonly string[] => [...prefix, ...(kind === 'ssh' ? command.map(quoteWord) : command)];

/** A command at a vantage, run anew for each poll. */
export const commandAsker = (
  { name, timeout_ns }: { readonly name: string; readonly timeout_ns: Nanoseconds },
  source: { readonly command: readonly string[]; readonly read: ReadPlan; readonly shape: string | null },
  vantage: Pick<VantagePlan, 'kind' | 'prefix'>,
  clock: Clock,
): Asker => {
  const transport = new LocalTransport(clock);
  const command = behind(vantage, source.command);
  return {
    subject: name,
    ask: async (signal) =>
      readObserved(source, await outputOf(transport, command, { timeout_ns, signal }), name),
  };
};
