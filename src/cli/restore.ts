import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.js';
import { runInLab } from '../lab/enter.js';
import { findKept, initOf, type KeptLab } from '../lab/kept.js';
import { insideLab } from '../lab/start.js';
import { EXIT, KnownError, type ExitCode } from '../model/error.js';
import type { LabPlan } from '../model/lab-plan.js';
import { samePlan } from '../scenario/lab.js';
import { stderr, stdout, askYes, say, onStop, type Stop } from '../terminal.js';
import { leftoverNamed, leftoverOf, type Leftover } from '../trial/leftover.js';
import { knownOf, restoreRun, type RestoreOptions } from '../trial/restore-run.js';
import { lifeOfNamespace, namespaceOf, type Life } from '../trigger/act/holder.js';
import { heldPairs, PairHeld } from '../trigger/act/lock.js';
import {
  allPending,
  isSameRun,
  removePending,
  runName,
  type DamagedMark,
  type Pending,
} from '../trigger/act/pending.js';
import { askOn } from '../trigger/act/person.js';
import { hostState, labState } from '../trigger/act/pair-keys.js';

interface RestoreArguments {
  run: string | undefined;
  drivers: string[];
  out: string;
}

const tell = (text: string): void => stdout.write(`${text}\n`);

/** Is it this run's lab that is kept? */
const isItsLab = async (kept: KeptLab, { header }: Leftover): Promise<boolean> => {
  const init = initOf(kept);
  return header === null || (init !== null && (await namespaceOf(init)) === header.holder.pidns);
};

/** Is the lab of a run up? Of a run whose journal does not say where it ran, the one that is kept may be it. */
const lifeOfLab = async (lab: LabPlan, kept: KeptLab | null, { header }: Leftover): Promise<Life> => {
  if (header !== null) return lifeOfNamespace(header.holder);
  return kept !== null && samePlan(kept.plan, lab) ? 'alive' : 'gone';
};

const restoreArguments = (folder: string | null, drivers: readonly string[]): string[] => [
  'restore',
  ...(folder === null ? [] : [folder]),
  ...drivers.flatMap((each) => ['--drivers', each]),
];

/** What a killed run left behind on a lab went with the lab, unless `seqgap lab up` keeps it. Throws KnownError. */
const restoreInLab = async (left: Leftover, lab: LabPlan, drivers: readonly string[]): Promise<ExitCode> => {
  const { header, folder, name } = left;
  const kept = findKept();
  switch (await lifeOfLab(lab, kept, left)) {
    case 'gone':
      tell('nothing to undo: the lab of this run is gone');
      return EXIT.pass;
    case 'unknown':
      throw new KnownError(
        `not known whether the lab of the run ${name} is still up: it ran on ${header?.holder.host ?? 'another host'}`,
        { remedy: 'restore it there, as root; a lab that is gone has taken all its changes with it' },
      );
    case 'alive':
      if (kept !== null && (await isItsLab(kept, left)))
        return (await runInLab(kept.plan, restoreArguments(folder, drivers))) as ExitCode;
      throw new PairHeld(`the lab of the run ${name} is up: nothing was done`, {
        remedy:
          'the run is going on in it and puts the pair back itself; or it is kept (seqgap lab up) with another ' +
          'XDG_STATE_HOME: give the same one',
      });
  }
};

const restoreOne = async (left: Leftover, options: RestoreOptions): Promise<ExitCode> => {
  const { target } = await knownOf(left);
  if (target !== null && target.lab !== null && insideLab() === null)
    return restoreInLab(left, target.lab, options.drivers);
  await restoreRun(left, options);
  return EXIT.pass;
};

/** One of several: what is wrong with it keeps nobody from the others. */
const sayError = (error: unknown): ExitCode => {
  if (!(error instanceof KnownError)) throw error;
  say(`seqgap: ${error.message}${error.remedy === null ? '' : `\n  → ${error.remedy}`}`);
  return error.exitCode;
};

