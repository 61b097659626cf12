import { execFile } from 'node:child_process';

/** Sets the policy of every thread of this process. @returns whether that was permitted. */
const chrt = (...policy: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    if (process.platform !== 'linux') resolve(false);
    else execFile('chrt', ['-a', ...policy, String(process.pid)], (error) => resolve(error === null));
  });

/**
 * Does `work` with the priority that an agent gives itself (src/probe/agent/priority.ts): round-robin real time, where that is
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
