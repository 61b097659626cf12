import type { CommandModule } from 'yargs';
import { compareSides, DEFAULT_CONFIDENCE, DEFAULT_MARGIN } from '../../analysis/comparison/compare.js';
import { type Twin, fitTwin, planWith, withBoot } from '../../analysis/twin/fit.js';
import type { TwinKnob } from '../../analysis/twin/knobs.js';
import { chooseDesign, measuredOutages } from '../../analysis/twin/measured.js';
import { type Changes, knobsThatCount, missingKnob, predict } from '../../analysis/twin/predict.js';
import { systemClock } from '../../clock.js';
import { openRun } from '../../history/find-runs.js';
import { selectSides } from '../../history/select.js';
import { type ExitCode, KnownError, usage } from '../../model/error.js';
import { redactedJson } from '../../model/json.js';
import { LAB_DESIGNS, type LabDesign, type LabPlan } from '../../model/lab-plan.js';
import { NS_PER_S } from '../../model/time.js';
import { compareTerminal } from '../../report/compare/compare-report.js';
import { twinDocument } from '../../report/twin/twin-data.js';
import { type SaidKnob, twinTerminal, type TwinReport } from '../../report/twin/twin-report.js';
import { someKnobs, writtenKey, writtenKnob } from '../../scenario/lab.js';
import { parseScenario } from '../../scenario/load.js';
import { writeAtomic } from '../../store/replace-file.js';
import type { StoredRun } from '../../store/stored-run.js';
import { hasColor, onStop, say, stdout, widthOf } from '../../terminal.js';
import { explainedBy, type RecordArguments, recordOptions, requireTrial, RUN } from '../explain/beside.js';
import { knobPairs } from '../lab.js';
import { refuseExisting } from '../new-file.js';
import { runInterleaved } from '../run/command.js';
import { twinName, twinText, type TwinText } from './scenario.js';

interface TwinArguments extends RecordArguments {
  readonly run: string;
  readonly design: LabDesign | undefined;
  readonly knob: readonly string[];
  readonly 'what-if': readonly string[];
  readonly out: string | undefined;
  readonly force: boolean;
  readonly measure: boolean;
  readonly repeat: number | undefined;
  readonly json: boolean;
}

const AS_MEASURED = 'as-measured';
const WHAT_IF = 'what-if';
/** Where runs of the twin go, as those of every scenario. */
const RESULTS = 'results';

const saidKnobs = (design: LabDesign, knobs: readonly TwinKnob[]): readonly SaidKnob[] =>
  knobs.map(({ key, value, basis, from, maybe }) => {
    const [name, words] = writtenKnob(design, key, value);
    return { name, words, basis, from, maybe };
  });

/** What is to be changed, with what it is changed to. Throws KnownError (usage) where nothing can come of it. */
const changesOf = (twin: Twin, given: Readonly<Record<string, string>>): Changes => {
  const { design } = twin.plan;
  const { plan, keys } = someKnobs(design, given);
  const values: Readonly<Record<string, unknown>> = plan;
  const changes = Object.fromEntries([...keys].map((key) => [key, values[key]])) as Changes;
  const counting = knobsThatCount(twin.plan);
  const idle = [...keys].find((key) => !counting.includes(key));
  if (idle !== undefined)
    throw usage(
      `--what-if ${writtenKey(idle)}: the outage of this twin does not depend on it`,
      `it does on ${counting.map(writtenKey).join(', ')}`,
    );
  const missing = missingKnob(twin, changes);
  if (missing !== null)
    throw usage(
      `--what-if ${Object.keys(given).join(', ')}: what "${writtenKey(missing)}" is, this run does not tell`,
      `say what it is with --knob ${writtenKey(missing)}=…, or what it would be with --what-if`,
    );
  return changes;
};

const requireFailure = ({ record }: StoredRun): void => {
  if (record.scenario.trigger.action === 'switchover')
    throw usage(
      `${record.run}: of a switchover there is no twin, since a lab's active node loses power`,
      'take a run whose trigger was a crash, stop or reboot',
    );
};

