import { lossesOf } from '../../analysis/flow/gaps.js';
import {
  type ClosedGap,
  type WatchStream,
  WatchAnalyzer,
  type WatchKey,
  type WatchResult,
} from '../../analysis/watch.js';
import type { TrialEvent } from '../../model/event.js';
import type { Scenario } from '../../model/plan.js';
import { decodeHeartbeat, decodeProbe, type HeartbeatRow, type ProbeRow } from '../../model/probe.js';
import type { WatchedSession } from '../../analysis/session/watch-sessions.js';
import type { OutageRow } from '../../model/tables.js';
import { NS_PER_MS, NS_PER_S } from '../../model/time.js';
import type { LiveSessions, LiveStream } from '../../probe/protocol.js';
import { sayNumberOf } from '../../analysis/words/format.js';
import type { Notice, NoticeBody } from './notice.js';
import type { TargetView } from './screen-text.js';
import { SessionTracker, type SessionNotice } from './session-tracker.js';
import { LastMinute } from './last-minute.js';

type WatchedScenario = Pick<Scenario, 'streams' | 'sessions' | 'analysis'>;

export interface TrackedResult extends WatchResult {
  readonly sessions: readonly WatchedSession[];
  /** Of its notes those about what was told otherwise before. */
  readonly retold: readonly string[];
}

/** What is known of one target beside its figures. */
interface Following {
  readonly stream: WatchStream;
  readonly strip: LastMinute;
  /** Send instants at which the live state saw a gap open that the rows have not come to yet. */
  readonly opened: number[];
  live: LiveStream | null;
  answered: boolean;
  refused: boolean;
  rtt_ns: number | null;
  /** This host does not let the newest probe out. */
  blocked: boolean;
  blockedCause: string | null;
  worst: OutageRow | null;
  /** Seq of the first probe of each gap that was told by itself. */
  readonly told: Set<number>;
  /** The same of what random loss explained: when that was said last, and how long it is not to be said again. */
  readonly random: Set<number>;
  randomSaid_ns: number;
  randomPace_ns: number;
}

/** Random loss is said when it is known, then ever more rarely. */
const FIRST_PACE_NS = 60 * NS_PER_S;
const LONGEST_PACE_NS = 3600 * NS_PER_S;

const heartbeatsIn = (chunk: string): HeartbeatRow[] =>
  chunk
    .split('\n')
    .filter((line) => line !== '')
    .map(decodeHeartbeat);

const rttOf = ({ received_ns, sent_ns }: ProbeRow): number | null =>
  received_ns === null || sent_ns === null ? null : received_ns - sent_ns;

const isWorse = (row: OutageRow, than: OutageRow | null): boolean =>
  than === null || (row.outage_s ?? row.lo_s) > (than.outage_s ?? than.lo_s);

/** To the live state late answers are as bad as losses: where the rows are, they know more. */
const downSince = ({ stream, live }: Following): number | null => {
  const since_ns = live?.down_since_ns ?? null;
  if (since_ns === null || since_ns > (stream.newest_ns ?? -Infinity)) return since_ns;
  return stream.openPeriod()?.first_ns ?? null;
};

/** Since when it refuses, or is up. */
const goodSince = ({ stream, live }: Following): number | null => {
  const clean_ns = live?.clean_from_ns ?? null;
  const refusal = stream.own.refusals.at(-1);
  if (refusal === undefined) return clean_ns;
  return refusal.after_ns === null ? refusal.first_ns : Math.max(refusal.after_ns, clean_ns ?? 0);
};

