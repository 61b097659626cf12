import { createContext, Script } from 'node:vm';

/**
 * How long the reading of one answer may take, and how much more for each MiB of it. Patterns come from driver files and scenarios, answers from devices: the
 * two together may take longer than anyone lives (`(a+)+$`), and a pattern that is only slow does so on a long answer.
 * Nothing else happens in this program meanwhile, so it is short; but a host that is busy must still get its answers read.
 */
const MOST_MS = 1000;
const PER_MIB_MS = 250;

const context = createContext({ read: (): unknown => undefined }) as { read: () => unknown };
const script = new Script('read()');

/** It is an error of the context, and no `Error` of ours. */
const isLate = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';

/**
 * Gives what `read` gives of a text, or null if it takes too long: it is broken off where it stands, also in the middle of a
 * pattern (V8 looks for that whenever it backtracks). `read` must change nothing.
 */
export const inTime = <T>(text: string, read: () => T): T | null => {
  const timeout = Math.round(MOST_MS + (PER_MIB_MS * text.length) / (1 << 20));
  context.read = read;
  try {
    return script.runInContext(context, { timeout }) as T;
  } catch (error) {
    if (isLate(error)) return null;
    throw error;
  }
};
