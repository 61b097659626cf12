import type { CommandModule } from 'yargs';
import { systemClock } from '../clock.js';
import { EXIT, KnownError, usage } from '../model/error.js';
import { sayCount, sayNumberOf, sayOctets } from '../analysis/words/format.js';
import { deleteRuns, planPrune, removeLeftovers, type PrunedRun, type PrunePlan } from '../history/prune.js';
import { parseWhen } from '../history/run-filter.js';
import { redactedJson } from '../model/json.js';
import { stderr, stdout, askYes, requireCount, say, onStop } from '../terminal.js';
import { join } from 'node:path';
import { restoreLine } from '../trigger/act/pending.js';
import { openIn, readUndoLines } from '../trigger/act/undo-lines.js';
import { UNDO_FILE } from '../store/names.js';

/**
 * Why changes of a run to its pair may not have been taken back, in a clause; null: they were, or there was none. Its
 * undo journal is only read, unlike by those who go on with it. What a damaged one holds nobody knows.
 */
const whyUndo = async (run: string): Promise<string | null> => {
  try {
    const lines = await readUndoLines(join(run, UNDO_FILE));
    if (lines === null || (openIn(lines).length === 0 && lines.unreadable.length === 0)) return null;
    return `the pair was not restored: ${restoreLine(run, lines.header?.drivers ?? [])}`;
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    return error.message;
  }
};

interface PruneArguments {
  readonly keep: number | undefined;
  readonly 'older-than': string | undefined;
  readonly scenario: string | undefined;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly out: string;
  readonly json: boolean;
}

const planOf = (args: PruneArguments): Promise<PrunePlan> => {
  const { keep, out, scenario } = args;
  const age = args['older-than'];
  if (keep === undefined && age === undefined)
    throw usage('say what is to stay', 'for example --keep 30, or --older-than 90d, or both');
  return planPrune({
    out,
    scenario: scenario ?? null,
    keep: keep === undefined ? 1 : requireCount('--keep', keep),
    before_ms: age === undefined ? null : parseWhen('--older-than', age, systemClock.wall()),
    whyUndo,
  });
};

const sumOf = (runs: readonly PrunedRun[]): string =>
  `${sayNumberOf(runs.length, 'run')}, ${sayOctets(runs.reduce((sum, { octets }) => sum + octets, 0))}`;

const planText = ({ go, spared, stay }: PrunePlan): string =>
  [
    ...go.map(({ path, octets }) => `goes   ${path}  ${sayOctets(octets)}`),
    ...spared.map(({ path, why }) => `stays  ${path}  ${why}`),
    `${sumOf(go)} to delete; ${sayCount(stay + spared.length)} stay.`,
  ].join('\n');

/** @returns the runs that were deleted. */
const carryOut = async ({ go }: PrunePlan, args: PruneArguments): Promise<readonly PrunedRun[]> => {
  if (args['dry-run']) return [];
  await removeLeftovers(args.out);
  if (go.length === 0) return [];
  if (!args.yes) {
    if (!process.stdin.isTTY) throw usage(`nothing was deleted: ${sumOf(go)} need a yes`, 'add --yes');
    if (!(await askYes(`Delete ${sumOf(go)}?`)))
      throw new KnownError('nothing was deleted', { exitCode: EXIT.inconclusive });
  }
  const deleted: PrunedRun[] = [];
  const stop = onStop();
  stop.phase = 'touched';
  stop.say = () => say('stopping after this run');
  try {
    await deleteRuns(go, (run) => deleted.push(run), stop.signal);
  } finally {
    stop.release();
  }
  if (stop.signal.aborted) {
    say(`stopped: deleted ${sumOf(deleted)} of ${sayCount(go.length)}; the rest is untouched`);
    process.exitCode = EXIT.inconclusive;
  }
  return deleted;
};

const prune = async (args: PruneArguments): Promise<void> => {
  const plan = await planOf(args);
  const out = args.json ? stderr : stdout;
  out.write(`${planText(plan)}\n`);
  const deleted = await carryOut(plan, args);
  if (args.json) {
    const { go, spared } = plan;
    const document = { format: 1, dry_run: args['dry-run'], go, spared, deleted: deleted.length };
    stdout.writeDocument(`${redactedJson(document, 2)}\n`);
  } else if (plan.go.length > 0)
    stdout.write(args['dry-run'] ? 'Nothing was deleted (--dry-run).\n' : `Deleted ${sumOf(deleted)}.\n`);
};

/** `seqgap prune` */
export const pruneCommand: CommandModule<object, PruneArguments> = {
  builder: (yargs) =>
    yargs
      .option('keep', {
        type: 'number',
        describe: 'So many of the newest of each scenario and version stay (1 with --older-than alone)',
      })
      .option('older-than', { type: 'string', describe: 'Only what is older goes: 90d, or 2026-01-31' })
      .option('scenario', { type: 'string', describe: 'Only runs of this scenario' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'Say what would go, delete nothing' })
      .option('yes', { type: 'boolean', alias: 'y', default: false, describe: 'Do not ask' })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('json', { type: 'boolean', default: false, describe: 'Print what goes as JSON' })
      .example('$0 prune --keep 30 --dry-run', 'What would go if 30 of each scenario and version stayed')
      .example(
        '$0 prune --keep 10 --older-than 90d --yes',
        'From a nightly job: ten, and all of 90 days, stay',
      )
      .epilogue(
        'A run that is running, whose pair was not restored, which `latest` names or which cannot be read ' +
          'is never deleted, but listed. Exit codes: 0 done, 2 not wanted or not to be deleted, 64 usage.',
      ),
  handler: prune,
};