/** What the whole of it shows to be another thing than it was told as when it happened. */
const sayRetold = ({ stream, told, random }: Following, { outages }: WatchResult): string[] => {
  const { name } = stream.plan;
  const own = outages.filter((row) => row.stream === name);
  const none = own.filter((row) => row.kind === 'background' && told.has(row.first_seq)).length;
  const some = own.filter(
    (row) => row.kind === 'loss' && random.has(row.first_seq) && !told.has(row.first_seq),
  ).length;
  return [
    ...(none === 0
      ? []
      : [`${name}: ${sayNumberOf(none, 'gap')} told above ${none === 1 ? 'is' : 'are'} random loss`]),
    ...(some === 0
      ? []
      : [`${name}: ${sayNumberOf(some, 'gap')} ${some === 1 ? 'was' : 'were'} told above as random loss`]),
  ];
};

/**
 * Follows a watch as it goes: the live state tells at once that a gap has opened, the rows, which come in order when
 * they are decided, give its figures. Those are of the analysis, so that lines and summary agree.
 */
export class WatchTracker {
  readonly #scenario: WatchedScenario;
  readonly #events: TrialEvent[] = [];
  readonly #analyzer: WatchAnalyzer;
  readonly #following = new Map<string, Following>();
  readonly #tell: (notice: Notice) => void;
  readonly #sessions: SessionTracker;
  /** Of a few sessions some megabytes a night: what they are judged by is known only at the end. */
  readonly #heartbeats: string[] = [];
  #now_ns = 0;

