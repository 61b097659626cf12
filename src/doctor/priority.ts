import { execa } from 'execa';

const chrt = async (...policy: readonly string[]): Promise<boolean> => {
  if (process.platform !== 'linux') return false;
  const { exitCode } = await execa('chrt', ['-a', ...policy, String(process.pid)], {
    reject: false,
    stdio: 'ignore',
  });
  return exitCode === 0;
};

/**
 * Does `work` with the priority that an agent gives itself (src/probe/agent.ts): round-robin real time, where that is
 * permitted (root, CAP_SYS_NICE); what is started meanwhile is not raised (`-R`). Otherwise a measurement here would
 * say less of the prober than of what else runs.
 */
export const withPriority = async <T>(work: () => Promise<T>): Promise<T> => {
  const raised = await chrt('-R', '-r', '-p', '1');
  try {
    return await work();
  } finally {
    if (raised) await chrt('-o', '-p', '0');
  }
};
