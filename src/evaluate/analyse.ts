import { join } from 'node:path';
import { ChartMaker, type TrialChart } from '../analysis/chart/trial-chart.js';
import { runVerdict, worstVerdict, type Finding } from '../analysis/limits.js';
import { TrialAnalyzer, type TrialResult } from '../analysis/trial.js';
import { EXIT, KnownError } from '../model/error.js';
import type { TrialEvent } from '../model/event.js';
import type { ResultTables } from '../model/tables.js';
import type { RunRecord } from '../model/run.js';
import { PACKAGE } from '../package-folder.js';
import { csvFiles } from '../report/text/csv.js';
import type { PageAssets } from '../report/html/page.js';
import { runHtml, summaryMarkdown } from '../report/run/run-report.js';
import { type AnalysedRun, selfFigures } from '../report/run/analysed-run.js';
import { junitXml } from '../report/run/junit.js';
import { readText } from '../store/replace-file.js';
import type { StoredRun } from '../store/stored-run.js';
import { sumsOf, SUMS_FILE, writeTables } from '../store/table-file.js';
import { analyseWatch } from './analyse-watch.js';

/** The rows of one trial, what a reader must know beside them, and the events they came with. */
export interface AnalysedTrial extends TrialResult {
  readonly events: readonly TrialEvent[];
  readonly chart: TrialChart;
}

/** Analyses one trial from its raw history. Throws KnownError for a damaged one. */
export const analyseTrial = async (stored: StoredRun, trial: number): Promise<AnalysedTrial> => {
  const { run, version, scenario } = stored.record;
  const history = await stored.events(trial);
  const key = { run, scenario: scenario.name, version, trial };
  const analyzer = new TrialAnalyzer(scenario, key, history.events);
  const charts = new ChartMaker(scenario, history.events, stored.trials().length);
  const readings = [
    history,
    await stored.eachProbe(trial, (row) => {
      analyzer.probe(row);
      charts.probe(row);
    }),
    await stored.eachHeartbeat(trial, (row) => {
      analyzer.heartbeat(row);
      charts.heartbeat(row);
    }),
  ];
  const result = analyzer.finish();
  const said = history.events.flatMap((event) => (event.event === 'note' ? [event.text] : []));
  return {
    ...result,
    events: history.events,
    chart: charts.finish(trial),
    notes: [
      ...result.notes,
      ...said.map((text) => `trial ${trial}: ${text}`),
      ...readings.flatMap(({ warning }) => (warning === null ? [] : [warning])),
    ],
  };
};

/** A run that broke off has not kept its promise of so many trials: it can fail, but not pass. */
export const completeness = ({ status, trials_done, trials_planned, error }: RunRecord): Finding[] => {
  if (status === 'complete') return [];
  const why = status === 'running' ? 'killed, or still running' : (error ?? status);
  const text = `ended early, after ${trials_done} of ${trials_planned} trials: ${why}`;
  return [{ key: 'run', text, verdict: 'inconclusive' }];
};

/** Analyses the trials of a stored run, one after the other. Throws KnownError for a damaged history. */
export const analyseTrials = async (stored: StoredRun): Promise<readonly AnalysedTrial[]> => {
  const trials: AnalysedTrial[] = [];
  for (const trial of stored.trials()) trials.push(await analyseTrial(stored, trial));
  return trials;
};

/**
 * Analyses a stored run from its raw history, with flat memory. The same history always gives the same input. `run.json`
 * must be in its final state. Throws KnownError for a damaged history.
 */
export const analyseRun = async (stored: StoredRun): Promise<AnalysedRun> =>
  stored.record.kind === 'watch' ? analyseWatch(stored) : runOf(stored, await analyseTrials(stored));

/** A run as its trials make it. */
export const runOf = (stored: StoredRun, trials: readonly AnalysedTrial[]): AnalysedRun => {
  const tables: ResultTables = {
    trials: trials.flatMap((trial) => trial.trials),
    streams: trials.flatMap((trial) => trial.streams),
    outages: trials.flatMap((trial) => trial.outages),
    sessions: trials.flatMap((trial) => trial.sessions),
    openings: trials.flatMap((trial) => trial.openings ?? []),
    timeline: trials.flatMap((trial) => trial.timeline ?? []),
    phases: trials.flatMap((trial) => trial.phases ?? []),
  };
  const { findings } = runVerdict(tables, stored.record.scenario.limits);
  const all = [...findings, ...completeness(stored.record)];
  return {
    record: stored.record,
    tables,
    notes: [...new Set(trials.flatMap(({ notes }) => notes))],
    findings: all,
    verdict: worstVerdict(all.map(({ verdict }) => verdict)),
    selfFigures: selfFigures(trials.flatMap(({ events }) => events)),
    charts: trials.map(({ chart }) => chart),
  };
};

/** Writes the CSV files with their checksums, report.html, summary.md and junit.xml into a run's folder. Throws KnownError. */
export const writeReports = (folder: string, input: AnalysedRun): Promise<void> => {
  const tables = csvFiles(input.tables);
  return writeTables(folder, {
    ...tables,
    [SUMS_FILE]: sumsOf(tables),
    'report.html': runHtml(input, pageAssets()),
    'summary.md': summaryMarkdown(input),
    'junit.xml': junitXml(input),
  });
};

/** Made by the build from src/report/html/client. */
const FILE = join(PACKAGE, 'dist', 'report', 'html', 'assets.json');

let read: PageAssets | null = null;

/** Script and style that a report embeds. Throws KnownError where the program was not built whole. */
export const pageAssets = (): PageAssets => {
  if (read !== null) return read;
  const text = readText(FILE);
  if (text === null)
    throw new KnownError(`${FILE} is missing`, {
      remedy: 'npm run build makes it; an installed package has it',
      exitCode: EXIT.bug,
    });
  read = JSON.parse(text) as PageAssets;
  return read;
};
