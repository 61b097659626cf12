import { isFolder } from '../../user-file.js';
import { mkdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { CommandModule } from 'yargs';
import { logFile, logPipe } from '../../foreign/open-log.js';
import { readLog, type ReadOptions } from '../../foreign/read-log.js';
import { FORMATS, type FormatName } from '../../foreign/reader.js';
import { systemClock } from '../../clock.js';
import { KnownError, messageOf, usage } from '../../model/error.js';
import type { ResultTables } from '../../model/tables.js';
import { ns } from '../../model/time.js';
import { csvFiles, resultDocument } from '../../report/text/csv.js';
import { parseDuration } from '../../model/duration.js';
import { analyseRun, pageAssets } from '../../evaluate/analyse.js';
import { openRun } from '../../history/find-runs.js';
import { writeTables } from '../../store/table-file.js';
import { redactedJson } from '../../model/json.js';
import type { AnalysedLog } from '../../report/log/analysed-log.js';
import { logPage } from '../../report/log/log-page.js';
import { analyzeText } from '../../report/log/log-text.js';
import { writeHtmlFile } from '../html-file.js';
import { ofForeignLog } from './foreign-log.js';
import { stderr, stdout, STDIN_FILE, hasColor, requireCount, toolVersion, widthOf } from '../../terminal.js';
import { endBy, hearStops } from '../../stop-signals.js';

interface AnalyzeArguments {
  readonly file: readonly string[];
  readonly format: FormatName | undefined;
  readonly interval: string | undefined;
  readonly timeout: string | undefined;
  readonly 'delay-threshold': string | undefined;
  readonly 'merge-gap': string | undefined;
  readonly 'min-lost': number | undefined;
  readonly follow: boolean;
  readonly json: boolean;
  readonly csv: PrintedTable | undefined;
  readonly html: string | undefined;
  readonly out: string | undefined;
}

/** What `--csv` can print. */
const PRINTED_TABLES = ['outages', 'streams'] as const;
type PrintedTable = (typeof PRINTED_TABLES)[number];

const optionsOf = (args: AnalyzeArguments): ReadOptions => ({
  format: args.format ?? null,
  interval_ns: args.interval === undefined ? null : parseDuration(args.interval),
  timeout_ns: args.timeout === undefined ? null : parseDuration(args.timeout),
  threshold_ns: args['delay-threshold'] === undefined ? null : parseDuration(args['delay-threshold']),
  mergeGap_ns: args['merge-gap'] === undefined ? ns(0) : parseDuration(args['merge-gap']),
});

const isRun = async (path: string): Promise<boolean> => basename(path) === 'run.json' || isFolder(path);

/** A run of our own, judged with other thresholds where the options say so. */
const analyseOwn = async (path: string, options: ReadOptions): Promise<AnalysedLog> => {
  const stored = await openRun(path);
  const { scenario } = stored.record;
  const analysis = {
    delayThreshold_ns:
      options.threshold_ns === null ? scenario.analysis.delayThreshold_ns : ns(options.threshold_ns),
    mergeGap_ns: options.mergeGap_ns === 0 ? scenario.analysis.mergeGap_ns : ns(options.mergeGap_ns),
  };
  const { tables, notes, charts } = await analyseRun({
    ...stored,
    record: { ...stored.record, scenario: { ...scenario, analysis } },
  });
  const { streams, outages } = tables;
  return {
    source: stored.record.run,
    format: 'run',
    streams,
    outages,
    assumptions: [],
    notes,
    time: () => null,
    origin_utc: null,
    charts: charts ?? [],
    events: tables,
  };
};

/**
 * Ctrl-C in `ping … | seqgap analyze -` goes to both: ping ends, and with it the log, which is what is to be analysed.
 * A second one is for us.
 */
const untilEnd = async <Result>(read: () => Promise<Result>): Promise<Result> => {
  const release = hearStops((name) => {
    release();
    if (name !== 'SIGINT') endBy(name);
  });
  try {
    return await read();
  } finally {
    release();
  }
};

const analyseFile = async (path: string, name: string, options: ReadOptions): Promise<AnalysedLog> => {
  if (path !== STDIN_FILE && (await isRun(path))) return analyseOwn(path, options);
  const read = (): ReturnType<typeof readLog> =>
    readLog(path === STDIN_FILE ? logPipe(process.stdin, 'stdin') : logFile(path, name), options);
  const log = await (path === STDIN_FILE ? untilEnd(read) : read());
  return ofForeignLog(log);
};

const followFile = async (path: string, args: AnalyzeArguments, read: ReadOptions): Promise<AnalysedLog> => {
  // Only now: most logs are no longer written.
  const { followLog } = await import('./follow.js');
  const log = await followLog({
    path,
    name: path === STDIN_FILE ? 'stdin' : basename(path),
    read,
    clock: systemClock,
    lines: args.json || args.csv !== undefined ? stderr : stdout,
    view: stderr,
  });
  return ofForeignLog(log);
};

/** The file's name alone, where that says which one it is. */
const nameOf = (path: string, all: readonly string[]): string =>
  all.filter((other) => basename(other) === basename(path)).length > 1 ? path : basename(path);

const writeCsv = async (folder: string, tables: ResultTables): Promise<void> => {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw usage(`cannot make ${folder}: ${messageOf(error)}`, undefined, error);
  }
  const files = csvFiles(tables);
  await writeTables(folder, { 'streams.csv': files['streams.csv'], 'outages.csv': files['outages.csv'] });
};

