import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { EXIT, KnownError } from '../model/error.js';

/** Beside the sessions: probes, pipes, the event loop's own. */
const OWN_FILES = 256;

/** The most files that this process may have open; null where nobody says. Node has raised the soft limit already. */
const openFilesLimit = (): number | null => {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined || soft === 'unlimited' ? null : Number(soft);
  } catch {
    return null;
  }
};

/**
 * Sees to it that so many sessions can be open at once. Node cannot raise its hard limit, prlimit(1) can, for root.
 * @throws KnownError with both figures where that does not do.
 */
export const ensureOpenFiles = async (sessions: number): Promise<void> => {
  const needed = sessions + OWN_FILES;
  const isEnough = (): boolean => {
    const limit = openFilesLimit();
    return limit === null || limit >= needed;
  };
  if (isEnough()) return;
  await promisify(execFile)('prlimit', ['--pid', String(process.pid), `--nofile=${needed}:${needed}`]).catch(
    () => {},
  );
  if (isEnough()) return;
  throw new KnownError(
    `${sessions} sessions need ${needed} open files, and ${openFilesLimit() ?? 'fewer'} are allowed here`,
    {
      remedy: `raise the limit where the agent is started: ulimit -n ${needed} (root), or LimitNOFILE= of the service`,
      exitCode: EXIT.inconclusive,
    },
  );
};
