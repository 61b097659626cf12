import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import { longestBounds } from '../../analysis/words/four-figures.js';
import { sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import type { OutageRow, StreamRow } from '../../model/tables.js';
import { type Html, tag, timed } from '../html/markup.js';
import type { Shown } from '../html/legend.js';
import { chartMarkup, pageHtml, type PageAssets } from '../html/page.js';
import { howToRead } from '../html/run-charts.js';
import { timelineChart } from '../html/timeline.js';
import { count, seconds } from '../run/cells.js';
import { streamSentence } from '../run/run-words.js';
import {
  boundsCell,
  type Cell,
  type Column,
  figure,
  group,
  interval,
  lines,
  list,
  markup,
  section,
  type Section,
  table,
  text,
} from '../sections.js';
import type { AnalysedLog } from './analysed-log.js';
import {
  isUntold,
  listedOutages,
  sayLongest,
  sayStart,
  sayUnlisted,
  sayUtc,
  streamName,
} from './log-words.js';

export interface LogPageOptions {
  /** Outages in which fewer probes were lost are counted, not listed; 0: all are listed. */
  readonly minLost: number;
  readonly toolVersion: string;
}

interface Line<Row> {
  readonly row: Row;
  readonly log: AnalysedLog;
}

/** Of more streams the table tells. */
const MOST_SENTENCES = 12;

const streamLines = (logs: readonly AnalysedLog[]): Line<StreamRow>[] =>
  logs.flatMap((log) => log.streams.map((row) => ({ row, log })));

const headline = (logs: readonly AnalysedLog[]): string[] => {
  const all = streamLines(logs);
  const said = all.slice(0, MOST_SENTENCES).map(({ row, log }) => {
    const own = log.outages.filter(({ trial, phase }) => trial === row.trial && phase === row.phase);
    const what = isUntold(row) ? (row.void_reason ?? 'not known') : streamSentence(row, own);
    return `${logs.length === 1 ? '' : `${log.source}: `}${streamName(row)}: ${what}.`;
  });
  const more = all.length - said.length;
  return more > 0 ? [...said, `And ${sayNumberOf(more, 'stream')} more, in the table below.`] : said;
};

const longestCell = (row: StreamRow): Cell => ({ ...boundsOf(row), text: sayLongest(row) });

const boundsOf = (row: StreamRow): { readonly value: number | null } => {
  const cell = boundsCell(longestBounds(row));
  return { value: typeof cell === 'string' ? null : (cell.value ?? null) };
};

const STREAMS: readonly Column<Line<StreamRow>>[] = [
  text('file', ({ log }) => log.source),
  text('target', ({ row }) => streamName(row)),
  figure('sent', ({ row }) => count(row.sent)),
  figure('received', ({ row }) => count(row.received)),
  figure('lost', ({ row }) => count(row.lost)),
  figure('late', ({ row }) => count(row.late)),
  figure('duplicate', ({ row }) => count(row.duplicate)),
  figure('outages', ({ row }) => count(row.periods)),
  interval('longest outage', ({ row }) => longestCell(row)),
  figure('total', ({ row }) => seconds(row.periods === 0 ? null : row.total_s)),
  figure('span', ({ row }) => seconds(row.periods === 0 ? null : row.span_s)),
  text('status', ({ row }) => (isUntold(row) ? 'not known' : row.status)),
];

const OUTAGES: readonly Column<Line<OutageRow>>[] = [
  text('file', ({ log }) => log.source),
  text('target', ({ row }) => streamName(row)),
  text('begins', ({ row, log }) => sayStart(row, log)),
  interval('outage', ({ row }) => boundsCell({ lo: row.lo_s, point: row.outage_s, hi: row.hi_s })),
  figure('lost', ({ row }) => count(row.lost)),
  figure('late', ({ row }) => count(row.late)),
  figure('first number', ({ row }) => count(row.first_seq)),
  text('kind', ({ row }) => row.kind),
];

const lengthOf = ({ row }: Line<OutageRow>): number => row.outage_s ?? Infinity;

const outages = (logs: readonly AnalysedLog[], minLost: number): Section => {
  const rows = logs.flatMap((log) => listedOutages(log, minLost).listed.map((row) => ({ row, log })));
  const few = logs.flatMap((log) => listedOutages(log, minLost).few);
  return section(
    'Outages',
    table(
      rows.toSorted((a, b) => lengthOf(b) - lengthOf(a) || a.row.start_s - b.row.start_s),
      OUTAGES,
      { caption: 'Outages, the longest first', file: 'what analyze --csv prints' },
    ),
    lines([
      ...(rows.length === 0 && few.length === 0 ? ['None is told.'] : []),
      ...(few.length === 0 ? [] : [`${sayUnlisted(few, minLost)}.`]),
    ]),
  );
};

/** What 0 on the axis is. */
const sayOrigin = ({ origin_utc, time }: AnalysedLog): string | null =>
  origin_utc === null ? time(0) : sayUtc(origin_utc);

const article = (log: AnalysedLog, chart: TrialChart, id: string): Html => {
  const name = `${log.source}${log.charts.length > 1 ? `, trial ${chart.trial}` : ''}`;
  const origin = sayOrigin(log);
  const said = `${saySeconds(chart.to_s - chart.from_s)}${origin === null ? '' : `; 0 is ${origin}`}.`;
  const tables = { ...log.events, outages: log.outages };
  return tag`<article id="${id}">
    <h3>${name}</h3>
    <p>${timed(said)}</p>
    ${chartMarkup(`${id}-chart`, `${name}: timeline of ${said}`, timelineChart(chart, tables))}
  </article> `;
};

const timelines = (logs: readonly AnalysedLog[]): Section =>
  section(
    'Timelines',
    ...logs.flatMap((log, at) =>
      log.charts.map((chart, index) => markup(article(log, chart, `log-${at + 1}-${index + 1}`))),
    ),
  );

const basis = (logs: readonly AnalysedLog[]): Section => ({
  ...section(
    'Assumptions and notes',
    ...logs.map((log) =>
      group(`${log.source} (${log.format})`, [
        list([...log.assumptions.map((said) => `Assumed: ${said}`), ...log.notes]),
      ]),
    ),
  ),
  id: 'basis',
});

const shownOf = (logs: readonly AnalysedLog[]): Shown => ({
  kinds: new Set(logs.flatMap((log) => log.outages.map(({ kind }) => kind))),
  hasLimits: false,
  hasStallLimits: false,
  hasSessions: logs.some(({ charts }) => charts.some(({ sessions }) => sessions.length > 0)),
  hasNodes: logs.some(({ charts }) => charts.some(({ seen }) => seen.length > 0)),
  hasChains: false,
});

/** The outages of logs in one file that opens anywhere and asks for nothing, with the timeline of each log. */
export const logPage = (
  logs: readonly AnalysedLog[],
  { minLost, toolVersion }: LogPageOptions,
  assets: PageAssets,
): string => {
  const [only] = logs;
  const name = only !== undefined && logs.length === 1 ? only.source : sayNumberOf(logs.length, 'log');
  return pageHtml(
    {
      title: `Outages in ${name}`,
      badge: null,
      headline: headline(logs),
      facts: logs.map((log) => [
        log.source,
        log.format === 'run' ? 'a run of seqgap' : `log of ${log.format}`,
      ]),
      sections: [
        section('Streams', table(streamLines(logs), STREAMS, { caption: 'Streams' })),
        timelines(logs),
        outages(logs, minLost),
        basis(logs),
        howToRead(shownOf(logs)),
      ],
      footer: `Made by seqgap ${toolVersion}: seqgap analyze --html.`,
    },
    assets,
  );
};