  constructor(
    scenario: WatchedScenario,
    key: WatchKey,
    tell: (notice: Notice) => void,
    tellSession: (notice: SessionNotice) => void = () => undefined,
  ) {
    this.#scenario = scenario;
    this.#tell = tell;
    this.#analyzer = new WatchAnalyzer(scenario, key, this.#events, {
      closed: (stream, gap, row) => this.#closed(stream, gap, row),
      refusal: (stream, run, row) =>
        this.#notice(
          stream,
          run.first_ns,
          run.after_ns === null
            ? { kind: 'refusing' }
            : { kind: 'accepting', row, ever: run.before_ns !== null },
        ),
      silence: (stream, row) => this.#notice(stream, row.start_s * NS_PER_S, { kind: 'silence', row }),
    });
    this.#sessions = new SessionTracker(scenario.sessions, this.#analyzer.utc, tellSession);
  }

  event(event: TrialEvent): void {
    this.#events.push(event);
    this.#sessions.event(event);
  }

  /** Whole lines of heartbeats.csv. */
  heartbeats(chunk: string): void {
    this.#heartbeats.push(chunk);
    for (const row of heartbeatsIn(chunk)) this.#sessions.heartbeat(row);
  }

  /** Whole lines of probes.csv. */
  probes(chunk: string): void {
    this.rows(
      chunk
        .split('\n')
        .filter((line) => line !== '')
        .map(decodeProbe),
    );
  }

  rows(rows: readonly ProbeRow[]): void {
    for (const row of rows) this.#row(row);
    for (const following of this.#following.values()) this.#onlySlow(following, false);
  }

  live(streams: readonly LiveStream[], now_ns: number, sessions: readonly LiveSessions[] = []): void {
    this.#now_ns = now_ns;
    this.#sessions.live(sessions, now_ns);
    for (const live of streams) {
      const following = this.#follow(live.name);
      if (following === null) continue;
      following.live = live;
      const since_ns = downSince(following);
      if (since_ns !== null) this.#opened(following, since_ns);
    }
  }

  views(): readonly TargetView[] {
    return this.#scenario.streams.flatMap(({ name }) => {
      const following = this.#follow(name);
      return following === null ? [] : [this.#view(following)];
    });
  }

  /** No more rows: tells of gaps that are still open. Call once. */
  finish(): TrackedResult {
    const result = this.#analyzer.finish();
    for (const following of this.#following.values()) {
      const { stream, answered, opened } = following;
      this.#onlySlow(following, true);
      this.#stillRefuses(stream, result);
      const open = stream.openPeriod();
      if (open === null) continue;
      const isTold = opened.some((at) => at <= open.last_ns);
      if (answered && !isTold && lossesOf(open) <= stream.explained()) continue;
      const row = result.outages.findLast(
        (each) => each.stream === stream.plan.name && each.kind !== 'refused' && each.censored,
      );
      if (row === undefined) continue;
      this.#notice(stream, row.start_s * NS_PER_S, {
        kind: 'still-open',
        row,
        causes: stream.causes,
        ever: answered,
      });
    }
    const retold = [...this.#following.values()].flatMap((following) => sayRetold(following, result));
    const heartbeats = this.#analyzer.sessions();
    for (const chunk of this.#heartbeats) for (const row of heartbeatsIn(chunk)) heartbeats.push(row);
    const sessions = heartbeats.finish();
    return { ...result, sessions, retold, notes: [...retold, ...result.notes] };
  }

  #stillRefuses(stream: WatchStream, { outages }: WatchResult): void {
    const run = stream.openRefusal();
    if (run === null) return;
    const row = outages.findLast(({ stream: name, kind }) => name === stream.plan.name && kind === 'refused');
    if (row !== undefined) this.#notice(stream, run.first_ns, { kind: 'still-refusing', row });
  }

  #row(row: ProbeRow): void {
    this.#analyzer.push(row);
    const following = this.#follow(row.stream);
    if (following === null) return;
    const { stream, strip } = following;
    const rtt_ns = rttOf(row);
    strip.add(row, rtt_ns !== null && rtt_ns > (stream.own.threshold_ns ?? Infinity));
    if (row.outcome === 'duplicate' || row.outcome === 'stray') return;
    this.#blocked(following, row);
    if (row.outcome !== 'answered' && row.outcome !== 'refused') return;
    following.refused = row.outcome === 'refused';
    following.rtt_ns = rtt_ns ?? following.rtt_ns;
    if (following.answered) return;
    following.answered = true;
    // A gap from the start on has just been closed: that line says it.
    if (stream.own.periods.length > 0) return;
    const rtt_ms = rtt_ns === null ? null : rtt_ns / NS_PER_MS;
    this.#notice(stream, row.received_ns, { kind: 'first-answer', refused: following.refused, rtt_ms });
  }

  #blocked(following: Following, row: ProbeRow): void {
    const blocked = row.outcome === 'local-blocked';
    following.blockedCause = row.cause;
    if (blocked && !following.blocked)
      this.#notice(following.stream, row.intended_ns, { kind: 'blocked', cause: row.cause });
    following.blocked = blocked;
  }

  #closed(stream: WatchStream, gap: ClosedGap, row: OutageRow): void {
    const { causes, duplicates, period } = gap;
    const following = this.#follow(stream.plan.name);
    if (following === null) return;
    if (gap.random) following.random.add(period.firstSeq);
    // A gap that was told to open is told to close.
    if (gap.random && !following.opened.some((at) => at <= period.last_ns)) {
      this.#random(following, gap);
      return;
    }
    following.told.add(period.firstSeq);
    if (isWorse(row, following.worst)) following.worst = row;
    const rest = following.opened.filter((at) => at > period.last_ns);
    following.opened.splice(0, Infinity, ...rest);
    const { recovered_ns } = period;
    const back_utc = recovered_ns === null ? null : this.#analyzer.utc(stream.plan.from, recovered_ns);
    this.#notice(stream, period.first_ns, { kind: 'closed', row, causes, duplicates, back_utc });
  }

  #random(following: Following, { background, isolated, period }: ClosedGap): void {
    const { stream, randomSaid_ns, randomPace_ns } = following;
    if (period.first_ns - randomSaid_ns < randomPace_ns) return;
    if (randomSaid_ns !== -Infinity) following.randomPace_ns = Math.min(LONGEST_PACE_NS, 2 * randomPace_ns);
    following.randomSaid_ns = period.first_ns;
    this.#notice(stream, period.first_ns, { kind: 'random', background, losses: isolated });
  }

  /** The gap is still as short as random loss makes them. */
  #mayBeRandom({ stream, answered }: Following, since_ns: number): boolean {
    const probes = Math.floor((this.#now_ns - since_ns) / stream.plan.every_ns) + 1;
    return answered && probes <= stream.explained();
  }

  /** Told once per gap: the rows may already be within it, or the live state may have seen it before. */
  #opened(following: Following, since_ns: number): void {
    const { stream, opened } = following;
    const known = opened.at(-1);
    const open = stream.openPeriod();
    const told = open === null ? since_ns : Math.min(since_ns, open.first_ns);
    if (known !== undefined && known >= told) return;
    if (this.#mayBeRandom(following, since_ns)) return;
    opened.push(since_ns);
    const causes = new Map(open === null ? [] : stream.causes);
    this.#notice(stream, since_ns, { kind: 'opened', causes, ever: following.answered });
  }

  /** The rows have passed what had seemed to be a gap, and found none. Late answers may have been held until they end. */
  #onlySlow({ stream, opened }: Following, ended: boolean): void {
    const first = opened[0];
    if (first === undefined || stream.newest_ns === null || stream.newest_ns < first) return;
    const open = stream.openPeriod();
    if (open !== null && open.first_ns <= first) return;
    const runs = stream.own.lateRuns.filter(({ last_ns }) => last_ns >= first);
    if (!ended && runs.at(-1)?.after_ns === null) return;
    opened.shift();
    const late = runs.reduce((sum, run) => sum + run.late, 0);
    this.#notice(stream, first, { kind: 'slow', late });
  }

  #view(following: Following): TargetView {
    const { stream, live, worst, strip } = following;
    const { own, answers, plan } = stream;
    const usual_ns = answers.rtt.median();
    const downSince_ns = downSince(following);
    const known = own.lost + own.late;
    return {
      name: plan.name,
      state: this.#state(following),
      cause: following.blocked ? following.blockedCause : null,
      since_ns: downSince_ns ?? goodSince(following),
      now_ns: this.#now_ns,
      sent: live?.sent ?? own.sent,
      // Of a gap that is open the live state knows more than the rows.
      lost: own.lost + (downSince_ns === null ? 0 : Math.max(0, (live?.bad ?? 0) - known)),
      late: own.late,
      rtt_ms: following.rtt_ns === null ? null : following.rtt_ns / NS_PER_MS,
      rtt_median_ms: usual_ns === null ? null : usual_ns / NS_PER_MS,
      gaps:
        own.periods.length -
        following.random.size +
        (downSince_ns !== null && stream.openPeriod() === null ? 1 : 0),
      worst_s: worst === null ? null : (worst.outage_s ?? worst.lo_s),
      strip: (cells) => strip.render(cells, this.#now_ns, downSince_ns, usual_ns ?? 0),
    };
  }

  #state(following: Following): TargetView['state'] {
    if (following.blocked) return 'blocked';
    if (downSince(following) !== null) return 'down';
    if (!following.answered) return 'waiting';
    return following.refused ? 'refused' : 'up';
  }

  #follow(name: string): Following | null {
    const known = this.#following.get(name);
    if (known !== undefined) return known;
    const stream = this.#analyzer.stream(name);
    if (stream === null) return null;
    const following: Following = {
      stream,
      strip: new LastMinute(),
      opened: [],
      live: null,
      answered: false,
      refused: false,
      rtt_ns: null,
      blocked: false,
      blockedCause: null,
      worst: null,
      told: new Set(),
      random: new Set(),
      randomSaid_ns: -Infinity,
      randomPace_ns: FIRST_PACE_NS,
    };
    this.#following.set(name, following);
    return following;
  }

  #notice(stream: WatchStream, at_ns: number | null, body: NoticeBody): void {
    const { plan } = stream;
    const resolved = this.#events.findLast(
      (event) => event.event === 'resolved' && event.stream === plan.name,
    );
    const family = resolved?.event === 'resolved' ? resolved.family : null;
    const utc = at_ns === null ? null : this.#analyzer.utc(plan.from, at_ns);
    this.#tell({ plan, family, utc, ...body });
  }
}
