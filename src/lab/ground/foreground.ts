import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { messageOf, usage } from '../../model/error.js';
import { inKeptLab, labEnvironment } from '../enter.js';
import type { KeptLab } from '../kept.js';
import { endBy, hearStops } from '../../stop-signals.js';

/**
 * Runs a command by hand in the jump of a lab (null: the lab we are in) and gives its exit code. It stays in the
 * terminal's session, so that a shell has job control; Ctrl-C reaches it from the terminal.
 */
export const runInForeground = async (kept: KeptLab | null, command: readonly string[]): Promise<number> => {
  const [program = '', ...args] = kept === null ? command : inKeptLab(kept, command);
  const child = spawn(program, args, { stdio: 'inherit', env: labEnvironment() });
  const release = hearStops((name) => {
    if (name !== 'SIGINT') endBy(name);
  });
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
  } catch (cause) {
    throw usage(`${program} cannot be started: ${messageOf(cause)}`, undefined, cause);
  } finally {
    release();
  }
};
