import { sayCount, sayNumberOf } from '../../analysis/words/format.js';
import type { RunSummary } from '../../model/figures.js';
import { tag, NOTHING, type Html } from '../html/markup.js';
import { pageHtml, type PageAssets } from '../html/page.js';
import { labelsText, trialsText, verdictText } from '../run-list.js';
import {
  type Cell,
  type Column,
  figure,
  interval,
  markup,
  section,
  sentence,
  table,
  text,
  VERDICT_TONE,
} from '../sections.js';
import {
  compareAddress,
  COMPARE,
  LIST,
  listAddress,
  type ListQuery,
  liveAddress,
  PHASES,
  runAddress,
  type Sort,
  trendAddress,
  VERDICT_WORDS,
} from './address.js';
import { formMarkup } from './form.js';

/** A run as a list shows it. */
export interface ListedRun {
  /** Its folder, from that of all runs. */
  readonly name: string;
  /** null: run.json cannot be read. */
  readonly summary: RunSummary | null;
  /** The worst, in words; empty: there are no figures. */
  readonly outage: string;
  /** Why there are no figures; null: there are. */
  readonly why: string | null;
}

export interface List {
  /** The folder, as it was given. */
  readonly folder: string;
  readonly query: ListQuery;
  /** Those of this page. */
  readonly runs: readonly ListedRun[];
  /** How many there are, how many are asked for, and how many of them a page shows. */
  readonly all: number;
  readonly asked: number;
  readonly perPage: number;
  /** Names of runs that say they are going on. */
  readonly running: readonly string[];
  /** What there is to choose from. */
  readonly scenarios: readonly string[];
  readonly versions: readonly string[];
  /** `KEY=VALUE` */
  readonly labels: readonly string[];
}

/** Those that were killed long ago say so for ever. */
const MOST_RUNNING = 10;

const isRunning = ({ summary }: ListedRun): boolean => summary?.status === 'running';

/** Its name begins with when it started, in UTC. */
const runCell = (run: ListedRun): Cell => ({
  text: run.summary?.run ?? run.name,
  ...(run.summary === null ? {} : { utc: run.summary.started_utc }),
  href: isRunning(run) ? liveAddress(run.name) : runAddress(run.name),
});

const verdictCell = ({ summary, why }: ListedRun): Cell => {
  if (why !== null) return { text: 'unreadable', tone: 'bad' };
  if (summary === null) return '';
  if (summary.restored === false) return { text: verdictText(summary), tone: 'bad' };
  return summary.verdict === null ? '' : { text: summary.verdict, tone: VERDICT_TONE[summary.verdict] };
};

const compareCell =
  ({ base }: ListQuery, query: ListQuery) =>
  ({ name, why }: ListedRun): Cell => {
    if (why !== null) return '';
    if (base === '') return { text: 'compare with …', href: listAddress(query, { base: name }) };
    return base === name ? 'the base' : { text: 'with the base', href: compareAddress(base, name) };
  };

const SORTED_BY: Readonly<Record<Sort, string>> = {
  started: 'start',
  scenario: 'scenario',
  version: 'version',
  outage: 'worst outage',
  verdict: 'verdict',
};

/** Where a heading leads to: the way that is wanted first of such a column, then the other. */
const sorting = (query: ListQuery, sort: Sort): Column<ListedRun>['sorting'] => {
  const order = query.sort === sort ? query.order : null;
  const first = sort === 'started' || sort === 'outage' ? 'descending' : 'ascending';
  const other = first === 'descending' ? 'ascending' : 'descending';
  return { href: listAddress(query, { sort, order: order === first ? other : first, page: 1 }), order };
};

const columnsOf = (query: ListQuery): readonly Column<ListedRun>[] => {
  const by = (sort: Sort) => ({ sorting: sorting(query, sort) ?? { href: '', order: null } });
  return [
    text('run', runCell, by('started')),
    text('verdict', verdictCell, by('verdict')),
    interval('worst outage', ({ outage }) => outage, by('outage')),
    text('compare', compareCell(query, query)),
    text('scenario', ({ summary }) => summary?.scenario ?? '', by('scenario')),
    text('version', ({ summary }) => summary?.version ?? '', by('version')),
    figure('trials', ({ summary }) => (summary === null ? '' : trialsText(summary))),
    text('labels, or what is wrong', ({ summary, why }) => why ?? labelsText(summary?.labels ?? {})),
  ];
};