interface Fitted {
  readonly report: TwinReport;
  readonly twin: Twin;
  readonly changes: Changes;
}

const fit = async (stored: StoredRun, args: TwinArguments): Promise<Fitted> => {
  const parts = await explainedBy(stored, args);
  const { observe } = stored.record.scenario;
  const { chains, hasApi } = parts.chains;
  const { design, why } =
    args.design === undefined ? chooseDesign(chains, observe, hasApi) : { design: args.design, why: null };
  const measure = (plan: LabPlan) => measuredOutages(chains, plan, observe);
  const stated = someKnobs(design, knobPairs('--knob', args.knob));
  if (measure(stated.plan).length === 0)
    throw new KnownError(
      `${stored.path} has no failover whose beginning and end were seen: there is nothing to fit`,
      {
        remedy: `seqgap explain ${args.run} says what became of its trials`,
      },
    );
  const twin = fitTwin(stated, measure);
  const given = knobPairs('--what-if', args['what-if']);
  const names = Object.keys(given);
  const changes = names.length === 0 ? {} : changesOf(twin, given);
  const report: TwinReport = {
    ...parts,
    design,
    why,
    knobs: saidKnobs(design, twin.knobs),
    outages: twin.outages,
    change:
      names.length === 0
        ? null
        : {
            knobs: Object.entries(changes).map(([key, value]) => {
              const [name, after] = writtenKnob(design, key, value);
              const now = twin.knobs.find((knob) => knob.key === key)?.value ?? value;
              return { name, before: writtenKnob(design, key, now)[1], after };
            }),
            prediction: predict(twin, changes),
          },
  };
  return { report, twin, changes };
};

/** `twin.yaml` has `twin-what-if.yaml` beside it. */
const besideOf = (file: string): string => file.replace(/(\.ya?ml)?$/, `-${WHAT_IF}$1`);

/** Writes one version; what `seqgap check` would refuse is a bug. */
const write = async (
  file: string,
  about: TwinText,
  version: string,
  plan: LabPlan,
  knobs: readonly SaidKnob[],
): Promise<void> => {
  const text = await twinText({ plan, version, knobs }, { ...about, file });
  parseScenario(text, file);
  await writeAtomic(file, text);
};

/** @returns the files, as measured and with what is changed. */
const writeTwin = async (
  stored: StoredRun,
  { report, twin, changes }: Fitted,
  out: string,
  force: boolean,
): Promise<readonly string[]> => {
  const hasChange = report.change !== null;
  const files = hasChange ? [out, besideOf(out)] : [out];
  for (const file of files) await refuseExisting(file, force);
  const about: TwinText = {
    scenario: stored.record.scenario.name,
    run: stored.record.run,
    longest_s: Math.max(...twin.outages.map(({ hi_ns }) => hi_ns)) / NS_PER_S,
    trials: twin.outages.length,
    file: out,
  };
  const { design } = twin.plan;
  await write(out, about, AS_MEASURED, twin.plan, report.knobs);
  if (hasChange) {
    const changed = withBoot(twin.knobs, planWith(twin.plan, changes));
    const values: Readonly<Record<string, unknown>> = changed;
    const knobs = twin.knobs.map(({ key, ...knob }): TwinKnob => ({
      ...knob,
      key,
      value: values[key] as TwinKnob['value'],
      ...(key in changes ? ({ basis: 'free', from: 'what if', maybe: '' } as const) : {}),
    }));
    await write(besideOf(out), about, WHAT_IF, changed, saidKnobs(design, knobs));
  }
  return files;
};

/** The order to measure what was written. */
const orderOf = (files: readonly string[]): string =>
  `seqgap run ${files.join(' ')}${files.length > 1 ? ' --interleave' : ''}`;

