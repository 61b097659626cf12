import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { holdsWithin } from '../deadline.js';
import { EXIT, messageOf } from '../model/error.js';
import { oneLine } from '../model/outside.js';
import type { Clock } from '../model/time.js';
import { PROGRAM } from '../package-folder.js';
import { writeAtomic } from '../store/replace-file.js';
import { RUN_FILE, WATCHDOG_LOG } from '../store/names.js';
import type { HeldJournal } from './held-journal.js';

/** Until a process that was killed is gone: one that waits for a disk may take long, and does nothing meanwhile. */
const GONE_MS = 10_000;
const GONE_POLL_MS = 10;

/** Before each try of the restore, which itself waits for nodes that cannot be read. */
const PAUSES_MS = [0, 2000, 10_000];
/** A restore has its own time-outs; one that outlasts them all is ended, and tried again. */
const TRY_MS = 3_600_000;

export interface Guard {
  readonly journal: HeldJournal;
  /** Is the pair marked as changed by this run? It may have been killed between its mark and its journal. */
  readonly isMarked: () => Promise<boolean>;
  /** As given to `--drivers`. */
  readonly drivers: readonly string[];
  /** Process id of the runner, who started this one. */
  readonly runner: number;
  readonly clock: Clock;
  /** A line for whoever still reads what the run says. */
  readonly say: (text: string) => void;
}

const kill = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
};

/**
 * Two must never act on a pair at once: the runner is ended before anything else is done. Its id is its own as long
 * as it is this process's parent: the kernel gives an orphan another one. A command that it has sent off runs to its end, as after any kill: the undo knows
 * that its effect may be still to come.
 */
const fence = async (runner: number, agents: readonly number[]): Promise<void> => {
  if (process.ppid === runner) kill(runner);
  // Each leads a process group of its own.
  for (const pid of agents) kill(-pid);
  await holdsWithin(() => process.ppid !== runner, { limit_ms: GONE_MS, every_ms: GONE_POLL_MS });
};

/** The very command that a person would give. @returns its exit code, null if it was killed. */
const restore = async (
  folder: string,
  drivers: readonly string[],
  tell: (line: string) => void,
): Promise<number | null> => {
  const args = [PROGRAM, 'restore', folder, ...drivers.flatMap((each) => ['--drivers', each])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const read = (from: Readable): void => void createInterface({ input: from }).on('line', tell);
  read(child.stdout);
  read(child.stderr);
  const late = setTimeout(() => child.kill('SIGKILL'), TRY_MS);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code;
  } catch (error) {
    tell(`it cannot be started: ${messageOf(error)}`);
    return null;
  } finally {
    clearTimeout(late);
  }
};

/** So that the run does not say for ever that it is running. What the runner wrote last about itself stays. */
const recordEnd = async (folder: string, why: string, restored: boolean, clock: Clock): Promise<void> => {
  const path = join(folder, RUN_FILE);
  const record: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof record !== 'object' || record === null || !('status' in record)) return;
  const ended =
    record.status === 'running'
      ? { status: 'failed', ended_utc: new Date(clock.wall()).toISOString(), error: why }
      : {};
  await writeAtomic(path, `${JSON.stringify({ ...record, ...ended, restored }, null, 2)}\n`);
};

/**
 * Ends the runner and carries out the undo journal; does nothing but the former where nothing is pending. Every
 * word goes to `say` and into watchdog.log of the run's folder, as far as each of the two still takes it.
 * @returns the exit code: 3 where the pair is not restored.
 */
export const takeOver = async (
  { journal, isMarked, drivers, runner, clock, say }: Guard,
  why: string,
  agents: readonly number[],
): Promise<number> => {
  await fence(runner, agents);
  if (!journal.isOpen() && !(await isMarked())) return EXIT.pass;
  let folder: string | null = null;
  const tell = (text: string): void => {
    say(`seqgap watchdog: ${text}`);
    if (folder === null) return;
    try {
      appendFileSync(
        join(folder, WATCHDOG_LOG),
        `${new Date(clock.wall()).toISOString()} ${oneLine(text)}\n`,
      );
    } catch {
      // A full disk, or one that is gone: the pair comes first.
    }
  };
  let code: number | null = null;
  try {
    folder = journal.folder();
    tell(`${why}: it is ended, and the pair is being restored`);
    for (const pause of PAUSES_MS) {
      await sleep(pause);
      code = await restore(folder, drivers, tell);
      // Where somebody else was quicker there is nothing left to do, and that is said by the next try.
      if (code === EXIT.pass) break;
    }
  } catch (error) {
    tell(`${why}; what would undo it cannot be read or written: ${messageOf(error)}`);
  }
  const restored = code === EXIT.pass;
  const there = folder ?? 'RUN';
  tell(
    restored
      ? `the pair is restored; what was measured until then: seqgap report ${there}`
      : `the pair is NOT restored: do what is said above by hand, or try again: seqgap restore ${there}`,
  );
  if (folder !== null) {
    const ending = `${why}; its watchdog ${restored ? 'restored the pair' : 'could not restore the pair'}`;
    await recordEnd(folder, ending, restored, clock).catch((error: unknown) =>
      tell(`run.json still says that the run goes on: ${messageOf(error)}`),
    );
  }
  return restored ? EXIT.pass : EXIT.notRestored;
};
