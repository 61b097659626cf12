import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KnownError, messageOf } from '../model/error.js';

const execute = promisify(execFile);

/** The words of a fixed command line (no quoting). */
export const words = (text: string): string[] => text.split(' ');

/** Runs a program to its end and gives its stdout. Throws KnownError with the last line of its stderr. */
export const run = async (program: string, args: readonly string[]): Promise<string> => {
  try {
    return (await execute(program, args, { encoding: 'utf8' })).stdout;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
    throw new KnownError(`the lab cannot run "${program} ${args.join(' ')}": ${stderr || messageOf(error)}`, {
      cause: error,
    });
  }
};

/** As `run`, but says only whether it succeeded. */
export const succeeds = async (program: string, args: readonly string[]): Promise<boolean> =>
  run(program, args).then(
    () => true,
    () => false,
  );
