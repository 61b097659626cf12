import { isFolder } from '../user-file.js';
import type { CommandModule } from 'yargs';
import { trendOf } from '../analysis/trend/trend.js';
import { usage } from '../model/error.js';
import type { MeasuredPhase } from '../model/event.js';
import type { LeftOut, RunFigures } from '../model/figures.js';
import { TREND_METRICS, type TrendMetric, type TrendResult } from '../model/trend.js';
import { trendHtml, trendMarkdown, trendTerminal } from '../report/trend/trend-report.js';
import { trendCsv, trendDocument } from '../report/trend/trend-data.js';
import { pageAssets } from '../evaluate/analyse.js';
import { selectRuns, type SelectedRuns } from '../history/select.js';
import { redactedJson } from '../model/json.js';
import { stdout, hasColor, toolVersion, widthOf } from '../terminal.js';
import { writeHtmlFile } from './html-file.js';

interface TrendArguments {
  readonly scenario: string | undefined;
  readonly metric: TrendMetric;
  readonly phase: MeasuredPhase;
  readonly key: string | undefined;
  readonly stream: string | undefined;
  readonly since: string | undefined;
  readonly last: number | undefined;
  readonly out: string;
  readonly all: boolean;
  readonly csv: boolean | undefined;
  readonly json: boolean | undefined;
  readonly markdown: boolean | undefined;
  readonly html: string | undefined;
}

/** The word is a scenario of `out`, or a folder of runs. */
const select = async ({ scenario, since, last, out }: TrendArguments): Promise<SelectedRuns> => {
  if (last !== undefined && (!Number.isInteger(last) || last < 1))
    throw usage('--last is not a whole number of runs from 1', 'for example --last 90');
  const query = { since, limit: last, order: 'oldest-first' } as const;
  return scenario !== undefined && (await isFolder(scenario))
    ? selectRuns({ ...query, out: scenario })
    : selectRuns({ ...query, out, scenario });
};

interface History {
  readonly scenario: string;
  readonly runs: readonly RunFigures[];
  readonly leftOut: readonly LeftOut[];
}

/** Of one scenario, and without what was only watched. Throws KnownError. */
const historyOf = ({ runs, leftOut }: SelectedRuns): History => {
  const trials = runs.filter(({ summary }) => summary.kind !== 'watch');
  const scenarios = [...new Set(trials.map(({ summary }) => summary.scenario))].sort();
  const [scenario, ...others] = scenarios;
  if (scenario === undefined) {
    const [first] = leftOut;
    throw usage(
      first === undefined ? 'no run with trials' : `no run can be read; ${first.path}: ${first.why}`,
      'seqgap list shows the runs there are',
    );
  }
  if (others.length > 0)
    throw usage(
      `runs of ${scenarios.length} scenarios: ${scenarios.join(', ')}`,
      `say which one: seqgap trend ${scenario}`,
    );
  return { scenario, runs: trials, leftOut };
};

const textOf = (result: TrendResult, { csv, json, markdown, all }: TrendArguments): string => {
  if (json === true) return `${redactedJson(trendDocument(result), 2)}\n`;
  if (csv === true) return trendCsv(result);
  if (markdown === true) return trendMarkdown(result);
  return trendTerminal(result, {
    columns: widthOf(stdout),
    color: hasColor(stdout),
    all,
  });
};

const trend = async (args: TrendArguments): Promise<void> => {
  const { scenario, runs, leftOut } = historyOf(await select(args));
  const { metric, phase, key = null, stream = null } = args;
  const result = trendOf(scenario, runs, leftOut, { metric, phase, key, stream });
  if (args.html !== undefined) await writeHtmlFile(args.html, trendHtml(result, toolVersion(), pageAssets()));
  (args.json === true || args.csv === true ? stdout.writeDocument : stdout.write)(textOf(result, args));
};

/** `seqgap trend [SCENARIO]` */
export const trendCommand: CommandModule<object, TrendArguments> = {
  builder: (yargs) =>
    yargs
      .positional('scenario', {
        type: 'string',
        describe: 'Its name, or a folder of its runs; not needed where there is only one',
      })
      .option('metric', { choices: TREND_METRICS, default: 'longest' as const, describe: 'What is followed' })
      .option('phase', {
        choices: ['failover', 'failback'] as const,
        default: 'failover' as const,
        describe: 'Of which phase',
      })
      .option('key', {
        type: 'string',
        describe:
          'Of which streams, by parts of their key, as "new-tcp ipv6"; else those that are worst most often',
      })
      .option('stream', { type: 'string', describe: 'Of this stream alone' })
      .option('since', {
        type: 'string',
        describe: 'Only runs since then: 2026-01-31, RFC 3339, or an age as 90d',
      })
      .option('last', { type: 'number', describe: 'Only so many of the newest runs' })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('all', {
        type: 'boolean',
        default: false,
        describe: 'All runs in the table, not the newest 30',
      })
      .option('csv', { type: 'boolean', describe: 'Print a row for each run' })
      .option('json', { type: 'boolean', describe: 'Print it as JSON' })
      .option('markdown', { type: 'boolean', describe: 'Print it as Markdown' })
      .option('html', { type: 'string', describe: 'Also write it into this file, as one page with a chart' })
      .conflicts({ json: ['csv', 'markdown'], csv: 'markdown' })
      .conflicts('key', 'stream')
      .example('$0 trend fw-crash', 'The whole history of a scenario')
      .example('$0 trend fw-crash --since 90d --stream web', 'One stream in the last 90 days')
      .example('$0 trend fw-crash --phase failback --metric total', 'Another figure')
      .example('$0 trend fw-crash --html trend.html', 'With a chart')
      .example('$0 trend fw-crash --csv > trend.csv', 'For a spreadsheet')
      .epilogue('Exit codes: 0, or 64 for wrong usage. docs/nightly.md says how changes of level are found.'),
  handler: trend,
};
