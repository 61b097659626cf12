import type { TrialEvent } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import type { HeartbeatRow } from '../../model/probe.js';
import type { OpeningRow, RowKey } from '../../model/tables.js';
import { fromMs, NS_PER_S, ns, toMs } from '../../model/time.js';
import { DurationHistogram } from '../statistics/quantile.js';
import type { PhaseWindow } from '../flow/windows.js';

/** As with stalls of sessions: up to this, or three times the usual, an exchange is an ordinary one. */
const LEAST_HIT_NS = fromMs(50);

interface Attempt {
  readonly connection: number;
  readonly begun_ns: number;
  /** null: it failed. */
  readonly done_ns: number | null;
}

interface Phase {
  readonly window: PhaseWindow;
  readonly usual: DurationHistogram;
  /** Begun after the trigger; kept, since one that is begun later may be done sooner. */
  readonly attempts: Attempt[];
}

type Figures = Omit<OpeningRow, keyof RowKey | 'trigger'>;

/** When do new sessions work again? From the attempts of one entry, rows in any order. */
export class OpeningsAnalyzer {
  readonly #plan: SessionPlan;
  readonly #phases: readonly Phase[];

  constructor(plan: SessionPlan, windows: readonly PhaseWindow[]) {
    this.#plan = plan;
    this.#phases = windows.map((window) => ({ window, usual: new DurationHistogram(), attempts: [] }));
  }

  push({ session, connection, sent_ns, echoed_ns }: HeartbeatRow): void {
    if (session !== this.#plan.name) return;
    for (const { window, usual, attempts } of this.#phases) {
      if (sent_ns >= window.end_ns || sent_ns < Math.min(window.baselineFrom_ns, window.start_ns)) continue;
      if (sent_ns >= window.trigger_ns) attempts.push({ connection, begun_ns: sent_ns, done_ns: echoed_ns });
      else if (echoed_ns !== null && echoed_ns < window.trigger_ns) usual.add(echoed_ns - sent_ns);
    }
  }

  /** @param index of the phase's window */
  finish(index: number, events: readonly TrialEvent[]): Figures {
    const { window, usual, attempts } = this.#phases[index] as Phase;
    const usual_ns = usual.median();
    const hole = worstHole(attempts, Math.max(LEAST_HIT_NS, 3 * (usual_ns ?? 0)));
    const failed = new Set(
      attempts.filter(({ done_ns }) => done_ns === null).map(({ connection }) => connection),
    );
    const errors = errorsOf(this.#plan.name, failed, events);
    const since = (at_ns: number | undefined): number | null =>
      at_ns === undefined || at_ns === Infinity ? null : (at_ns - window.trigger_ns) / NS_PER_S;
    return {
      session: this.#plan.name,
      kind: this.#plan.type,
      attempts: attempts.length,
      failed: failed.size,
      no_data: errors.noData,
      usual_ms: usual_ns === null ? null : toMs(ns(usual_ns)),
      first_hit_s: since(hole?.from_ns),
      works_again_s: since(hole?.to_ns),
      error: errors.text,
    };
  }
}

interface Hole {
  readonly from_ns: number;
  /** Infinity: no attempt worked any more. */
  readonly to_ns: number;
}

/**
 * From the first attempt in a row that failed or took long to the first full exchange of one that was begun then or
 * later, which need not be the first. Of several the longest: a single slow exchange is not the failover.
 */
const worstHole = (attempts: readonly Attempt[], ordinary_ns: number): Hole | null => {
  const inOrder = attempts.toSorted((a, b) => a.begun_ns - b.begun_ns);
  let worst: Hole | null = null;
  let isHole = false;
  for (const [index, { begun_ns, done_ns }] of inOrder.entries()) {
    const isHit = done_ns === null || done_ns - begun_ns > ordinary_ns;
    if (isHit && !isHole) {
      const to_ns = inOrder
        .slice(index)
        .reduce((first, each) => Math.min(first, each.done_ns ?? Infinity), Infinity);
      if (worst === null || to_ns - begun_ns > worst.to_ns - worst.from_ns)
        worst = { from_ns: begun_ns, to_ns };
    }
    isHole = isHit;
  }
  return worst;
};

/** Why attempts failed: `3 x no data: …; 1 x ECONNREFUSED`. */
const errorsOf = (
  name: string,
  failed: ReadonlySet<number>,
  events: readonly TrialEvent[],
): { readonly noData: number; readonly text: string | null } => {
  const counts = new Map<string, number>();
  let noData = 0;
  for (const event of events) {
    if (event.event !== 'session-error' || event.session !== name || !failed.has(event.connection)) continue;
    counts.set(event.detail, (counts.get(event.detail) ?? 0) + 1);
    if (event.ending === 'no-data') noData += 1;
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return {
    noData,
    text: sorted.length === 0 ? null : sorted.map(([detail, count]) => `${count} x ${detail}`).join('; '),
  };
};