/** What the figures of a log rest on; the records name it in `run`. */
const basisOf = ({ source, format, assumptions, notes }: AnalysedLog): object => ({
  run: source,
  format,
  assumptions,
  notes,
});

const say = ({ message, remedy }: KnownError): void =>
  stderr.write(`seqgap: ${message}${remedy === null ? '' : `\n  → ${remedy}`}\n`);

/** Throws KnownError where more than one log is to be followed, or what is no log. */
const requireFollowable = async ([path = '', ...others]: readonly string[]): Promise<void> => {
  if (others.length > 0)
    throw usage('--follow takes one log', 'follow each in a terminal of its own, or give - and one pipe');
  if (path !== STDIN_FILE && (await isRun(path)))
    throw usage(`${path} is a run: --follow is for logs`, 'leave --follow out');
};

const analyze = async (args: AnalyzeArguments): Promise<void> => {
  if (args.follow) await requireFollowable(args.file);
  if (args.json && args.csv !== undefined)
    throw usage(
      '--json and --csv exclude each other',
      'ask for one at a time; --out DIR writes CSV files beside either',
    );
  const options = optionsOf(args);
  const minLost = args['min-lost'] === undefined ? 0 : requireCount('--min-lost', args['min-lost']);
  const logs: AnalysedLog[] = [];
  for (const path of args.file) {
    try {
      logs.push(
        await (args.follow
          ? followFile(path, args, options)
          : analyseFile(path, nameOf(path, args.file), options)),
      );
    } catch (error) {
      // The other files are worth their figures all the same.
      if (!(error instanceof KnownError)) throw error;
      say(error);
      process.exitCode = error.exitCode;
    }
  }
  const tables: ResultTables = {
    trials: [],
    streams: logs.flatMap(({ streams }) => streams),
    outages: logs.flatMap(({ outages }) => outages),
    sessions: [],
  };
  if (args.out !== undefined) await writeCsv(args.out, tables);
  if (args.html !== undefined && logs.length > 0)
    await writeHtmlFile(args.html, logPage(logs, { minLost, toolVersion: toolVersion() }, pageAssets()));
  if (args.json)
    stdout.writeDocument(`${redactedJson({ ...resultDocument(tables), logs: logs.map(basisOf) }, 2)}\n`);
  else if (args.csv !== undefined) stdout.writeDocument(csvFiles(tables)[`${args.csv}.csv`]);
  else if (logs.length > 0)
    stdout.write(
      analyzeText(logs, {
        columns: widthOf(stdout),
        color: hasColor(stdout),
        minLost,
      }),
    );
};

/** `seqgap analyze`: outages from other tools' logs. Exit code 0, or 64 if a file was none that is known. */
export const analyzeCommand: CommandModule<object, AnalyzeArguments> = {
  builder: (yargs) =>
    yargs
      .positional('file', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Logs, run folders, or - for standard input',
      })
      .option('interval', {
        type: 'string',
        describe: 'Between two sends, where the log has no times (default 1s)',
      })
      .option('timeout', {
        type: 'string',
        describe: 'How long the tool waits for an answer, where the log has no times (Windows: 4s)',
      })
      .option('delay-threshold', {
        type: 'string',
        describe: 'A later reply is late (default: from the log’s delay)',
      })
      .option('merge-gap', { type: 'string', describe: 'Merge outages that are closer than this' })
      .option('format', { choices: FORMATS, describe: 'Do not guess the format' })
      .option('min-lost', {
        type: 'number',
        describe: 'List no outage in which fewer probes were lost; they are counted',
      })
      .option('follow', {
        type: 'boolean',
        default: false,
        describe: 'Tell each outage while the log is written; the table comes with Ctrl-C',
      })
      .option('json', { type: 'boolean', default: false, describe: 'Print the records as JSON' })
      .option('csv', {
        type: 'string',
        choices: PRINTED_TABLES,
        // Its value may be left out before another option and at the end.
        coerce: (table: PrintedTable | '' | undefined): PrintedTable | undefined =>
          table === '' ? 'outages' : table,
        describe: 'Print CSV, a row for each outage (default) or stream',
      })
      .option('html', { type: 'string', describe: 'Write a page with timelines and tables into this file' })
      .option('out', { type: 'string', describe: 'Write streams.csv and outages.csv into this folder' })
      .example('$0 analyze ping.log', 'Every outage with its bounds')
      .example('ping -D -O 10.4.4.4 | $0 analyze -', 'The same at the end of a ping, with Ctrl-C')
      .example('ping -D -O 10.4.4.4 | $0 analyze --follow -', 'Every outage as it begins and as it ends')
      .example('$0 analyze --follow ping.log', 'The same of a file that something else writes')
      .example('$0 analyze --interval 200ms old.log', 'A log without times, of ping -i 0.2')
      .example('$0 analyze --min-lost 3 wifi.log', 'A long log with many short losses')
      .example('$0 analyze fw-*.log --html outages.html', 'With the timeline of each log, to be sent on')
      .example('$0 analyze fw-*.log --csv streams > logs.csv', 'A row for each target, for a spreadsheet')
      .example('$0 analyze fw-*.log --out csv', 'Many logs, one table')
      .epilogue('docs/analyze.md says what is read and what is assumed.'),
  handler: analyze,
};
