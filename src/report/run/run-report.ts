import { withLocal } from '../../analysis/words/when.js';
import { oneLine } from '../../model/outside.js';
import type { TrialRow } from '../../model/tables.js';
import {
  apart,
  type Column,
  drawn,
  figure,
  interval,
  lines,
  list,
  on,
  type Outline,
  section,
  type Section,
  sectionsOn,
  sentence,
  table,
  text,
  boundsCell,
  VERDICT_MARK,
  VERDICT_TONE,
  cellOf,
} from '../sections.js';
import { whyItTookSoLong } from '../chain/chain-report.js';
import { trialId } from '../html/chart.js';
import { pageHtml, type PageAssets } from '../html/page.js';
import { everyTrial, howToRead, shownOf, timelines } from '../html/run-charts.js';
import { markdownReport, markdownText } from '../text/markdown.js';
import { wrap } from '../text/table.js';
import { terminalText, type TerminalOptions, verdictLine } from '../text/terminal-text.js';
import { firstScreen } from './first-screen.js';
import { STATUS_TONE, count, ms } from './cells.js';
import { runHeadline, trialBounds } from './headline.js';
import type { AnalysedRun, SelfFigures } from './analysed-run.js';
import { marks } from './mark-section.js';
import { milestones, phasesByTrial, whereTheTimeWent } from './phases.js';
import { sessions } from './session-sections.js';
import { causes, lossPeriods, streams, streamsByTrial } from './stream-sections.js';
import { sayRethreshold } from './thresholds.js';
import {
  howMeasured,
  runTitle,
  sayProgress,
  sayRun,
  sayTrigger,
  sayCalibration,
  sayHost,
  saySelf,
} from './run-words.js';

/** How far the instrument can be trusted: lines that are empty where nothing is known. */

const hostLine = ({ record }: AnalysedRun): string =>
  record.self_test === null ? '' : `This host: ${sayHost(record.self_test)}`;

const calibrationLine = ({ record }: AnalysedRun): string =>
  record.calibration === null ? '' : sayCalibration(record.calibration);

const selfLine = ({ selfFigures }: AnalysedRun): string =>
  selfFigures.length === 0 ? '' : saySelf(selfFigures);

const isSaid = (line: string): boolean => line !== '';

/** Older runs did not ask, and some engines cannot be asked. */
const knowsDrops = (all: readonly SelfFigures[]): boolean =>
  all.some(({ figures }) => figures.socket_drops !== null);

const sends = (hasDrops: boolean): Column<SelfFigures>[] => [
  text('stream', ({ stream }) => stream, { on: 'html' }),
  text('vantage', ({ vantage }) => vantage),
  text('stream', ({ stream }) => stream, { on: 'markdown' }),
  text('engine', ({ engine }) => engine ?? ''),
  figure('sent', ({ figures }) => count(figures.sent)),
  figure('unsent', ({ figures }) => count(figures.unsent)),
  figure('blocked', ({ figures }) => count(figures.local_blocked)),
  figure('lateness p50', ({ figures }) => ms(figures.lateness_p50_ms)),
  figure('p99', ({ figures }) => ms(figures.lateness_p99_ms)),
  figure('max', ({ figures }) => ms(figures.lateness_max_ms)),
  ...(hasDrops ? [figure<SelfFigures>('socket drops', ({ figures }) => count(figures.socket_drops))] : []),
];

const instrument = (run: AnalysedRun): Section => {
  const { selfFigures } = run;
  const about = [hostLine(run), calibrationLine(run)];
  return {
    ...section(
      'The instrument',
      on('html', list([selfLine(run), ...about].filter(isSaid))),
      ...about.map((line) => on('markdown', sentence(line))),
      table(selfFigures, sends(knowsDrops(selfFigures)), { caption: 'Sends' }),
    ),
    id: 'instrument',
  };
};

const terminalLead = (run: AnalysedRun): Section => {
  const { record, rethreshold } = run;
  return section(
    null,
    sentence(sayRun(record)),
    sentence(rethreshold === undefined ? '' : sayRethreshold(rethreshold), 'doubtful'),
    apart(sentence(runHeadline(run), 'strong')),
  );
};

