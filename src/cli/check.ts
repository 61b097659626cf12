import type { CommandModule } from 'yargs';
import { EXIT, KnownError } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import { redactedJson } from '../model/json.js';
import { loadScenario } from '../scenario/load.js';
import { planTime } from '../scenario/plan-time.js';
import { describePlan } from '../scenario/plan-words.js';
import { type LocatedProblem, ScenarioError } from '../scenario/problem.js';
import { scenarioJsonSchema } from '../scenario/schema.js';
import { stderr, stdout } from '../terminal.js';

interface CheckArguments {
  readonly scenario: readonly string[];
  readonly json: boolean;
  readonly schema: boolean;
}

/** What is known of one file after the check. */
interface Checked {
  readonly file: string;
  readonly scenario: Scenario | null;
  readonly warnings: readonly string[];
  readonly problems: readonly LocatedProblem[];
  /** The problem of a file that could not be read as a scenario at all. */
  readonly error: KnownError | null;
}

const checkFile = async (file: string): Promise<Checked> => {
  try {
    return { file, ...(await loadScenario(file)), problems: [], error: null };
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    const problems = error instanceof ScenarioError ? error.problems : [];
    return { file, scenario: null, warnings: [], problems, error };
  }
};

const textOf = ({ scenario, warnings }: Checked): string => {
  if (scenario === null) return '';
  const advice = warnings.map((warning) => `warning: ${warning}\n`).join('');
  return `${describePlan(scenario)}${advice === '' ? '' : `\n${advice}`}`;
};

const errorText = ({ error }: Checked): string => {
  if (error === null) return '';
  return `${error.message}${error.remedy === null ? '' : `\n  → ${error.remedy}`}\n`;
};

const recordOf = ({ file, scenario, warnings, problems, error }: Checked): object => {
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
  };
};

const printText = (all: readonly Checked[]): void => {
  stdout.write(all.map(textOf).filter(Boolean).join('\n'));
  stderr.write(all.map(errorText).join(''));
};

/** `seqgap check`: reads scenarios and says their plans; contacts nothing. Exit code 0 or 64. */
export const checkCommand: CommandModule<object, CheckArguments> = {
  command: 'check [scenario..]',
  describe: 'Validate a scenario and say its plan in words; contacts nothing',
  builder: (yargs) =>
    yargs
      .positional('scenario', { type: 'string', array: true, default: [], describe: 'Scenario files' })
      .option('json', { type: 'boolean', default: false, describe: 'Print the resolved scenario as JSON' })
      .option('schema', { type: 'boolean', default: false, describe: 'Print the JSON Schema for editors' })
      .check(({ scenario, schema }) => {
        if (schema || scenario.length > 0) return true;
        throw new KnownError('no scenario to check', {
          remedy: 'seqgap check scenarios/lab/vrrp-crash.yaml, or seqgap check --schema',
          exitCode: EXIT.usage,
        });
      })
      .example('$0 check scenarios/lab/vrrp-crash.yaml', 'what would be done, to whom, for how long')
      .example('$0 check --json scenarios/lab/*.yaml', 'every default filled in, for programs')
      .example('$0 check --schema > scenarios/schema.json', 'completion and hints in an editor'),
  handler: async ({ scenario: files, json: asJson, schema }) => {
    if (schema) {
      stdout.writeDocument(`${redactedJson(scenarioJsonSchema(), 2)}\n`);
      return;
    }
    const all: Checked[] = [];
    for (const file of files) all.push(await checkFile(file));
    if (asJson) stdout.writeDocument(`${redactedJson({ format: 1, scenarios: all.map(recordOf) }, 2)}\n`);
    else printText(all);
    if (all.some(({ scenario }) => scenario === null)) process.exitCode = EXIT.usage;
  },
};
