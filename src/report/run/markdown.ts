import { besideFigures } from '../beside-figures.js';
import {
  lossCauses,
  howMeasured,
  sayCalibration,
  sayHost,
  sayProgress,
  sayStatistic,
  sayStatus,
  sayTrigger,
  VERDICT_MARK,
} from './words.js';
import { sayBounds, sayCount, sayMs } from '../../analysis/words/format.js';
import { runHeadline, trialBounds } from './headline.js';
import { type ReportInput, knowsDrops } from './input.js';
import { markdownTable as table, markdownText as escaped } from '../text/table.js';
import { streamOverviews } from './overview.js';
import { phasesMarkdown } from './phases.js';
import { sessionsMarkdown } from './session-markdown.js';
import { sayRethreshold } from './thresholds.js';

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines];

const listOf = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', ...lines.map((line) => `- ${escaped(line)}`)];

const ms = (value: number | null): string => (value === null ? '' : sayMs(value));

const trials = ({ tables }: ReportInput): string[] =>
  table(
    [
      ['trial', 'right'],
      ['phase', 'left'],
      ['node', 'left'],
      ['action', 'left'],
      ['status', 'left'],
      ['worst stream', 'left'],
      ['outage', 'left'],
      ['sessions survived', 'right'],
      ['verdict', 'left'],
      ['reason', 'left'],
    ],
    tables.trials.map((row) => [
      String(row.trial ?? ''),
      row.phase ?? '',
      row.node ?? '',
      row.action ?? '',
      row.status,
      row.headline_stream ?? '',
      sayBounds(trialBounds(row)),
      row.sessions_total === 0 ? '' : `${row.sessions_survived}/${row.sessions_total}`,
      row.verdict,
      row.void_reason ?? '',
    ]),
  );

const streams = (input: ReportInput): string[] => [
  ...table(
    [
      ['stream', 'left'],
      ['phase', 'left'],
      ['class', 'left'],
      ['n', 'right'],
      ['min', 'right'],
      ['median', 'right'],
      ['max', 'right'],
      ['worst trial', 'left'],
      ['status', 'left'],
    ],
    streamOverviews(input).map((each) => [
      each.label,
      each.phase ?? '',
      each.control ? 'control' : each.class,
      `${each.n}/${each.trials}`,
      sayStatistic(each.min_s, each.n),
      sayStatistic(each.median_s, each.n),
      sayStatistic(each.max_s, each.n),
      each.worst === null ? '' : sayBounds(each.worst),
      sayStatus(each),
    ]),
  ),
  '',
  'The longest outage of each trial; n is the number of trials that gave a figure, of all. A trial that did not',
  'recover has no upper end and ranks above every other.',
  ...listOf(besideFigures(input)),
];

const checks = ({ findings }: ReportInput): string[] =>
  findings.map(
    ({ key, text, verdict }) => `- ${VERDICT_MARK[verdict]} ${verdict}: ${escaped(key)}: ${escaped(text)}`,
  );

const host = ({ record }: ReportInput): string[] => {
  const tested = record.self_test === null ? [] : [`This host: ${escaped(sayHost(record.self_test))}`];
  const calibrated = record.calibration === null ? [] : [escaped(sayCalibration(record.calibration))];
  return tested.length > 0 && calibrated.length > 0
    ? [...tested, '', ...calibrated]
    : [...tested, ...calibrated];
};

const sends = ({ selfFigures }: ReportInput): string[] => {
  const withDrops = knowsDrops(selfFigures);
  return selfFigures.length === 0
    ? []
    : table(
        [
          ['vantage', 'left'],
          ['stream', 'left'],
          ['sent', 'right'],
          ['unsent', 'right'],
          ['blocked', 'right'],
          ['lateness p50', 'right'],
          ['p99', 'right'],
          ['max', 'right'],
          ...(withDrops ? [['socket drops', 'right'] as const] : []),
        ],
        selfFigures.map(({ vantage, stream, figures }) => [
          vantage,
          stream,
          sayCount(figures.sent),
          sayCount(figures.unsent),
          sayCount(figures.local_blocked),
          ms(figures.lateness_p50_ms),
          ms(figures.lateness_p99_ms),
          ms(figures.lateness_max_ms),
          ...(withDrops ? [figures.socket_drops === null ? '' : sayCount(figures.socket_drops)] : []),
        ]),
      );
};

const instrument = (input: ReportInput): string[] => {
  const [before, after] = [host(input), sends(input)];
  return before.length > 0 && after.length > 0 ? [...before, '', ...after] : [...before, ...after];
};

const facts = ({ record, verdict, rethreshold }: ReportInput): string[] => {
  const labels = Object.entries(record.labels).map(([name, value]) => `${name} ${value}`);
  return [
    `- Verdict: **${verdict}**`,
    ...(rethreshold === undefined ? [] : [`- **Not the run's own figures**: ${sayRethreshold(rethreshold)}`]),
    `- Run: ${escaped(record.run)}, ${escaped(sayProgress(record))}`,
    `- Trigger: ${escaped(sayTrigger(record))}`,
    `- Version under test: ${escaped([record.version, ...labels].join(', '))}`,
    `- Started: ${escaped(record.started_utc)}, on ${escaped(record.host.name)} (${record.host.cpus} CPUs, ` +
      `${escaped(record.host.kernel)}) by seqgap ${escaped(record.tool.version)}`,
    ...(record.error === null ? [] : [`- Ended early: ${escaped(record.error)}`]),
    ...(record.restored === false ? ['- **The pair could not be restored.**'] : []),
  ];
};

/** summary.md: the run on one page. */
export const summaryMarkdown = (input: ReportInput): string => {
  const { record, tables } = input;
  const lines = [
    `# ${escaped(record.scenario.name)}`,
    '',
    escaped(runHeadline(input)),
    '',
    ...facts(input),
    ...section('Checks', checks(input)),
    ...section('Trials', tables.trials.length === 0 ? [] : trials(input)),
    ...section('Where the time went', phasesMarkdown(tables)),
    ...section('Streams', tables.streams.length === 0 ? [] : streams(input)),
    ...section(
      'Causes',
      lossCauses(tables.streams).map((line) => `- ${escaped(line)}`),
    ),
    ...section('Sessions', sessionsMarkdown(input)),
    ...section('The instrument', instrument(input)),
    ...section(
      'Notes',
      input.notes.map((note) => `- ${escaped(note)}`),
    ),
    ...section('How it was measured', [howMeasured(record)]),
  ];
  return `${lines.join('\n')}\n`;
};
