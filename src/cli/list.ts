import type { CommandModule } from 'yargs';
import type { RunStatus } from '../model/run.js';
import { runListDocument, runListText } from '../report/run-list.js';
import { selectRuns } from '../history/select.js';
import { redactedJson } from '../model/json.js';
import { stdout, hasColor, requireCount } from '../terminal.js';

interface ListArguments {
  readonly folder: string | undefined;
  readonly scenario: string | undefined;
  readonly label: readonly string[];
  readonly version: string | undefined;
  readonly status: RunStatus | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly limit: number | undefined;
  readonly out: string;
  readonly json: boolean;
}

const STATUSES: readonly RunStatus[] = ['complete', 'interrupted', 'failed', 'running'];

const list = async (args: ListArguments): Promise<void> => {
  const { folder, scenario, label, version, status, since, until, limit, out } = args;
  const { runs, leftOut } = await selectRuns({
    out,
    folder,
    scenario,
    since,
    until,
    where: [
      ...label,
      ...(version === undefined ? [] : [`version=${version}`]),
      ...(status === undefined ? [] : [`status=${status}`]),
    ],
    order: 'newest-first',
    limit: limit === undefined ? null : requireCount('--limit', limit),
  });
  (args.json ? stdout.writeDocument : stdout.write)(
    args.json
      ? `${redactedJson(runListDocument(runs, leftOut), 2)}\n`
      : runListText(runs, leftOut, {
          // For a pipe nothing is cut.
          columns: stdout.columns ?? Infinity,
          color: hasColor(stdout),
        }),
  );
};

/** `seqgap list [FOLDER]` */
export const listCommand: CommandModule<object, ListArguments> = {
  builder: (yargs) =>
    yargs
      .positional('folder', {
        type: 'string',
        describe: 'A folder of runs, as results/fw-crash, instead of all results',
      })
      .option('scenario', { type: 'string', describe: 'Only runs of this scenario' })
      .option('version', { type: 'string', describe: 'Only runs of this version' })
      .option('label', {
        type: 'string',
        array: true,
        default: [],
        describe: 'Only runs with this label, KEY=VALUE; of several, all must be met',
      })
      .option('status', { choices: STATUSES, describe: 'Only runs that came this far' })
      .option('since', {
        type: 'string',
        describe: 'Only runs since then: 2026-01-31, RFC 3339, or an age as 7d',
      })
      .option('until', { type: 'string', describe: 'Only runs until then' })
      .option('limit', { type: 'number', describe: 'So many at most' })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('json', { type: 'boolean', default: false, describe: 'Print them as JSON' })
      .example('$0 list', 'All of them')
      .example('$0 list --scenario fw-crash --since 30d', 'Those of a scenario, of the last 30 days')
      .example(
        '$0 list --label site=lab1 --version 11.0.0 --limit 5',
        'The newest five of a version and site',
      )
      .example("$0 list --json | jq -r '.runs[].path'", 'Their folders, for a program')
      .epilogue(
        'The worst outage is that of the worst stream in the worst trial. What cannot be read comes last, ' +
          'with why. Exit code 0; 64 if there is no such run. docs/results.md says what is in a run.',
      ),
  handler: list,
};
