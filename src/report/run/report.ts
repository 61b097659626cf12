import { oneLine } from '../../model/outside.js';
import type { TrialRow } from '../../model/tables.js';
import {
  apart,
  type Column,
  drawn,
  EVERYWHERE,
  figure,
  HTML,
  interval,
  lines,
  list,
  MARKDOWN,
  on,
  type Outline,
  PAGES,
  section,
  type Section,
  sectionsOn,
  sentence,
  table,
  TERMINAL,
  TEXT,
  text,
  toldBounds,
  untitled,
  VERDICT_MARK,
} from '../document.js';
import { pageHtml, type PageAssets } from '../html/page.js';
import { everyTrial, howToRead, timelines } from '../html/run-charts.js';
import { markdownDocument, markdownText } from '../text/markdown.js';
import { wrap } from '../text/table.js';
import { terminalText, type TerminalOptions, verdictLine } from '../text/terminal-text.js';
import { count, ms, STATUS_TONE, TRIAL_AND_PHASE } from './cells.js';
import { runHeadline, trialBounds } from './headline.js';
import { knowsDrops, type ReportInput, type SelfFigures } from './input.js';
import { milestones, phasesByTrial, whereTheTimeWent } from './phases.js';
import { sessions } from './session-sections.js';
import { causes, lossPeriods, streams, streamsByTrial } from './stream-sections.js';
import { sayRethreshold } from './thresholds.js';
import { howMeasured, sayCalibration, sayHost, sayProgress, saySelf, sayTrigger } from './words.js';

const terminalLead = (input: ReportInput): Section => {
  const { record, rethreshold } = input;
  return untitled(
    sentence(`${record.scenario.name} · ${record.version} · ${sayTrigger(record)} · ${sayProgress(record)}`),
    sentence(rethreshold === undefined ? '' : sayRethreshold(rethreshold), 'doubtful'),
    apart(sentence(runHeadline(input), 'strong')),
  );
};

type Fact = readonly [name: string, value: string];

const ofRun = ({ record }: ReportInput): Fact[] => [
  ['Run', `${record.run}, ${sayProgress(record)}`],
  ['Trigger', sayTrigger(record)],
  [
    'Version under test',
    [record.version, ...Object.entries(record.labels).map(([name, value]) => `${name} ${value}`)].join(', '),
  ],
];

const ofEnd = ({ record }: ReportInput): Fact[] =>
  record.error === null ? [] : [['Ended early', record.error]];

const markdownFacts = (input: ReportInput): string[] => {
  const { record, verdict, rethreshold } = input;
  const { host, tool } = record;
  const started = `${record.started_utc}, on ${host.name} (${host.cpus} CPUs, ${host.kernel}) by seqgap ${tool.version}`;
  const facts: Fact[] = [...ofRun(input), ['Started', started], ...ofEnd(input)];
  return [
    `- Verdict: **${verdict}**`,
    ...(rethreshold === undefined ? [] : [`- **Not the run's own figures**: ${sayRethreshold(rethreshold)}`]),
    ...facts.map(([name, value]) => `- ${name}: ${markdownText(value)}`),
    ...(record.restored === false ? ['- **The pair could not be restored.**'] : []),
  ];
};

const pageFacts = (input: ReportInput): Fact[] => {
  const { record, rethreshold } = input;
  return [
    ...ofRun(input),
    ['Started', `${record.started_utc}, on ${record.host.name}`],
    ...(rethreshold === undefined
      ? []
      : [['Not the run’s own figures', sayRethreshold(rethreshold)] as const]),
    ...ofEnd(input),
    ...(record.restored === false ? [['Attention', 'The pair could not be restored.'] as const] : []),
  ];
};

const checks = ({ findings }: ReportInput): Section =>
  section(
    'Checks',
    lines(findings.map(({ key, text: said, verdict }) => ({ verdict, text: `${key}: ${said}` }))),
  );

const TRIALS: readonly Column<TrialRow>[] = [
  ...TRIAL_AND_PHASE,
  text('node', ({ node }) => node, { shrinks: true }),
  text('action', ({ action }) => action, { on: PAGES }),
  text('status', ({ status }) => ({ text: status, tone: STATUS_TONE[status] })),
  text('worst stream', (row) => row.headline_stream, { short: 'stream', shrinks: true }),
  interval('outage', (row) => toldBounds(trialBounds(row))),
  figure(
    'sessions survived',
    ({ sessions_survived: survived, sessions_total: total }) =>
      total === 0 ? { text: '', value: null } : { text: `${survived}/${total}`, value: survived / total },
    { short: 'sessions' },
  ),
  text('verdict', ({ verdict }) => verdict),
  text('reason', (row) => row.void_reason, { on: PAGES }),
];

const trials = ({ tables }: ReportInput): Section =>
  section('Trials', table(tables.trials, TRIALS, { caption: 'Trials', file: 'trials.csv' }));

const hostLine = ({ record }: ReportInput): string =>
  record.self_test === null ? '' : `This host: ${sayHost(record.self_test)}`;