type Fact = readonly [name: string, value: string];

/** It triggers nothing, tests no version, and has no limits that could be kept. */
const isWatch = ({ record }: AnalysedRun): boolean => record.kind === 'watch';

/** A watch has no limits: nothing of it passed. That it ended early, or without its agents, is told. */
const hasVerdict = (run: AnalysedRun): boolean => !isWatch(run) || run.verdict !== 'pass';

const ofTest = ({ record }: AnalysedRun): Fact[] => [
  ['Trigger', sayTrigger(record)],
  [
    'Version under test',
    [record.version, ...Object.entries(record.labels).map(([name, value]) => `${name} ${value}`)].join(', '),
  ],
];

const ofRun = (run: AnalysedRun): Fact[] => [
  ['Run', `${run.record.run}, ${sayProgress(run.record)}`],
  ...(isWatch(run) ? [] : ofTest(run)),
];

const ofEnd = ({ record }: AnalysedRun): Fact[] =>
  record.error === null ? [] : [['Ended early', record.error]];

const markdownFacts = (run: AnalysedRun): string[] => {
  const { record, verdict, rethreshold } = run;
  const { host, tool } = record;
  const started = `${record.started_utc}, on ${host.name} (${host.cpus} CPUs, ${host.kernel}) by seqgap ${tool.version}`;
  const facts: Fact[] = [...ofRun(run), ['Started', started], ...ofEnd(run)];
  return [
    ...(hasVerdict(run) ? [`- Verdict: **${verdict}**`] : []),
    ...(rethreshold === undefined ? [] : [`- **Not the run's own figures**: ${sayRethreshold(rethreshold)}`]),
    ...facts.map(([name, value]) => `- ${name}: ${markdownText(withLocal(value))}`),
    ...(record.restored === false ? ['- **The pair could not be restored.**'] : []),
  ];
};

const markdownLead = (run: AnalysedRun): Section =>
  section(
    null,
    sentence(runHeadline(run)),
    drawn(() => markdownFacts(run)),
  );

const pageFacts = (run: AnalysedRun): Fact[] => {
  const { record, rethreshold } = run;
  return [
    ...ofRun(run),
    ['Started', `${record.started_utc}, on ${record.host.name}`],
    ...(rethreshold === undefined
      ? []
      : [['Not the run’s own figures', sayRethreshold(rethreshold)] as const]),
    ...ofEnd(run),
    ...(record.restored === false ? [['Attention', 'The pair could not be restored.'] as const] : []),
  ];
};

/** What is only a figure has passed nothing. */
const checks = (run: AnalysedRun): Section =>
  section(
    'Checks',
    lines(
      run.findings.map(({ key, text: said, verdict }) =>
        isWatch(run) && verdict === 'pass' ? `${key}: ${said}` : { verdict, text: `${key}: ${said}` },
      ),
    ),
  );

/** Of a watch each session's whole story. */
const sessionLines = (run: AnalysedRun): string[] => {
  const names = new Set(isWatch(run) ? run.tables.sessions.map(({ session }) => session) : []);
  return run.findings
    .filter(({ key }) => names.has(key))
    .map(({ key, text: said }) => `Session ${key.replace(/#1$/, '')} ${said}.`);
};

const OUTAGE = (place: 'html' | 'text'): Column<TrialRow> =>
  interval('outage', (row) => boundsCell(trialBounds(row)), { on: place });
const VERDICT = (place: 'html' | 'text'): Column<TrialRow> =>
  text(
    'verdict',
    ({ verdict }) => ({ text: verdict, tone: place === 'html' ? VERDICT_TONE[verdict] : undefined }),
    {
      on: place,
    },
  );