/** Which run it is about, nobody knows: a person has to look. */
const forgetDamaged = async (
  { path, error }: DamagedMark,
  { confirm }: RestoreOptions,
): Promise<ExitCode> => {
  if (
    await confirm(
      `${error.message}. Did you look at both nodes of that pair, and are they as they should be?`,
    )
  ) {
    await removePending({ path });
    tell(`${path} is removed`);
    return EXIT.pass;
  }
  say(`seqgap: ${error.message}\n  → look whether both nodes are as they should be, then remove ${path}`);
  return EXIT.notRestored;
};

/** Marks of a kept lab are in the lab. Seen from here they lie below the root of its first process. */
const isPendingInLab = (kept: KeptLab): boolean => {
  try {
    const folder = join(`/proc/${initOf(kept)}/root`, labState(), 'pending');
    return readdirSync(folder).some((name) => name.endsWith('.json'));
  } catch {
    return false;
  }
};

/** One mark of each run. */
const runsOf = (marks: readonly Pending[]): Pending[] =>
  marks.filter((mark, index) => marks.findIndex((each) => isSameRun(each, mark)) === index);

/** Whatever is pending on this host, each in turn. @returns the worst exit code. */
const restoreAll = async (options: RestoreOptions): Promise<ExitCode> => {
  const { state } = options;
  const { marks, damaged } = await allPending(state);
  const codes: ExitCode[] = [];
  for (const mark of runsOf(marks)) {
    if (options.signal.aborted) break;
    tell(`${runName(mark)} (${mark.nodes.join(', ') || 'no nodes'}):`);
    codes.push(
      await leftoverOf(mark.run, marks, mark)
        .then((left) => restoreOne(left, options))
        .catch(sayError),
    );
  }
  for (const each of damaged) codes.push(await forgetDamaged(each, options));
  const kept = insideLab() === null ? findKept() : null;
  if (kept !== null && isPendingInLab(kept)) {
    tell('in the lab that is kept:');
    codes.push((await runInLab(kept.plan, restoreArguments(null, options.drivers))) as ExitCode);
  }
  if (codes.length === 0) {
    // Between two trials of a run that is going on its pair is as it was, and will not be in a moment.
    const [held] = await heldPairs(state);
    if (held !== undefined)
      throw new PairHeld(`nothing is pending now, but a run holds the pair ${held}: nothing was done`, {
        remedy: 'a run puts its pair back when it ends',
      });
    tell(`nothing is pending: no run has left a mark in ${join(state, 'pending')}`);
    return EXIT.pass;
  }
  const all = runsOf(marks).length + damaged.length;
  if (all > 1) tell(`${codes.filter((code) => code === EXIT.pass).length} of ${all} are done`);
  return Math.max(...codes) as ExitCode;
};

const optionsOf = ({ drivers }: RestoreArguments, stop: Stop): RestoreOptions => ({
  state: insideLab() === null ? hostState() : labState(),
  drivers: drivers.map((folder) => resolve(folder)),
  clock: systemClock,
  signal: stop.signal,
  input: process.stdin,
  ask: askOn(stderr),
  say: tell,
  note: say,
  confirm: (question) => (process.stdin.isTTY ? askYes(question) : Promise.resolve(false)),
});

const restore = async (args: RestoreArguments): Promise<void> => {
  const stop = onStop();
  stop.say = () => say('what is being undone is undone to its end; nothing else is begun');
  const options = optionsOf(args, stop);
  const work = async (): Promise<ExitCode> => {
    if (args.run === undefined) return restoreAll(options);
    const { marks } = await allPending(options.state);
    return restoreOne(await leftoverNamed(args.run, args.out, marks), options);
  };
  process.exitCode = await work().finally(() => stop.release());
};

export const restoreCommand: CommandModule<object, RestoreArguments> = {
  builder: (yargs) =>
    yargs
      .positional('run', {
        type: 'string',
        describe: "A run's folder, its name, or `latest`; left out: whatever is pending on this host",
      })
      .option('drivers', {
        type: 'string',
        array: true,
        default: [],
        describe: 'More folders with drivers, beside those that the run had',
      })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results, for a name' })
      .example('$0 restore', 'After kill -9, a crash of this host, or a closed laptop')
      .example('$0 restore results/fw/20261122T020917Z-9.0', 'The undo of one run'),
  handler: restore,
};
