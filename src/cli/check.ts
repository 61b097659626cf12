import type { CommandModule } from 'yargs';
import { EXIT, KnownError, usage } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { redactedJson } from '../model/json.js';
import { type CheckedScenario, checkScenario } from '../scenario/load.js';
import { planTime, describePlan } from '../scenario/words.js';
import { type LocatedProblem, ScenarioError } from '../yaml/problem.js';
import { scenarioJsonSchema } from '../scenario/schema.js';
import { stderr, stdout } from '../terminal.js';
import { driversOf } from '../trigger/driver/driver-file.js';
import { driverProblemsOf, fileProblemsOf } from '../trigger/scenario-check.js';

interface CheckArguments {
  readonly scenario: readonly string[];
  readonly json: boolean;
  readonly schema: boolean;
  readonly drivers: readonly string[];
  readonly secrets: boolean;
}

/** What is known of one file after the check. */
interface Checked {
  readonly file: string;
  readonly scenario: Scenario | null;
  readonly warnings: readonly string[];
  readonly problems: readonly LocatedProblem[];
  /** Secrets that are referred to and are not there. */
  readonly absent: readonly LocatedProblem[];
  /** The problem of a file that could not be read as a scenario at all. */
  readonly error: KnownError | null;
}

/** Throws `ScenarioError` with all that the drivers show. */
const withDrivers = async (loaded: CheckedScenario, folders: readonly string[]): Promise<void> => {
  const drivers = await driversOf(loaded.scenario, folders);
  const problems = [...driverProblemsOf(loaded.scenario, drivers), ...fileProblemsOf(loaded.scenario)];
  if (problems.length > 0) throw new ScenarioError(problems.map(loaded.locate));
};

const checkFile = async (file: string, { drivers, secrets }: CheckArguments): Promise<Checked> => {
  let absent: readonly LocatedProblem[] = [];
  try {
    const loaded = await checkScenario(file);
    ({ absent } = loaded);
    await withDrivers(loaded, drivers);
    if (secrets && absent.length > 0) throw new ScenarioError(absent);
    const { scenario, warnings } = loaded;
    return { file, scenario, warnings, problems: [], absent, error: null };
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    const problems = error instanceof ScenarioError ? error.problems : [];
    return { file, scenario: null, warnings: [], problems, absent, error };
  }
};

const textOf = ({ scenario, warnings }: Checked): string => {
  if (scenario === null) return '';
  const advice = warnings.map((warning) => `warning: ${warning}\n`).join('');
  return `${describePlan(scenario)}${advice === '' ? '' : `\n${advice}`}`;
};

/** Without them the plan is right, and cannot be run yet. */
const absentText = ({ absent }: Checked): string =>
  absent
    .map(
      ({ file, line, column, path, message }) =>
        `${file}:${line}:${column}: ${path}: ${message}: looked at as if it were there\n`,
    )
    .join('');

const errorText = ({ error, ...rest }: Checked): string => {
  if (error === null) return absentText({ error, ...rest });
  return `${error.message}${error.remedy === null ? '' : `\n  → ${error.remedy}`}\n`;
};

const recordOf = ({ file, scenario, warnings, problems, absent, error }: Checked): object => {
  const time = scenario === null ? null : planTime(scenario);
  return {
    file,
    valid: scenario !== null,
    typical_s: time === null ? null : time.typical_ns / 1e9,
    max_s: time === null ? null : time.max_ns / 1e9,
    warnings,
    problems,
    error: error === null ? null : error.message,
    scenario,
    absent,
  };
};

const printText = (all: readonly Checked[]): void => {
  stdout.write(all.map(textOf).filter(Boolean).join('\n'));
  stderr.write(all.map(errorText).join(''));
};

/**
 * `seqgap check`: reads scenarios and says their plans; contacts nothing. Exit code 0 or 64. Secrets that are not there
 * (`${env:…}`, `${file:…}`) are named, and no error unless that is asked for.
 */
export const checkCommand: CommandModule<object, CheckArguments> = {
  builder: (yargs) =>
    yargs
      .positional('scenario', { type: 'string', array: true, default: [], describe: 'Scenario files' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the resolved scenario as JSON' })
      .option('schema', { type: 'boolean', default: false, describe: 'Print the JSON Schema for editors' })
      .option('drivers', { type: 'string', array: true, default: [], describe: 'More folders with drivers' })
      .option('secrets', {
        type: 'boolean',
        default: false,
        describe: 'Secrets that are not there are an error too',
      })
      .check(({ scenario, schema }) => {
        if (schema || scenario.length > 0) return true;
        throw usage(
          'no scenario to check',
          'seqgap check scenarios/lab/vrrp-crash.yaml, or seqgap check --schema',
        );
      })
      .example('$0 check scenarios/lab/vrrp-crash.yaml', 'what would be done, to whom, for how long')
      .example('$0 check --secrets fw.yaml', 'is all there that a run needs?')
      .example('$0 check --json scenarios/lab/*.yaml', 'every default filled in, for programs')
      .example('$0 check --schema > scenarios/schema.json', 'completion and hints in an editor'),
  handler: async (args) => {
    const { scenario: files, json: asJson, schema } = args;
    if (schema) {
      stdout.writeDocument(`${redactedJson(scenarioJsonSchema(), 2)}\n`);
      return;
    }
    const all: Checked[] = [];
    for (const file of files) all.push(await checkFile(file, args));
    if (asJson) stdout.writeDocument(`${redactedJson({ format: 1, scenarios: all.map(recordOf) }, 2)}\n`);
    else printText(all);
    if (all.some(({ scenario }) => scenario === null)) process.exitCode = EXIT.usage;
  },
};