/** A page that is a telephone wide begins with the answer. */
const trialColumns = (run: AnalysedRun): readonly Column<TrialRow>[] => [
  figure('trial', ({ trial }) => ({ ...cellOf(trial, String), link: trialId(run, trial) })),
  OUTAGE('html'),
  VERDICT('html'),
  text('phase', ({ phase }) => phase),
  text('node', ({ node }) => node, { shrinks: true }),
  text('action', ({ action }) => action, { on: 'pages' }),
  text('status', ({ status }) => ({ text: status, tone: STATUS_TONE[status] })),
  text('worst stream', (row) => row.headline_stream, { short: 'stream', shrinks: true }),
  OUTAGE('text'),
  figure(
    'sessions survived',
    ({ sessions_survived: survived, sessions_total: total }) =>
      total === 0 ? { text: '', value: null } : { text: `${survived}/${total}`, value: survived / total },
    { short: 'sessions' },
  ),
  VERDICT('text'),
  text('reason', (row) => row.void_reason, { on: 'pages' }),
];

const trials = (run: AnalysedRun): Section =>
  section('Trials', table(run.tables.trials, trialColumns(run), { caption: 'Trials', file: 'trials.csv' }));

const method = ({ record }: AnalysedRun): Section => ({
  ...section(
    'How it was measured',
    drawn(() => [howMeasured(record)]),
    on('html', sentence(howMeasured(record))),
  ),
  id: 'method',
});

/** A terminal begins with the streams, a page with what was checked. */
const OUTLINE: Outline<AnalysedRun> = [
  ['terminal', terminalLead],
  ['markdown', markdownLead],
  ['pages', checks],
  ['terminal', streams],
  ['html', everyTrial],
  ['everywhere', trials],
  ['html', timelines],
  ['html', whyItTookSoLong],
  ['text', whereTheTimeWent],
  ['markdown', whyItTookSoLong],
  ['html', phasesByTrial],
  ['markdown', streams],
  ['markdown', causes],
  ['html', streamsByTrial],
  ['html', lossPeriods],
  ['everywhere', marks],
  ['everywhere', sessions],
  ['html', milestones],
  ['terminal', checks],
  ['pages', instrument],
  ['everywhere', ({ notes }) => section('Notes', list(notes))],
  ['pages', method],
  ['html', (run) => howToRead(shownOf(run))],
];

export interface RunTerminalOptions extends TerminalOptions {
  /** Where the results are, for the last line; null: do not say. */
  readonly folder: string | null;
}

/** How far the instrument can be trusted, how the run ended, and what follows. */
const terminalEnd = (run: AnalysedRun, { columns, folder }: RunTerminalOptions): Section => {
  const { record, verdict } = run;
  const self = selfLine(run);
  const told = [
    hostLine(run),
    self === '' ? '' : `Instrument: ${self}`,
    calibrationLine(run),
    record.error === null ? '' : `Ended early: ${record.error}`,
  ];
  const unrestored = 'The pair could NOT be restored: look at both nodes before anything else.';
  return section(
    null,
    drawn((_room, colors) => [
      ...told.filter(isSaid).flatMap((line) => wrap(line, columns - 2, 2)),
      ...(record.restored === false ? [colors.red(unrestored)] : []),
    ]),
    ...(hasVerdict(run) ? [verdictLine(verdict)] : []),
    drawn(() => (folder === null ? [] : [`Results: ${oneLine(folder)}`])),
  );
};

/** The end of a run on a terminal: the result in a sentence, then what it rests on. */
export const terminalReport = (run: AnalysedRun, options: RunTerminalOptions): string =>
  terminalText([...sectionsOn('terminal', OUTLINE, run), terminalEnd(run, options)], options);

/** summary.md: the run on one page. */
export const summaryMarkdown = (run: AnalysedRun): string =>
  markdownReport(run.record.scenario.name, sectionsOn('markdown', OUTLINE, run));

/** report.html: a run in one file that opens anywhere and asks for nothing. */
export const runHtml = (run: AnalysedRun, assets: PageAssets): string => {
  const { record, verdict } = run;
  const tiles = firstScreen(run);
  return pageHtml(
    {
      title: runTitle(record),
      badge: tiles.length > 0 || !hasVerdict(run) ? null : { word: verdict, mark: VERDICT_MARK[verdict] },
      tiles,
      headline: [runHeadline(run), ...sessionLines(run)],
      facts: pageFacts(run),
      sections: sectionsOn('html', OUTLINE, run),
      footer: `Made by seqgap ${record.tool.version} from the raw history of ${record.run}; seqgap report makes it again.`,
    },
    assets,
  );
};
