import { setTimeout as sleep } from 'node:timers/promises';
import { compareSides, DEFAULT_CONFIDENCE, DEFAULT_MARGIN } from '../../analysis/comparison/compare.js';
import { trendOf } from '../../analysis/trend/trend.js';
import { pageAssets } from '../../evaluate/analyse.js';
import { LiveRun } from '../../evaluate/live-run.js';
import { parseConditions } from '../../history/run-filter.js';
import { fingerprintOf } from '../../history/run-index.js';
import { sideAmong } from '../../history/select.js';
import { requireWithin, type StandingCatalogue, type StandingRun } from '../../history/standing-catalogue.js';
import { usage } from '../../model/error.js';
import type { Side } from '../../model/figures.js';
import { brief } from '../../model/outside.js';
import type { Clock } from '../../model/time.js';
import { TREND_METRICS } from '../../model/trend.js';
import { comparisonHtml } from '../../report/compare/compare-report.js';
import type { PageAssets, SiteLink } from '../../report/html/page.js';
import { runHtml } from '../../report/run/run-report.js';
import {
  compareQueryOf,
  LIST,
  listAddress,
  listQueryOf,
  NOTHING_ASKED,
  COMPARE,
  PHASES,
  runAddress,
  runPageAt,
  TREND,
  trendAddress,
  type TrendAsked,
  trendQueryOf,
} from '../../report/site/address.js';
import { formMarkup } from '../../report/site/form.js';
import { listHtml } from '../../report/site/list-page.js';
import { liveHtml } from '../../report/site/live-page.js';
import { wordHtml } from '../../report/site/word-page.js';
import { trendHtml } from '../../report/trend/trend-report.js';
import { readRun } from '../../store/stored-run.js';
import { parseMargin } from '../compare.js';
import { analyseExplained } from '../explain/explained.js';
import { browse } from './browse.js';

/** What an address leads to. */
export type Answer =
  | { readonly kind: 'page'; readonly html: string }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'elsewhere'; readonly address: string }
  /** The runs are being read for the first time. */
  | { readonly kind: 'later' }
  | { readonly kind: 'nothing'; readonly word: string };

/** Reports that were made are kept, so that going back to one costs nothing. */
const MOST_REPORTS = 8;
const MOST_LIVE = 4;
const PATIENCE_MS = 2000;

/** The newest of something, by name. */
class Kept<Value> {
  readonly #most: number;
  readonly #values = new Map<string, Value>();

  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): Value | undefined {
    const value = this.#values.get(name);
    if (value !== undefined) this.set(name, value);
    return value;
  }

  set(name: string, value: Value): void {
    this.#values.delete(name);
    this.#values.set(name, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
  }
}

export interface PagesOptions {
  readonly catalogue: StandingCatalogue;
  /** As it was given. */
  readonly folder: string;
  readonly clock: Clock;
  readonly version: string;
}

/** The pages of the site, each made of what is there when it is asked for. */
export class Pages {
  readonly #catalogue: StandingCatalogue;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #version: string;
  readonly #script: string;
  readonly #assets: PageAssets;
  readonly #reports = new Kept<string>(MOST_REPORTS);
  readonly #live = new Kept<LiveRun>(MOST_LIVE);
  #working: Promise<unknown> = Promise.resolve();

  /** Throws KnownError where the program was not built whole. */
  constructor({ catalogue, folder, clock, version }: PagesOptions) {
    this.#catalogue = catalogue;
    this.#folder = folder;
    this.#clock = clock;
    this.#version = version;
    const assets = pageAssets();
    this.#script = `/script-${assets.scriptHash.replaceAll(/[^\w]/g, '').slice(-20)}.js`;
    this.#assets = { ...assets, site: { script: this.#script, links: [{ href: LIST, text: 'All runs' }] } };
  }

  get assets(): PageAssets {
    return this.#assets;
  }

  /** With more links than every page has. */
  #with(...more: readonly SiteLink[]): PageAssets {
    const { site } = this.#assets;
    return site === undefined
      ? this.#assets
      : { ...this.#assets, site: { ...site, links: [...site.links, ...more] } };
  }