const calibrationLine = ({ record }: ReportInput): string =>
  record.calibration === null ? '' : sayCalibration(record.calibration);

const selfLine = ({ selfFigures }: ReportInput): string =>
  selfFigures.length === 0 ? '' : saySelf(selfFigures);

const isSaid = (line: string): boolean => line !== '';

const sends = (hasDrops: boolean): Column<SelfFigures>[] => [
  text('stream', ({ stream }) => stream, { on: HTML }),
  text('vantage', ({ vantage }) => vantage),
  text('stream', ({ stream }) => stream, { on: MARKDOWN }),
  figure('sent', ({ figures }) => count(figures.sent)),
  figure('unsent', ({ figures }) => count(figures.unsent)),
  figure('blocked', ({ figures }) => count(figures.local_blocked)),
  figure('lateness p50', ({ figures }) => ms(figures.lateness_p50_ms)),
  figure('p99', ({ figures }) => ms(figures.lateness_p99_ms)),
  figure('max', ({ figures }) => ms(figures.lateness_max_ms)),
  ...(hasDrops ? [figure<SelfFigures>('socket drops', ({ figures }) => count(figures.socket_drops))] : []),
];

const instrument = (input: ReportInput): Section => {
  const { selfFigures } = input;
  const about = [hostLine(input), calibrationLine(input)];
  return {
    ...section(
      'The instrument',
      on(HTML, list([selfLine(input), ...about].filter(isSaid))),
      ...about.map((line) => on(MARKDOWN, sentence(line))),
      table(selfFigures, sends(knowsDrops(selfFigures)), { caption: 'Sends' }),
    ),
    id: 'instrument',
  };
};

const method = ({ record }: ReportInput): Section => ({
  ...section(
    'How it was measured',
    drawn(() => [howMeasured(record)]),
    on(HTML, sentence(howMeasured(record))),
  ),
  id: 'method',
});

/**
 * A run on its three faces: what a terminal has at its end is the result first, the worst stream first; a page begins with
 * what was checked.
 */
const OUTLINE: Outline<ReportInput> = [
  [TERMINAL, terminalLead],
  [
    MARKDOWN,
    (input) =>
      untitled(
        sentence(runHeadline(input)),
        drawn(() => markdownFacts(input)),
      ),
  ],
  [PAGES, checks],
  [TERMINAL, streams],
  [HTML, everyTrial],
  [EVERYWHERE, trials],
  [HTML, timelines],
  [TEXT, whereTheTimeWent],
  [HTML, phasesByTrial],
  [MARKDOWN, streams],
  [MARKDOWN, causes],
  [HTML, streamsByTrial],
  [HTML, lossPeriods],
  [EVERYWHERE, sessions],
  [HTML, milestones],
  [TERMINAL, checks],
  [PAGES, instrument],
  [EVERYWHERE, ({ notes }) => section('Notes', list(notes))],
  [PAGES, method],
  [HTML, howToRead],
];

export interface RunTerminalOptions extends TerminalOptions {
  /** Where the results are, for the last line; null: do not say. */
  readonly folder: string | null;
}

/** How far the instrument can be trusted, how the run ended, and what follows. */
const terminalEnd = (input: ReportInput, { columns, folder }: RunTerminalOptions): Section => {
  const { record, verdict } = input;
  const self = selfLine(input);
  const told = [
    hostLine(input),
    self === '' ? '' : `Instrument: ${self}`,
    calibrationLine(input),
    record.error === null ? '' : `Ended early: ${record.error}`,
  ];
  const unrestored = 'The pair could NOT be restored: look at both nodes before anything else.';
  return untitled(
    drawn((_room, colors) => [
      ...told.filter(isSaid).flatMap((line) => wrap(line, columns - 2, 2)),
      ...(record.restored === false ? [colors.red(unrestored)] : []),
    ]),
    verdictLine(verdict),
    drawn(() => (folder === null ? [] : [`Results: ${oneLine(folder)}`])),
  );
};

/** The end of a run on a terminal: the result in a sentence, then what it rests on. */
export const terminalReport = (input: ReportInput, options: RunTerminalOptions): string =>
  terminalText([...sectionsOn('terminal', OUTLINE, input), terminalEnd(input, options)], options);

/** summary.md: the run on one page. */
export const summaryMarkdown = (input: ReportInput): string =>
  markdownDocument(input.record.scenario.name, sectionsOn('markdown', OUTLINE, input));

/** report.html: a run in one file that opens anywhere and asks for nothing. */
export const runHtml = (input: ReportInput, assets: PageAssets): string => {
  const { record, verdict } = input;
  return pageHtml(
    {
      title: record.scenario.name,
      badge: { word: verdict, mark: VERDICT_MARK[verdict] },
      headline: [runHeadline(input)],
      facts: pageFacts(input),
      sections: sectionsOn('html', OUTLINE, input),
      footer: `Made by seqgap ${record.tool.version} from the raw history of ${record.run}; seqgap report makes it again.`,
    },
    assets,
  );
};