/** Runs both versions in turn in the lab, and says how they compare. @returns the exit code of the run. */
const measureBoth = async (
  files: readonly string[],
  scenario: string,
  repeat: number | undefined,
): Promise<ExitCode> => {
  const stop = onStop();
  const since = new Date(systemClock.wall()).toISOString();
  const code = await runInterleaved(
    {
      scenario: [...files],
      repeat,
      version: undefined,
      label: [],
      out: RESULTS,
      interleave: true,
      'dry-run': false,
      yes: true,
      json: false,
      drivers: [],
      witness: false,
      turns: false,
    },
    stop,
  ).finally(() => stop.release());
  const [base, ...candidates] = await selectSides([`version=${AS_MEASURED}`, `version=${WHAT_IF}`], {
    out: RESULTS,
    scenario,
    since,
    until: undefined,
  });
  if (base === undefined) throw new Error('no side for the base');
  const result = compareSides(base, candidates, {
    margin: DEFAULT_MARGIN,
    confidence: DEFAULT_CONFIDENCE,
    metrics: ['longest'],
    phase: 'failover',
  });
  stdout.write(compareTerminal(result, { columns: widthOf(stdout), color: hasColor(stdout) }));
  return code;
};

const requireOrder = ({ measure, repeat, out, 'what-if': changed, json }: TwinArguments): void => {
  if (!measure && repeat !== undefined)
    throw usage('--repeat is how often --measure measures', 'give --measure too, or leave it out');
  if (!measure) return;
  if (out === undefined || changed.length === 0)
    throw usage(
      '--measure compares the twin with what is changed',
      'give --what-if KNOB=VALUE and -o twin.yaml',
    );
  if (json) throw usage('--measure prints reports of runs, no JSON', 'leave out --json');
};

const twin = async (args: TwinArguments): Promise<void> => {
  requireOrder(args);
  const stored = await openRun(args.run);
  requireTrial(stored, undefined);
  requireFailure(stored);
  const fitted = await fit(stored, args);
  const files = args.out === undefined ? [] : await writeTwin(stored, fitted, args.out, args.force);
  if (args.json) stdout.writeDocument(`${redactedJson(twinDocument(fitted.report), 2)}\n`);
  else stdout.write(twinTerminal(fitted.report, { columns: widthOf(stdout), color: hasColor(stdout) }));
  if (files.length > 0) say(`written: ${files.join(', ')}; ${orderOf(files)} measures it in the lab`);
  if (args.measure)
    process.exitCode = await measureBoth(
      files,
      twinName({ scenario: stored.record.scenario.name }),
      args.repeat,
    );
};

/** `seqgap twin RUN` */
export const twinCommand: CommandModule<object, TwinArguments> = {
  builder: (yargs) =>
    recordOptions(
      yargs
        .positional('run', RUN)
        .option('what-if', {
          type: 'string',
          array: true,
          default: [],
          describe: 'KNOB=VALUE that is changed: what would outages be? May be given several times',
        })
        .option('knob', {
          type: 'string',
          array: true,
          default: [],
          describe: 'KNOB=VALUE that is known of the pair, and not fitted; may be given several times',
        })
        .option('design', {
          choices: LAB_DESIGNS,
          describe: 'Design of the lab, instead of the one that the links are of',
        })
        .option('out', { type: 'string', alias: 'o', describe: 'Write it into this file, as a scenario' })
        .option('force', { type: 'boolean', default: false, describe: 'Replace files that are there' })
        .option('measure', {
          type: 'boolean',
          default: false,
          describe: 'Also run both in the lab, their trials in turn, and compare them (root)',
        })
        .option('repeat', {
          type: 'number',
          describe: 'Trials of each that --measure runs, instead of as many as the run has (4 to 10)',
        })
        .option('json', { type: 'boolean', default: false, describe: 'Print it as JSON' }),
    )
      .example('$0 twin results/fw-crash/latest -o twin.yaml', 'A scenario to run in the lab')
      .example('$0 twin results/fw-crash/latest --what-if "attach=2s to 4s"', 'How long would outages be?')
      .example(
        '$0 twin results/fw-crash/latest --knob heartbeat=2s --knob missed=3 --what-if heartbeat=1s',
        'A timer whose present value is known',
      )
      .epilogue(
        'Exit codes: 0; 2 where the run tells too little; 64 for wrong usage; with --measure those of run. ' +
          'docs/lab.md has the knobs, docs/twin.md how they are fitted.',
      ),
  handler: twin,
};
