import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

export interface Program {
  /** What it has printed so far, of both streams. */
  readonly said: () => string;
  /** Kills it, and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a program that serves until it is stopped, and ends with the test, killed or not. Waits until `ready`. Throws what
 * it said where it ends before.
 */
export const serve = async (
  command: readonly string[],
  ready: (said: string) => boolean | Promise<boolean>,
  { env = {}, cwd }: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string } = {},
): Promise<Program> => {
  const child = execa('setpriv', ['--pdeathsig', 'KILL', ...command], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    all: true,
    reject: false,
    stdin: 'pipe',
  });
  let said = '';
  let over = false;
  child.all.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.once('exit', () => {
    over = true;
  });
  while (!(await ready(said))) {
    if (over) throw new Error(`${command.join(' ')} ended: ${said}`);
    await sleep(50);
  }
  return {
    said: () => said,
    stop: async () => {
      child.kill('SIGKILL');
      await child;
    },
  };
};

/** Does a server answer there, whatever it says? */
export const answers = async (url: string): Promise<boolean> => {
  try {
    await fetch(url, { signal: AbortSignal.timeout(5000) });
    return true;
  } catch {
    return false;
  }
};
