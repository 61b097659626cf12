import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { KnownError } from '../model/error.js';
import { programPath } from './place.js';

/**
 * Starts one of this folder's programs in a machine's network (null: the jump's) and waits for its first line of
 * output. It dies with the controller.
 */
export const startProgram = async (
  machine: string | null,
  program: string,
  args: readonly string[] = [],
): Promise<ChildProcess> => {
  const inside = machine === null ? [] : ['ip', 'netns', 'exec', machine];
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', ...inside, process.execPath, programPath(program), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [first] = (await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])) as [unknown];
  if (!Buffer.isBuffer(first)) throw new KnownError(`the lab's ${program} does not start`);
  child.stdout.destroy();
  return child;
};
