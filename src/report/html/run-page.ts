import { besideFigures } from '../beside-figures.js';
import {
  lossCauses,
  howMeasured,
  sayCalibration,
  sayHost,
  sayProgress,
  saySelf,
  sayTrigger,
  VERDICT_MARK,
} from '../run/words.js';
import { saySeconds, spellBounds } from '../../analysis/words/format.js';
import { runHeadline, trialBounds } from '../run/headline.js';
import type { ReportInput } from '../run/input.js';
import { sessionSentence } from '../run/sessions.js';
import { streamLines } from '../../analysis/words/stream-lines.js';
import { sayRethreshold } from '../run/thresholds.js';
import type { ResultTables, TrialRow } from '../../model/tables.js';
import type { TrialPicture } from '../../analysis/chart/picture.js';
import { distributionChart } from './chart.js';
import { tag, NOTHING, type Html } from './markup.js';
import { chartMarkup, list, pageHtml, type PageAssets, type Section, READ_POINTS, READ_RUN } from './page.js';
import {
  instrumentTable,
  matrixTable,
  openingsTable,
  outagesTable,
  phasesTable,
  sessionsTable,
  streamsTable,
  timelineTable,
  trialsTable,
} from './run-tables.js';
import { timelineChart } from './timeline.js';

const facts = ({ record, rethreshold }: ReportInput): (readonly [string, string])[] => {
  const labels = Object.entries(record.labels).map(([name, value]) => `${name} ${value}`);
  return [
    ['Run', `${record.run}, ${sayProgress(record)}`],
    ['Trigger', sayTrigger(record)],
    ['Version under test', [record.version, ...labels].join(', ')],
    ['Started', `${record.started_utc}, on ${record.host.name}`],
    ...(rethreshold === undefined
      ? []
      : ([['Not the run’s own figures', sayRethreshold(rethreshold)]] as const)),
    ...(record.error === null ? [] : ([['Ended early', record.error]] as const)),
    ...(record.restored === false ? ([['Attention', 'The pair could not be restored.']] as const) : []),
  ];
};

const distribution = (input: ReportInput): Html => {
  const chart = distributionChart(input);
  if (chart === null) return NOTHING;
  return tag`${chartMarkup('distribution-chart', 'The longest outage of every trial, by stream', chart)}
  ${list(READ_POINTS)}`;
};

/** What the longest outage of the headline's stream does not say. */
const sayWhole = ({ streams, outages }: ResultTables, trial: TrialRow): string =>
  streamLines(
    streams.filter(
      (row) =>
        row.trial === trial.trial &&
        row.phase === trial.phase &&
        row.stream === trial.headline_stream &&
        row.direction === 'round-trip',
    ),
    outages.filter((row) => row.trial === trial.trial && row.phase === trial.phase),
  )
    .map((line) => `; ${line}`)
    .join('');

/** What a trial came to, in words: the text beside its picture. */
const sayTrial = ({ tables }: ReportInput, trial: number): string => {
  const rows = tables.trials.filter((row) => row.trial === trial);
  return rows
    .map((row) => {
      const stream = row.headline_stream === null ? '' : ` (${row.headline_stream})`;
      const bounds = trialBounds(row);
      const outage =
        bounds.lo === null
          ? (row.void_reason ?? row.status)
          : `${spellBounds(bounds)}${stream}, ${row.status}${sayWhole(tables, row)}`;
      const sessions =
        row.sessions_total === 0
          ? ''
          : `; ${row.sessions_survived} of ${row.sessions_total} sessions survived`;
      return `${row.phase ?? 'trial'}: ${outage}${sessions}.`;
    })
    .join(' ');
};

const trialSection = (input: ReportInput, picture: TrialPicture): Html => {
  const { trial } = picture;
  const name = input.record.kind === 'watch' ? 'The watch' : `Trial ${trial}`;
  const said = sayTrial(input, trial);
  const length = saySeconds(picture.to_s - picture.from_s);
  const label = `${name}: timeline of ${length}. ${said}`;
  return tag`<article id="trial-${trial}">
    <h3>${name}</h3>
    <p>${said}</p>
    ${chartMarkup(`trial-${trial}-chart`, label, timelineChart(picture, input.tables))}
  </article> `;
};

const checks = ({ findings }: ReportInput): Html =>
  list(findings.map(({ key, text, verdict }) => `${VERDICT_MARK[verdict]} ${verdict}: ${key}: ${text}`));

const sessions = (input: ReportInput): Html => {
  const sentence = sessionSentence(input);
  return tag`${sentence === '' ? NOTHING : tag`<p>${sentence}</p>`}${matrixTable(input)}${sessionsTable(input)}${openingsTable(input)}`;
};

const instrument = (input: ReportInput): Html => {
  const { record, selfFigures } = input;
  const lines = [
    ...(selfFigures.length === 0 ? [] : [saySelf(selfFigures)]),
    ...(record.self_test === null ? [] : [`This host: ${sayHost(record.self_test)}`]),
    ...(record.calibration === null ? [] : [sayCalibration(record.calibration)]),
  ];
  return tag`${list(lines)}${instrumentTable(input)}`;
};

const sections = (input: ReportInput): Section[] => {
  const { tables, record } = input;
  return [
    { id: 'checks', title: 'Checks', body: checks(input) },
    { id: 'distribution', title: 'Every trial', body: distribution(input) },
    { id: 'trials', title: 'Trials', body: trialsTable(input) },
    {
      id: 'timelines',
      title: 'Timelines',
      body: tag`${(input.pictures ?? []).map((picture) => trialSection(input, picture))}`,
    },
    { id: 'phases', title: 'Phases of the outage', body: phasesTable(tables.phases ?? []) },
    {
      id: 'streams',
      title: 'Streams',
      body: tag`${list(besideFigures(input))}${streamsTable(input)}${list(lossCauses(tables.streams))}`,
    },
    { id: 'outages', title: 'Loss periods', body: outagesTable(input) },
    { id: 'sessions', title: 'Sessions', body: sessions(input) },
    { id: 'milestones', title: 'Milestones', body: timelineTable(tables.timeline ?? []) },
    { id: 'instrument', title: 'The instrument', body: instrument(input) },
    { id: 'notes', title: 'Notes', body: list(input.notes) },
    { id: 'method', title: 'How it was measured', body: tag`<p>${howMeasured(record)}</p>` },
    { id: 'reading', title: 'How to read this', body: list(READ_RUN) },
  ];
};

/** report.html: a run in one file that opens anywhere and asks for nothing. */
export const runHtml = (input: ReportInput, assets: PageAssets): string => {
  const { record, verdict } = input;
  const { tool } = record;
  return pageHtml(
    {
      title: record.scenario.name,
      badge: { word: verdict, mark: VERDICT_MARK[verdict] },
      headline: [runHeadline(input)],
      facts: facts(input),
      sections: sections(input),
      footer: `Made by seqgap ${tool.version} from the raw history of ${record.run}; seqgap report makes it again.`,
    },
    assets,
  );
};
