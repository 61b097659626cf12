import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { KnownError, messageOf } from '../../model/error.js';
import { programPath } from '../paths.js';

const execute = promisify(execFile);

/** The words of a fixed command line (no quoting). */
export const words = (text: string): string[] => text.split(' ');

/** Each of these programs is done in well below a second, also on a host that is busy. */
const TIMEOUT_MS = 30_000;

/** Runs a program to its end and gives its stdout. Throws KnownError with the last line of its stderr. */
export const run = async (
  program: string,
  args: readonly string[],
  timeout_ms = TIMEOUT_MS,
): Promise<string> => {
  try {
    const limits = { timeout: timeout_ms, killSignal: 'SIGKILL' } as const;
    return (await execute(program, args, { encoding: 'utf8', ...limits })).stdout;
  } catch (error) {
    const { stderr = '', killed = false } = error as { readonly stderr?: string; readonly killed?: boolean };
    const reason = killed
      ? `not done within ${timeout_ms / 1000} s`
      : stderr.trim().split('\n').at(-1) || messageOf(error);
    throw new KnownError(`the lab cannot run "${program} ${args.join(' ')}": ${reason}`, { cause: error });
  }
};

/** As `run`, but says only whether it succeeded. */
export const succeeds = async (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );

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

/** Runs a program in this network with a text as its input. Its complaints go to the lab's log. */
export const feed = async (program: string, args: readonly string[], input: string): Promise<void> => {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(input);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${program} ended with ${code ?? 'a signal'}`);
};
