import type { MeasuredPhase } from '../../model/event.js';
import { TREND_METRICS, type TrendMetric } from '../../model/trend.js';
import { usage } from '../../model/error.js';

/*
 * The addresses of the site, both ways. Whatever is asked of a page stands in its address: it can be kept, sent and
 * gone back to.
 */

export const LIST = '/';
export const COMPARE = '/compare';
export const TREND = '/trend';
const RUN = '/run/';
const LIVE = '/live/';

const pathOf = (name: string): string => name.split('/').map(encodeURIComponent).join('/');

/** @param name of a run: its folder, from that of all runs */
export const runAddress = (name: string): string => `${RUN}${pathOf(name)}`;
export const liveAddress = (name: string): string => `${LIVE}${pathOf(name)}`;

/** A page of a run, and the run's name. */
export interface RunPage {
  readonly page: 'run' | 'live';
  readonly name: string;
}

/** null: it is no address of a run. Throws URIError for what is not encoded as it should be. */
export const runPageAt = (path: string): RunPage | null => {
  const name = (before: string): string => decodeURIComponent(path.slice(before.length));
  if (path.startsWith(RUN)) return { page: 'run', name: name(RUN) };
  return path.startsWith(LIVE) ? { page: 'live', name: name(LIVE) } : null;
};

export const SORTS = ['started', 'scenario', 'version', 'outage', 'verdict'] as const;
export type Sort = (typeof SORTS)[number];
export const ORDERS = ['descending', 'ascending'] as const;
export type Order = (typeof ORDERS)[number];
export const VERDICT_WORDS = ['pass', 'fail', 'inconclusive', 'none', 'not restored', 'unreadable'] as const;
export type VerdictWord = (typeof VERDICT_WORDS)[number];

/** Which runs are asked for, and how. An empty text asks for nothing. */
export interface ListQuery {
  readonly scenario: string;
  readonly version: string;
  /** `KEY=VALUE`, several with commas. */
  readonly label: string;
  readonly verdict: VerdictWord | '';
  /** A part of its name, scenario, version or labels, or of why it cannot be read. */
  readonly text: string;
  readonly since: string;
  readonly until: string;
  readonly sort: Sort;
  readonly order: Order;
  /** From 1. */
  readonly page: number;
  /** The run that another is to be compared with. */
  readonly base: string;
}

/** Longer words are no filter. */
const LONGEST = 500;

const wordOf = (asked: URLSearchParams, name: string): string => {
  const word = (asked.get(name) ?? '').trim();
  if (word.length > LONGEST) throw usage(`${name} has more than ${LONGEST} characters`);
  return word;
};

const oneOf = <Word extends string>(
  asked: URLSearchParams,
  name: string,
  words: readonly Word[],
): Word | null => {
  const given = wordOf(asked, name);
  if (given === '') return null;
  const found = words.find((word) => word === given);
  if (found === undefined) throw usage(`${name} "${given}" is none of ${words.join(', ')}`);
  return found;
};

const pageOf = (asked: URLSearchParams): number => {
  const given = wordOf(asked, 'page');
  if (given === '') return 1;
  if (/^[1-9]\d{0,6}$/.test(given)) return Number(given);
  throw usage(`page "${given}" is no number from 1 on`);
};

/** Throws KnownError for what is not understood; what is not known is passed over. */
export const listQueryOf = (asked: URLSearchParams): ListQuery => ({
  scenario: wordOf(asked, 'scenario'),
  version: wordOf(asked, 'version'),
  label: wordOf(asked, 'label'),
  verdict: oneOf(asked, 'verdict', VERDICT_WORDS) ?? '',
  text: wordOf(asked, 'text'),
  since: wordOf(asked, 'since'),
  until: wordOf(asked, 'until'),
  sort: oneOf(asked, 'sort', SORTS) ?? 'started',
  order: oneOf(asked, 'order', ORDERS) ?? 'descending',
  page: pageOf(asked),
  base: wordOf(asked, 'base'),
});

export const NOTHING_ASKED = listQueryOf(new URLSearchParams());

const address = (path: string, asked: Readonly<Record<string, string | number>>): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked)) query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query.toString()}`;
};

/** What is as it is when nothing is said is left out. */
export const listAddress = (query: ListQuery, change: Partial<ListQuery> = {}): string => {
  const asked = Object.entries({ ...query, ...change }).filter(
    ([name, value]) => value !== NOTHING_ASKED[name as keyof ListQuery],
  );
  return address(LIST, Object.fromEntries(asked));
};

/** Two runs by their names, or groups by selections as `version=9.0`, as in `seqgap compare`. */
export interface CompareQuery {
  readonly base: string;
  readonly candidates: readonly string[];
  readonly scenario: string;
  readonly phase: MeasuredPhase | null;
  /** As of `--margin`; empty: the usual one. */
  readonly margin: string;
}

export const PHASES = ['failover', 'failback'] as const satisfies readonly MeasuredPhase[];

/** Throws KnownError. */
export const compareQueryOf = (asked: URLSearchParams): CompareQuery => {
  const candidates = asked.getAll('candidate').map((word) => word.trim());
  const query = {
    base: wordOf(asked, 'base'),
    candidates: candidates.filter((word) => word !== ''),
    scenario: wordOf(asked, 'scenario'),
    phase: oneOf(asked, 'phase', PHASES),
    margin: wordOf(asked, 'margin'),
  };
  if (query.base === '' || query.candidates.length === 0)
    throw usage('a comparison needs a base and a candidate', 'for example version=9.0 and version=9.1');
  return query;
};

export const compareAddress = (base: string, candidate: string): string =>
  address(COMPARE, { base, candidate });

export interface TrendAsked {
  readonly scenario: string;
  readonly metric: TrendMetric;
  readonly phase: MeasuredPhase;
  /** Of this stream alone; empty: the worst. */
  readonly stream: string;
  readonly since: string;
}

/** Throws KnownError. */
export const trendQueryOf = (asked: URLSearchParams): TrendAsked => ({
  scenario: wordOf(asked, 'scenario'),
  metric: oneOf(asked, 'metric', TREND_METRICS) ?? 'longest',
  phase: oneOf(asked, 'phase', PHASES) ?? 'failover',
  stream: wordOf(asked, 'stream'),
  since: wordOf(asked, 'since'),
});

export const trendAddress = (scenario: string): string => address(TREND, { scenario });
