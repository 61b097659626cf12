import type { LiveLog } from './live-log.js';
import { familyOf } from '../../foreign/targets.js';
import type { ProbeRow } from '../../model/probe.js';
import type { OutageRow } from '../../model/tables.js';
import { NS_PER_MS, NS_PER_S, ns, type Nanoseconds } from '../../model/time.js';
import type { Notice } from '../watch/notice.js';
import { watchScenario, watchVantage } from '../watch/scenario.js';
import type { TargetView } from '../watch/screen-text.js';
import { LastMinute } from '../watch/last-minute.js';
import { WatchTracker } from '../watch/tracker.js';

/** So many probes are held back at most until the interval of a target is known. */
const MOST_WAITING = 4;

/** Without a line for so long, and three times as long as usual, nothing is known of what is now. */
const SILENT_NS = 5e9;
const SILENT_PACES = 3;

export const silentAfter = ({ pace_ns }: LiveLog): number => Math.max(SILENT_NS, SILENT_PACES * pace_ns);

interface Target {
  /** null: they have been handed on. */
  waiting: ProbeRow[] | null;
  tracker: WatchTracker | null;
}

export interface LiveTargetsOptions {
  readonly threshold_ns: Nanoseconds | null;
  readonly tell: (notice: Notice) => void;
  /** For logs without times: about when that was, by when its lines were read; null: they had been there. */
  readonly readTime: (at_ns: number) => string | null;
  /** For the same: how much longer time is than the log assumes. */
  readonly stretch: () => number;
}

/** The targets of a log that is followed, each as a watch of its own: they come up one after the other. */
export class LiveTargets {
  readonly #log: LiveLog;
  readonly #options: LiveTargetsOptions;
  readonly #targets = new Map<string, Target>();

  constructor(log: LiveLog, options: LiveTargetsOptions) {
    this.#log = log;
    this.#options = options;
  }

  get names(): readonly string[] {
    return [...this.#targets.keys()];
  }

  row(name: string, row: ProbeRow): void {
    const target = this.#targets.get(name) ?? { waiting: [], tracker: null };
    this.#targets.set(name, target);
    if (target.waiting === null) {
      target.tracker?.rows([row]);
      return;
    }
    target.waiting.push(row);
    const interval_ns = this.#log.interval_ns(name);
    if (interval_ns !== null || target.waiting.length >= MOST_WAITING)
      this.#begin(name, target, interval_ns ?? NS_PER_S);
  }

  /** Tells what has begun since. `now_ns`: since the first time of the log. */
  tick(now_ns: number): void {
    for (const state of this.#log.states()) this.#targets.get(state.name)?.tracker?.live([state], now_ns);
  }

  /** @param silentSince_ns nothing has come since: whatever was, is not known to be so now; null: lines come */
  views(now_ns: number, silentSince_ns: number | null): readonly TargetView[] {
    return this.#log.states().flatMap(({ name, sent, down_since_ns }) => {
      const tracker = this.#targets.get(name)?.tracker ?? null;
      const stretch = this.#options.stretch();
      const views = (tracker === null ? [blank(name, sent, now_ns)] : tracker.views()).map((view) => ({
        ...view,
        since_ns: view.since_ns === null ? null : now_ns - (now_ns - view.since_ns) * stretch,
        worst_s: view.worst_s === null ? null : view.worst_s * stretch,
      }));
      // Lines about others say nothing of this one.
      const own_ns = this.#log.newestOf(name) ?? now_ns;
      const since_ns =
        silentSince_ns ??
        (down_since_ns === null && now_ns - own_ns > silentAfter(this.#log) ? own_ns : null);
      return since_ns === null
        ? views
        : views.map((view) => ({ ...view, state: 'silent' as const, since_ns, now_ns }));
    });
  }

  /** No more rows: tells of what is still open. @returns what was told otherwise before */
  finish(): readonly string[] {
    return [...this.#targets].flatMap(([name, target]) => {
      if (target.waiting !== null) this.#begin(name, target, this.#log.interval_ns(name) ?? NS_PER_S);
      return target.tracker?.finish().retold ?? [];
    });
  }

  #begin(name: string, target: Target, interval_ns: number): void {
    const scenario = watchScenario({
      targets: [{ name, host: name, port: null }],
      sessions: [],
      vantage: watchVantage(null),
      every_ns: ns(interval_ns),
      engine: 'auto',
      label: '',
      delayThreshold_ns: this.#options.threshold_ns,
    });
    const tracker = new WatchTracker(scenario, { run: '', scenario: '', version: '' }, (notice) =>
      this.#options.tell(this.#inTerms(name, notice)),
    );
    const origin = this.#log.utc(0);
    tracker.event({
      at_ns: ns(0),
      event: 'anchor',
      vantage: scenario.vantages[0]?.name ?? '',
      // What is then said to be UTC is the time since the beginning of the log, where that does not tell.
      wall_ms: origin === null ? 0 : Date.parse(origin),
      offset_ns: 0,
      uncertainty_ns: 0,
    });
    target.tracker = tracker;
    const rows = target.waiting ?? [];
    target.waiting = null;
    tracker.rows(rows);
  }

  /** As the table of the log says it. */
  #inTerms(name: string, notice: Notice): Notice {
    const family = familyOf(name);
    const stretch = this.#options.stretch();
    const said =
      'row' in notice ? { ...notice, row: stretched(this.#log.widened(notice.row), stretch) } : notice;
    const at_ns = notice.utc === null ? null : Date.parse(notice.utc) * NS_PER_MS;
    if (at_ns === null || this.#log.utc(0) !== null)
      return { ...said, family, logTime: notice.utc === null ? '' : `${notice.utc.slice(11, 23)}Z` };
    const own =
      this.#log.own(at_ns) ?? this.#options.readTime(at_ns) ?? `+${(at_ns / NS_PER_S).toFixed(3)} s`;
    const closed = said.kind === 'closed' ? { ...said, back_utc: null } : said;
    return { ...closed, family, utc: null, logTime: own };
  }
}

const stretched = (row: OutageRow, by: number): OutageRow => ({
  ...row,
  lo_s: row.lo_s * by,
  outage_s: row.outage_s === null ? null : row.outage_s * by,
  hi_s: row.hi_s === null ? null : row.hi_s * by,
});

/** Nothing is decided yet. */
const blank = (name: string, sent: number, now_ns: number): TargetView => ({
  name,
  state: 'waiting',
  cause: null,
  since_ns: null,
  now_ns,
  sent,
  lost: 0,
  late: 0,
  rtt_ms: null,
  rtt_median_ms: null,
  gaps: 0,
  worst_s: null,
  strip: (cells) => new LastMinute().render(cells, now_ns, null, 0),
});
