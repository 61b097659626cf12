import { execa } from 'execa';

export interface Ended {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program without a terminal. */
export const seqgap = async (...args: string[]): Promise<Ended> => {
  const { exitCode, stdout, stderr } = await execa('node', ['dist/cli.js', ...args], {
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1' },
  });
  return { code: exitCode, stdout, stderr };
};
