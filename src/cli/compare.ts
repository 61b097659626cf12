import type { CommandModule } from 'yargs';
import { compareSides, DEFAULT_CONFIDENCE, DEFAULT_MARGIN } from '../analysis/comparison/compare.js';
import { pageAssets } from '../evaluate/analyse.js';
import { selectSides } from '../history/select.js';
import {
  COMPARISON_METRICS,
  type ComparisonMetric,
  type ComparisonResult,
  type Margin,
} from '../model/comparison.js';
import { parseDuration } from '../model/duration.js';
import { EXIT, type ExitCode, KnownError, usage } from '../model/error.js';
import type { MeasuredPhase } from '../model/event.js';
import { redactedJson } from '../model/json.js';
import { toSeconds } from '../model/time.js';
import { comparisonCsv, comparisonDocument } from '../report/compare/compare-data.js';
import { comparisonMarkdown, compareTerminal, comparisonHtml } from '../report/compare/compare-report.js';
import { stdout, hasColor, toolVersion, widthOf } from '../terminal.js';
import { writeHtmlFile } from './html-file.js';

interface CompareArguments {
  readonly base: string;
  readonly candidate: readonly string[];
  readonly scenario: string | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly phase: MeasuredPhase | undefined;
  readonly metric: readonly ComparisonMetric[] | undefined;
  readonly margin: string | undefined;
  readonly out: string;
  readonly json: boolean;
  readonly csv: boolean;
  readonly markdown: boolean;
  readonly html: string | undefined;
}

/** 0: none is worse; 1: some is; 2: nothing could be decided. */
const exitCodeOf = ({ comparisons }: ComparisonResult): ExitCode => {
  if (comparisons.some(({ verdict }) => verdict === 'worse')) return EXIT.limit;
  return comparisons.every(({ verdict }) => verdict === 'not enough runs') ? EXIT.inconclusive : EXIT.pass;
};

const textOf = (result: ComparisonResult, { json, csv, markdown }: CompareArguments): string => {
  if (json) return `${redactedJson(comparisonDocument(result), 2)}\n`;
  if (csv) return comparisonCsv(result);
  if (markdown) return comparisonMarkdown(result);
  return compareTerminal(result, {
    columns: widthOf(stdout),
    color: hasColor(stdout),
  });
};

/** Only one of them can go to stdout. */
const requireOneFormat = ({ json, csv, markdown }: CompareArguments): void => {
  if ([json, csv, markdown].filter(Boolean).length < 2) return;
  throw usage('--json, --csv and --markdown exclude each other', 'ask for one at a time');
};

const compare = async (args: CompareArguments): Promise<void> => {
  requireOneFormat(args);
  const margin = args.margin === undefined ? DEFAULT_MARGIN : parseMargin(args.margin);
  const { out, scenario, since, until } = args;
  const [base, ...candidates] = await selectSides([args.base, ...args.candidate], {
    out,
    scenario,
    since,
    until,
  });
  if (base === undefined) throw new Error('no side for the base');
  const result = compareSides(base, candidates, {
    margin,
    confidence: DEFAULT_CONFIDENCE,
    metrics: args.metric ?? null,
    phase: args.phase ?? null,
  });
  if (args.html !== undefined)
    await writeHtmlFile(args.html, comparisonHtml(result, toolVersion(), pageAssets()));
  (args.json || args.csv ? stdout.writeDocument : stdout.write)(textOf(result, args));
  process.exitCode = exitCodeOf(result);
};

/** `seqgap compare BASE CANDIDATE…` */
export const compareCommand: CommandModule<object, CompareArguments> = {
  builder: (yargs) =>
    yargs
      .positional('base', {
        type: 'string',
        demandOption: true,
        describe: 'A run, a folder of runs, or a selection as version=10.1.3',
      })
      .positional('candidate', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'What is held against it; each of several by itself',
      })
      .option('scenario', { type: 'string', describe: 'Only runs of this scenario' })
      .option('since', {
        type: 'string',
        describe: 'Only runs since then: 2026-01-31, RFC 3339, or an age as 7d',
      })
      .option('until', { type: 'string', describe: 'Only runs until then' })
      .option('phase', { choices: ['failover', 'failback'] as const, describe: 'Only this phase' })
      .option('metric', {
        choices: COMPARISON_METRICS,
        array: true,
        describe: 'Only this metric; may be given several times',
      })
      .option('margin', {
        type: 'string',
        describe: "What does not matter: 10% of the base's median (the default), or a time as 500ms",
      })
      .option('out', { type: 'string', default: 'results', describe: 'Folder of all results' })
      .option('json', {
        type: 'boolean',
        default: false,
        describe: 'Print everything, each trial too, as JSON',
      })
      .option('csv', { type: 'boolean', default: false, describe: 'Print a row for each comparison' })
      .option('markdown', { type: 'boolean', default: false, describe: 'Print it as Markdown' })
      .option('html', { type: 'string', describe: 'Also write it into this file, as one page with charts' })
      .example('$0 compare version=10.1.3 version=11.0.0', 'Two versions, all their runs')
      .example('$0 compare version=10.1.3 version=11.0.0 --scenario fw-crash --since 30d', 'Some of them')
      .example('$0 compare results/fw-crash/20260131T235959Z-9.0 results/fw-crash/latest', 'Two runs')
      .example('$0 compare version=10.1.3 version=11.0.0 --html diff.html', 'With charts, for a ticket')
      .example('$0 compare site=a site=b --margin 500ms --json', 'By a label; for a program')
      .epilogue(
        'Exit codes: 0 nothing is worse, 1 something is, 2 not enough runs to decide anything, 64 usage. ' +
          'docs/compare.md says what is compared with what, and how verdicts are reached.',
      ),
  handler: compare,
};

const SHARE = /^(\d+(?:\.\d+)?) ?%$/;

const badMargin = (message: string, cause?: unknown): KnownError =>
  usage(message, 'for example --margin 10% or --margin 500ms', cause);

const durationOf = (text: string): number => {
  try {
    return toSeconds(parseDuration(text));
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw badMargin(`--margin: "${text}" is neither a share nor a time`, error);
  }
};

/** `10%` (of the base's median) or `500ms`; `0` needs no unit. Throws KnownError. */
export const parseMargin = (text: string): Margin => {
  if (/^-[.\d]/.test(text)) throw badMargin(`--margin: "${text}" is negative`);
  if (text === '0') return { kind: 'seconds', value: 0 };
  const share = SHARE.exec(text.trim())?.[1];
  return share === undefined
    ? { kind: 'seconds', value: durationOf(text) }
    : { kind: 'share', value: Number(share) / 100 };
};