  /** Throws KnownError, and URIError for an address that is not encoded as it should be. */
  async answer({ pathname, searchParams }: URL): Promise<Answer> {
    if (pathname === this.#script) return { kind: 'script', text: this.#assets.script };
    if (!(await this.#isReady())) return { kind: 'later' };
    if (pathname === LIST) return this.#list(searchParams);
    if (pathname === COMPARE) return this.#alone(() => this.#compare(searchParams));
    if (pathname === TREND) return this.#alone(() => this.#trend(searchParams));
    const asked = runPageAt(pathname);
    if (asked === null) return { kind: 'nothing', word: 'There is no such page.' };
    return this.#run(asked.name, asked.page === 'live');
  }

  /** A page that says this instead. */
  word(title: string, words: readonly string[]): string {
    return wordHtml(title, words, this.#assets);
  }

  /** To read thousands of runs without an index takes its time: nobody waits for that without a word. */
  #isReady(): Promise<boolean> {
    if (this.#catalogue.isRead) return Promise.resolve(true);
    return Promise.race([this.#catalogue.runs().then(() => true), sleep(PATIENCE_MS, false, { ref: false })]);
  }

  /** What takes long and much memory is done one after the other. */
  #alone(make: () => Promise<Answer>): Promise<Answer> {
    const made = this.#working.catch(() => undefined).then(make);
    this.#working = made;
    return made;
  }

  async #list(asked: URLSearchParams): Promise<Answer> {
    const query = listQueryOf(asked);
    const list = await browse(await this.#catalogue.runs(), query, {
      folder: this.#folder,
      root: this.#catalogue.root,
      clock: this.#clock,
    });
    return { kind: 'page', html: listHtml(list, this.#version, this.#assets) };
  }

  async #run(name: string, isLive: boolean): Promise<Answer> {
    const run = await this.#catalogue.run(name);
    if (run === undefined) return { kind: 'nothing', word: `There is no run ${brief(name, 100)} here.` };
    const { path } = run.found;
    requireWithin(this.#catalogue.root, path, true);
    if (!isLive) return this.#alone(() => this.#report(name, path));
    const { record } = await readRun(path);
    if (record.status !== 'running') return { kind: 'elsewhere', address: runAddress(name) };
    const live = this.#live.get(path) ?? new LiveRun(path, this.#clock);
    this.#live.set(path, live);
    const look = await live.look(record);
    return { kind: 'page', html: liveHtml({ ...look, name, record }, this.#version, this.#assets) };
  }

  async #report(name: string, path: string): Promise<Answer> {
    const key = `${name} ${fingerprintOf(path)}`;
    const known = this.#reports.get(key);
    if (known !== undefined) return { kind: 'page', html: known };
    const stored = await readRun(path);
    const scenario = stored.record.scenario.name;
    const assets = this.#with(
      { href: listAddress(NOTHING_ASKED, { base: name }), text: 'Compare with …' },
      { href: trendAddress(scenario), text: `Trend of ${scenario}` },
    );
    const html = runHtml(await analyseExplained(stored), assets);
    // More of it may come.
    if (stored.record.status !== 'running') this.#reports.set(key, html);
    return { kind: 'page', html };
  }

  /** A run by its name, or what meets conditions; never a path: nothing but the folder is shown. */
  async #side(word: string, runs: readonly StandingRun[], scenario: string): Promise<Side> {
    const one = runs.find(({ name }) => name === word);
    if (one !== undefined) return sideAmong(word, [one.found], [], {});
    const conditions = parseConditions(word);
    if (conditions === null)
      throw usage(
        `"${word}" is neither a run nor a selection`,
        'for example version=9.0 or site=lab1,version=9.0',
      );
    const found = runs.map((run) => run.found);
    return sideAmong(word, found, conditions, { scenario: scenario === '' ? null : scenario });
  }

  async #compare(asked: URLSearchParams): Promise<Answer> {
    const { base, candidates, scenario, phase, margin } = compareQueryOf(asked);
    const runs = await this.#catalogue.runs();
    const sides: Side[] = [];
    for (const word of candidates) sides.push(await this.#side(word, runs, scenario));
    const result = compareSides(await this.#side(base, runs, scenario), sides, {
      margin: margin === '' ? DEFAULT_MARGIN : parseMargin(margin),
      confidence: DEFAULT_CONFIDENCE,
      metrics: null,
      phase,
    });
    return { kind: 'page', html: comparisonHtml(result, this.#version, this.#assets) };
  }

  async #trend(asked: URLSearchParams): Promise<Answer> {
    const query = trendQueryOf(asked);
    const found = (await this.#catalogue.runs()).map((run) => run.found);
    const { runs, leftOut } = await sideAmong(query.scenario, found, [], {
      scenario: query.scenario,
      since: query.since === '' ? null : query.since,
    });
    const trials = runs.filter(({ summary }) => summary.kind !== 'watch');
    if (trials.length === 0) throw usage(`no run of ${query.scenario} has trials that can be read`);
    const { metric, phase } = query;
    const stream = query.stream === '' ? null : query.stream;
    const result = trendOf(query.scenario, trials, leftOut, { metric, phase, key: null, stream });
    return { kind: 'page', html: trendHtml(result, this.#version, this.#assets, trendForm(query)) };
  }
}

const trendForm = ({ scenario, metric, phase, stream, since }: TrendAsked) =>
  formMarkup(
    'trend',
    TREND,
    [
      { kind: 'hidden', name: 'scenario', value: scenario },
      { kind: 'choice', name: 'metric', label: 'Metric', value: metric, choices: TREND_METRICS, none: null },
      { kind: 'choice', name: 'phase', label: 'Phase', value: phase, choices: PHASES, none: null },
      { kind: 'text', name: 'stream', label: 'Stream', value: stream, hint: 'the worst' },
      { kind: 'text', name: 'since', label: 'Since', value: since, hint: '2026-01-31 or 90d' },
    ],
    'Show',
  );