const paging = ({ query, asked, perPage }: List): Html => {
  const pages = Math.max(1, Math.ceil(asked / perPage));
  if (pages === 1) return NOTHING;
  const link = (page: number, said: string): Html =>
    page < 1 || page > pages || page === query.page
      ? NOTHING
      : tag`<a href="${listAddress(query, { page })}">${said}</a> `;
  return tag`<p class="pages">
    ${link(1, 'first')}${link(query.page - 1, 'previous')}
    <span>page ${sayCount(query.page)} of ${sayCount(pages)}</span>
    ${link(query.page + 1, 'next')}${link(pages, 'last')}
  </p> `;
};

const filter = ({ query, scenarios, versions, labels }: List): Html =>
  formMarkup(
    'filter',
    LIST,
    [
      {
        kind: 'choice',
        name: 'scenario',
        label: 'Scenario',
        value: query.scenario,
        choices: scenarios,
        none: 'all',
      },
      { kind: 'text', name: 'version', label: 'Version', value: query.version, known: versions },
      { kind: 'text', name: 'label', label: 'Label', value: query.label, known: labels, hint: 'site=lab1' },
      {
        kind: 'choice',
        name: 'verdict',
        label: 'Verdict',
        value: query.verdict,
        choices: VERDICT_WORDS,
        none: 'all',
      },
      { kind: 'text', name: 'text', label: 'Text', value: query.text, hint: 'part of a name or label' },
      { kind: 'text', name: 'since', label: 'Since', value: query.since, hint: '2026-01-31 or 30d' },
      { kind: 'text', name: 'until', label: 'Until', value: query.until, hint: '2026-01-31 or 7d' },
      { kind: 'hidden', name: 'sort', value: query.sort },
      { kind: 'hidden', name: 'order', value: query.order },
      { kind: 'hidden', name: 'base', value: query.base },
    ],
    'Show',
  );

const groups = ({ query, scenarios, versions, labels }: List): Html => {
  const known = [...versions.map((version) => `version=${version}`), ...labels];
  const hint = 'version=9.0, or a run';
  return formMarkup(
    'groups',
    COMPARE,
    [
      { kind: 'text', name: 'base', label: 'Base', value: query.base, known, hint, isNeeded: true },
      { kind: 'text', name: 'candidate', label: 'Candidate', value: '', known, hint, isNeeded: true },
      {
        kind: 'choice',
        name: 'scenario',
        label: 'Scenario',
        value: query.scenario,
        choices: scenarios,
        none: 'all',
      },
      { kind: 'choice', name: 'phase', label: 'Phase', value: '', choices: PHASES, none: 'all' },
      { kind: 'text', name: 'margin', label: 'Margin', value: '', hint: '10% or 500ms' },
    ],
    'Compare',
  );
};

/** Links one below the other. */
export const links = (all: readonly { readonly href: string; readonly text: string }[]): Html =>
  tag`<ul>
    ${all.map(({ href, text: said }) => tag`<li><a href="${href}">${said}</a></li>`)}
  </ul> `;

const counted = ({ all, asked, query, running }: List): string[] => {
  const shown = asked === all ? '' : `, ${sayCount(asked)} as asked for`;
  const base = query.base === '' ? '' : ` To be compared with ${query.base}: choose another.`;
  const going = running.length === 0 ? '' : ` ${sayNumberOf(running.length, 'run')} going on, or killed.`;
  return [`${sayNumberOf(all, 'run')}${shown}.${going}${base}`];
};

/** The list of all runs, page by page: a table with links, filters, and what else there is. */
export const listHtml = (list: List, version: string, assets: PageAssets): string => {
  const { query, runs, running, scenarios, folder } = list;
  return pageHtml(
    {
      title: `Runs of ${folder}`,
      badge: null,
      headline: counted(list),
      facts: [],
      sections: [
        section(
          'Going on',
          ...(running.length === 0
            ? []
            : [
                markup(
                  links(
                    running.slice(0, MOST_RUNNING).map((name) => ({ href: liveAddress(name), text: name })),
                  ),
                ),
              ]),
        ),
        section('Filter', markup(filter(list))),
        section(
          'Runs',
          sentence(runs.length === 0 ? 'No run is as asked for.' : ''),
          table(runs, columnsOf(query), {
            caption: `By ${SORTED_BY[query.sort]}, ${query.order}`,
          }),
          markup(paging(list)),
        ),
        section('Compare groups', markup(groups(list))),
        section(
          'Trends',
          ...(scenarios.length === 0
            ? []
            : [markup(links(scenarios.map((name) => ({ href: trendAddress(name), text: name }))))]),
        ),
      ],
      footer: `Served by seqgap ${version}: it reads, and changes no run.`,
    },
    assets,
  );
};
