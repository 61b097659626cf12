import type { CommandModule } from 'yargs';
import { KnownError, usage } from '../model/error.js';
import type { Nanoseconds } from '../model/time.js';
import { exitCodeOf } from '../report/run/headline.js';
import type { AnalysedRun } from '../report/run/analysed-run.js';
import { runDocument } from '../report/run/run-data.js';
import { terminalReport } from '../report/run/run-report.js';
import { parseDuration } from '../model/duration.js';
import { writeReports } from '../evaluate/analyse.js';
import { openRun } from '../history/find-runs.js';
import { againFolder, analyseAgain, prepareFolder, type AskedThresholds } from '../evaluate/rethreshold.js';
import type { StoredRun } from '../store/stored-run.js';
import { redactedJson } from '../model/json.js';
import { eachRow, HEARTBEATS, PROBES, type RawLog } from '../store/raw-log.js';
import { stdout, hasColor, say, widthOf } from '../terminal.js';
import { analyseExplained } from './explain/explained.js';

interface ReportArguments {
  readonly run: string;
  readonly 'delay-threshold': string | undefined;
  readonly 'merge-gap': string | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
  readonly 'probes-csv': boolean;
  readonly 'heartbeats-csv': boolean;
  readonly trial: number | undefined;
}

const durationOf = (option: string, text: string | undefined): Nanoseconds | null => {
  if (text === undefined) return null;
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw usage(`${option}: ${error.message}`, error.remedy ?? `for example ${option} 200ms`, error);
  }
};

/** null: the scenario's own thresholds. */
const askedOf = (args: ReportArguments): AskedThresholds | null => {
  const asked = {
    delayThreshold_ns: durationOf('--delay-threshold', args['delay-threshold']),
    mergeGap_ns: durationOf('--merge-gap', args['merge-gap']),
  };
  if (asked.delayThreshold_ns === 0)
    throw usage('--delay-threshold: every reply takes longer than 0', 'for example --delay-threshold 200ms');
  return asked.delayThreshold_ns === null && asked.mergeGap_ns === null ? null : asked;
};

interface Made {
  readonly input: AnalysedRun;
  readonly folder: string;
}

/** By other thresholds the reports go to a folder of their own: the run's own stay as they are. */
const makeReports = async (stored: StoredRun, args: ReportArguments): Promise<Made> => {
  const asked = askedOf(args);
  const input =
    asked === null ? await analyseExplained(stored) : await analyseAgain(stored, asked, analyseExplained);
  const folder = args.out ?? (asked === null ? stored.path : againFolder(stored, asked));
  if (asked !== null || args.out !== undefined) await prepareFolder(stored, folder);
  await writeReports(folder, input);
  return { input, folder };
};

/** Nobody reads on. */
class ReaderLeft extends Error {}

const printLog = async <Row>(folder: string, log: RawLog<Row>): Promise<void> => {
  let lines = `${log.lines.header ?? ''}\n`;
  const flush = async (): Promise<void> => {
    if (!(await stdout.writePart(lines))) throw new ReaderLeft();
    lines = '';
  };
  try {
    const { warning } = await eachRow(folder, log, (row) => (lines += `${log.encode(row)}\n`), flush);
    await flush();
    if (warning !== null) say(`note: ${warning}`);
  } catch (error) {
    if (!(error instanceof ReaderLeft)) throw error;
  }
};

const trialOf = (stored: StoredRun, asked: number | undefined): number => {
  const known = stored.trials();
  const [first] = known;
  if (first === undefined) throw usage(`${stored.path} has no trials`);
  if (asked === undefined && known.length > 1)
    throw usage(`${stored.path} has ${known.length} trials`, `say which: --trial ${first}`);
  if (asked !== undefined && !known.includes(asked))
    throw usage(`${stored.path} has no trial ${asked}`, `it has ${known.join(', ')}`);
  return asked ?? first;
};

const printRaw = async (args: ReportArguments): Promise<void> => {
  const without = ['json', 'out', 'delay-threshold', 'merge-gap'] as const;
  const beside = without.find((name) => args[name] !== undefined && args[name] !== false);
  if (beside !== undefined) throw usage(`--${beside} is of reports: with raw history there are none`);
  if (args['probes-csv'] && args['heartbeats-csv'])
    throw usage('--probes-csv and --heartbeats-csv exclude each other', 'ask for one at a time');
  const stored = await openRun(args.run);
  const folder = stored.folderOf(trialOf(stored, args.trial));
  await (args['probes-csv'] ? printLog(folder, PROBES) : printLog(folder, HEARTBEATS));
};

const report = async (args: ReportArguments): Promise<void> => {
  if (args['probes-csv'] || args['heartbeats-csv']) return printRaw(args);
  if (args.trial !== undefined) throw usage('--trial is of --probes-csv and --heartbeats-csv');
  const { input, folder } = await makeReports(await openRun(args.run), args);
  const text = args.json
    ? `${redactedJson(runDocument(input), 2)}\n`
    : terminalReport(input, {
        columns: widthOf(stdout),
        color: hasColor(stdout),
        folder,
      });
  (args.json ? stdout.writeDocument : stdout.write)(text);
  process.exitCode = exitCodeOf(input);
};

/** `seqgap report RUN` */
export const reportCommand: CommandModule<object, ReportArguments> = {
  builder: (yargs) =>
    yargs
      .positional('run', {
        type: 'string',
        demandOption: true,
        describe: "A run's folder, a `latest` link, or the folder of a scenario (its newest run)",
      })
      .option('delay-threshold', {
        type: 'string',
        describe: 'Judge again: a reply later than this is late, as in 200ms',
      })
      .option('merge-gap', {
        type: 'string',
        describe: 'Judge again: outages that are closer than this are one, as in 1s',
      })
      .option('out', { type: 'string', describe: "Write the reports into this folder, not the run's" })
      .option('json', { type: 'boolean', default: false, describe: 'Print the records as JSON' })
      .option('probes-csv', {
        type: 'boolean',
        default: false,
        describe: 'Print the raw probes of a trial as CSV, and make no reports',
      })
      .option('heartbeats-csv', {
        type: 'boolean',
        default: false,
        describe: 'The same with the heartbeats of its sessions',
      })
      .option('trial', { type: 'number', describe: 'Which trial, where the run has several' })
      .example('$0 report results/lab-vrrp-crash/latest', 'The newest run of a scenario')
      .example('$0 report results/lab-vrrp-crash/20260131T235959Z-9.0', 'A certain run')
      .example('$0 report results/lab-vrrp-crash --json | jq .trials', 'Its records, for a program')
      .example('$0 report results/lab-vrrp-crash/latest --delay-threshold 200ms', 'By another threshold')
      .epilogue(
        'Rewrites the tables (trials.csv, streams.csv, outages.csv, sessions.csv, timeline.csv and more), report.html, ' +
          "summary.md and junit.xml in the run's folder; the same history gives the same bytes. By other thresholds they " +
          'go to a folder in it, such as ' +
          'report-delay-200ms-merge-1s. The exit code is that of the run by the figures shown.',
      ),
  handler: report,
};
