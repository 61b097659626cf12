import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.js';
import { insideLab } from '../lab/start.js';
import { hearStops } from '../stop-signals.js';
import { showCursor, stdout, say } from '../terminal.js';
import { allPending } from '../trigger/act/pending.js';
import { hostState, labState } from '../trigger/act/pair-keys.js';
import { takeOver } from '../watchdog/guard.js';
import { HeldJournal } from '../watchdog/held-journal.js';
import { Vigil } from '../watchdog/vigil.js';
import { ALIVE, READY, readWord } from '../watchdog/word.js';

interface WatchdogArguments {
  run: string;
  runner: number;
  drivers: string[];
}

const TICK_MS = 1000;
/** Beside the prober it is nobody, until it has to act. */
const NICE = 10;

const prioritize = (nice: number): void => {
  try {
    setPriority(nice);
  } catch {
    // Only root may become more important again.
  }
};

/** Why the watch is over; null: the runner has ended in order. */
const watch = (vigil: Vigil, isOpen: () => boolean): Promise<string | null> =>
  new Promise((resolve) => {
    const over = (why: string | null): void => {
      clearInterval(timer);
      resolve(why);
    };
    const timer = setInterval(() => {
      // What has come meanwhile is heard first: words may have waited, as this process has.
      setImmediate(() => {
        const why = vigil.tick(TICK_MS);
        if (why !== null && isOpen()) over(why);
      });
    }, TICK_MS);
    const words = createInterface({ input: process.stdin });
    words.on('line', (line) => {
      const word = readWord(line);
      if (word === null) return;
      vigil.hear(word);
      if (word.do === 'beat') stdout.write(`${ALIVE}\n`);
    });
    words.on('close', () => over(vigil.ended ? null : 'the run was killed'));
    stdout.write(`${READY}\n`);
  });

/** A mark that cannot be read is found by the next run. */
const hasMark = (state: string, run: string): Promise<boolean> =>
  allPending(state).then(
    ({ marks }) => marks.some((mark) => mark.run === run),
    () => false,
  );

const guard = async ({ run, runner, drivers }: WatchdogArguments): Promise<void> => {
  // Told to the whole group, or by somebody who ends all that is called seqgap: the runner decides what it means.
  hearStops(() => undefined);
  prioritize(NICE);
  const journal = new HeldJournal(run);
  const vigil = new Vigil();
  const why = await watch(vigil, () => journal.isOpen());
  if (why === null) return;
  prioritize(0);
  // The live view of the runner has hidden the cursor.
  showCursor();
  const isMarked = (): Promise<boolean> => hasMark(insideLab() === null ? hostState() : labState(), run);
  process.exitCode = await takeOver(
    { journal, isMarked, drivers, runner, clock: systemClock, say },
    why,
    vigil.agents,
  );
};

/** Started by the runner; of no use by hand, so it is not listed. */
export const watchdogCommand: CommandModule<object, WatchdogArguments> = {
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', demandOption: true })
      .option('runner', { type: 'number', demandOption: true })
      .option('drivers', { type: 'string', array: true, default: [] }),
  handler: guard,
};
