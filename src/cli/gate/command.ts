import { relative, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { DEFAULT_MARGIN } from '../../analysis/comparison/compare.js';
import { judgeGate } from '../../analysis/gate/gate.js';
import { systemClock } from '../../clock.js';
import { EXIT, KnownError, type ExitCode, usage } from '../../model/error.js';
import type { RunSummary } from '../../model/figures.js';
import type { BaselineRule, GateResult } from '../../model/gate.js';
import {
  githubAnnotations,
  gitlabAnnotations,
  gateChat,
  gateJunit,
} from '../../report/gate/gate-annotations.js';
import { gateDocument } from '../../report/gate/gate-data.js';
import { gateTerminal } from '../../report/gate/gate-terminal.js';
import { writeAtomic } from '../../store/replace-file.js';
import { scenarioPathFrom } from '../../store/run-folder.js';
import { parseWhen } from '../../history/run-filter.js';
import { readRun } from '../../store/stored-run.js';
import { redactedJson } from '../../model/json.js';
import { stderr, stdout, hasColor, say, widthOf } from '../../terminal.js';
import { sayError, withRefusal, writeJunit, findBaseline, findTested } from './runs.js';
import { parseMargin } from '../compare.js';

const ANNOTATIONS = ['github', 'gitlab', 'none'] as const;
type Annotations = (typeof ANNOTATIONS)[number];

interface GateArguments {
  readonly run: string | undefined;
  readonly scenario: string | undefined;
  readonly since: string | undefined;
  readonly baseline: readonly string[] | undefined;
  readonly last: number | undefined;
  readonly 'baseline-version': string | undefined;
  readonly margin: string | undefined;
  readonly alpha: number;
  readonly 'warm-up': number | undefined;
  readonly out: string | undefined;
  readonly json: boolean | undefined;
  readonly chat: boolean | undefined;
  readonly junit: string | undefined;
  readonly annotations: Annotations | undefined;
}

/** One night is held against 19 (analysis/gate/nights.ts), also where the newest of these belongs to a regression already. */
const LAST_NIGHTS = 20;
/** An interval of 95 % decides as well, so that a larger alpha would change nothing. */
const LARGEST_ALPHA = 0.05;
/** The name that GitLab's own templates give it. */
const GITLAB_FILE = 'gl-code-quality-report.json';

const ruleOf = ({ baseline, last, 'baseline-version': version }: GateArguments): BaselineRule => {
  const given = [baseline, last, version].filter((each) => each !== undefined);
  if (given.length > 1)
    throw usage(
      '--baseline, --last and --baseline-version are three kinds of baseline',
      `give one of them; without any it is --last ${LAST_NIGHTS}`,
    );
  if (baseline !== undefined) return { kind: 'named', name: baseline.join(' + ') };
  if (version !== undefined) return { kind: 'version', version };
  const nights = last ?? LAST_NIGHTS;
  if (!Number.isInteger(nights) || nights < 1)
    throw usage('--last is not a whole number of nights from 1', `for example --last ${LAST_NIGHTS}`);
  return { kind: 'last', nights };
};

const alphaOf = ({ alpha }: GateArguments): number => {
  if (alpha > 0 && alpha <= LARGEST_ALPHA) return alpha;
  throw usage(
    `--alpha ${alpha}: from above 0 to ${LARGEST_ALPHA}`,
    'it is the chance of an alarm without any change, over all that decides; an interval of 95 % decides as well',
  );
};

const warmUpOf = ({ 'warm-up': nights }: GateArguments): number | null => {
  if (nights === undefined || (Number.isInteger(nights) && nights >= 1)) return nights ?? null;
  throw usage('--warm-up is not a whole number of nights from 1', 'for example --warm-up 20');
};

const annotationsOf = ({ annotations }: GateArguments): Annotations => {
  if (annotations !== undefined) return annotations;
  if (process.env['GITHUB_ACTIONS'] === 'true') return 'github';
  return process.env['GITLAB_CI'] === 'true' ? 'gitlab' : 'none';
};

/** A night whose run could not even begin must not be judged by the night before. */
const requireRecent = ({ run, scenario, started_utc }: RunSummary, since: string | undefined): void => {
  if (since === undefined || Date.parse(started_utc) >= parseWhen('--since', since, systemClock.wall()))
    return;
  throw new KnownError(`no run of ${scenario} since ${since}: the newest, ${run}, is of ${started_utc}`, {
    remedy: 'look why the scenario did not run',
  });
};

/** A pair that could not be restored comes before any verdict, as with `run`. */
const exitCodeOf = ({ run, verdict, learning }: GateResult): ExitCode => {
  if (run.restored === false) return EXIT.notRestored;
  if (learning !== null) return EXIT.pass;
  return { pass: EXIT.pass, fail: EXIT.limit, inconclusive: EXIT.inconclusive }[verdict];
};

const textOf = (result: GateResult, { json, chat }: GateArguments): string => {
  if (json === true) return `${redactedJson(gateDocument(result), 2)}\n`;
  if (chat === true) return gateChat(result);
  return gateTerminal(result, {
    columns: widthOf(stdout),
    color: hasColor(stdout),
  });
};

/** The scenario's file from here; GitLab wants it relative to the repository, which a job begins in. */
const scenarioFile = async ({ run }: GateResult): Promise<string> => {
  const { record } = await readRun(run.path);
  return relative(process.cwd(), scenarioPathFrom(run.path, record.scenario_file));
};

/** GitHub reads commands from what a step prints; what a program reads from stdout is to stay whole. */
const annotate = async (result: GateResult, args: GateArguments): Promise<void> => {
  switch (annotationsOf(args)) {
    case 'github':
      (args.json === true || args.chat === true ? stderr : stdout).writeCommands(githubAnnotations(result));
      return;
    case 'gitlab':
      await writeAtomic(resolve(GITLAB_FILE), gitlabAnnotations(result, await scenarioFile(result)));
      say(`Annotations: ${GITLAB_FILE}`);
      return;
    case 'none':
  }
};

const judge = async (args: GateArguments): Promise<GateResult> => {
  const rule = ruleOf(args);
  const alpha = alphaOf(args);
  const margin = args.margin === undefined ? DEFAULT_MARGIN : parseMargin(args.margin);
  const tested = await findTested(args.run ?? null, args.scenario ?? null, args.out ?? null);
  const { summary } = tested.figures;
  requireRecent(summary, args.since);
  const baseline = await findBaseline(tested, rule, args.baseline ?? []);
  if (!tested.named) say(`The newest run of ${summary.scenario}: ${summary.path}`);
  return judgeGate(tested.figures, baseline, { rule, margin, alpha, warmUp: warmUpOf(args) });
};

const gate = async (args: GateArguments): Promise<void> => {
  const { junit } = args;
  const result = await withRefusal(junit, () => judge(args));
  (args.json === true ? stdout.writeDocument : stdout.write)(textOf(result, args));
  process.exitCode = exitCodeOf(result);
  try {
    await annotate(result, args);
    if (junit !== undefined) await writeJunit(junit, gateJunit(result));
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    sayError(error);
    // The verdict has been said; a file that is missing must not make a failure look like anything less.
    if (result.verdict !== 'fail' && result.run.restored !== false) process.exitCode = EXIT.usage;
  }
};

/** `seqgap gate [RUN]` */
export const gateCommand: CommandModule<object, GateArguments> = {
  builder: (yargs) =>
    yargs
      .positional('run', {
        type: 'string',
        describe: "A run's folder, a `latest` link, or a folder of runs (its newest); else the newest of all",
      })
      .option('scenario', { type: 'string', describe: 'The newest run of this scenario' })
      .option('since', {
        type: 'string',
        describe: 'An older run is not judged (exit code 2): 12h, 2026-01-31, or RFC 3339',
      })
      .option('last', {
        type: 'number',
        describe: `Against so many runs before it that passed (${LAST_NIGHTS}, if no baseline is given)`,
      })
      .option('baseline-version', { type: 'string', describe: 'Against all nights of a version before it' })
      .option('baseline', {
        type: 'string',
        array: true,
        describe: 'Against a run, a folder of runs, or a selection as site=lab1; may be given several times',
      })
      .option('margin', {
        type: 'string',
        describe: "What does not matter: 10% of the baseline's median (the default), or a time as 500ms",
      })
      .option('alpha', {
        type: 'number',
        default: LARGEST_ALPHA,
        describe: 'Chance of an alarm without any change, over all that decides',
      })
      .option('warm-up', {
        type: 'number',
        describe: 'So many first nights may be undecided for want of a baseline: learning, exit code 0',
      })
      .option('out', { type: 'string', describe: 'Folder of all results (results, or where the run lies)' })
      .option('junit', { type: 'string', describe: 'Write JUnit XML into this file' })
      .option('annotations', {
        choices: ANNOTATIONS,
        describe: `github: workflow commands; gitlab: ${GITLAB_FILE}; by itself in their jobs`,
      })
      .option('json', { type: 'boolean', describe: 'Print everything as JSON' })
      .option('chat', { type: 'boolean', describe: 'Print one paragraph of Markdown' })
      .conflicts('json', 'chat')
      .example('$0 gate --scenario fw-crash', `The newest run against the last ${LAST_NIGHTS} that passed`)
      .example('$0 gate --scenario fw-crash --since 12h --junit gate.xml', 'For a nightly job')
      .example(
        '$0 gate --scenario fw-crash --baseline-version 10.1.3',
        'Against a version that is known to be good',
      )
      .example('$0 gate --scenario fw-crash --warm-up 10', 'Not red while there are fewer nights than that')
      .example('$0 gate --scenario fw-crash --chat', 'One paragraph for a chat')
      .epilogue(
        'Exit codes: 0 pass, 1 a limit was exceeded or a regression found, 2 not decided (a void trial, a run that ' +
          'is not whole, not enough runs yet), 3 pair not restored, 64 usage. docs/nightly.md says how the verdict ' +
          'is reached.',
      ),
  handler: gate,
};
