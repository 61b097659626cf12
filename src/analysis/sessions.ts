import type { TrialEvent } from '../model/event.js';
import type { SessionPlan } from '../model/plan.js';
import type { HeartbeatRow } from '../model/probe.js';
import type { SessionRow, TrialStatus } from '../model/record.js';
import { fromMs, NS_PER_S } from '../model/time.js';
import { type SessionStory, type SessionTest, judgeSession } from './session-verdict.js';
import { SessionWindow } from './session-window.js';
import { isWorse, type StreamPhase } from './stream.js';
import type { PhaseWindow } from './windows.js';

/** A phase as sessions need it. */
export interface TestedPhase {
  readonly window: PhaseWindow;
  readonly status: TrialStatus;
  readonly streams: readonly StreamPhase[];
}

const keyOf = (session: string, connection: number): string => `${session}#${connection}`;

const storyOf = (
  plan: SessionPlan,
  connection: number,
  events: readonly TrialEvent[],
): SessionStory & { bytes: number } => {
  const story = {
    opened_ns: null as number | null,
    end: null as SessionStory['end'],
    closed_ns: null as number | null,
    inOrder: true,
    rto_ns: null as number | null,
    bytes: 0,
    heartbeat_ns: plan.heartbeat_ns,
    control: plan.control,
  };
  for (const event of events) {
    if (!('session' in event) || event.session !== plan.name || event.connection !== connection) continue;
    switch (event.event) {
      case 'session-open':
        story.opened_ns = event.at_ns;
        break;
      case 'session-error':
        story.end ??= { at_ns: event.at_ns, ending: event.ending, detail: event.detail };
        break;
      case 'session-end':
        story.closed_ns = event.at_ns;
        story.inOrder = event.in_order;
        story.rto_ns = event.rto_ms === null ? null : fromMs(event.rto_ms);
        story.bytes = event.bytes;
        break;
    }
  }
  return story;
};

/** Streams whose outage stands for the session's: same vantage, not a control, the same host if there is one. */
const matching = (plan: SessionPlan, streams: readonly StreamPhase[]): readonly StreamPhase[] => {
  const near = streams.filter(({ plan: stream }) => !stream.control && stream.from === plan.from);
  const same = near.filter(({ plan: stream }) => stream.host === plan.host);
  return same.length > 0 ? same : near;
};

const testOf = (plan: SessionPlan, { status, streams }: TestedPhase): SessionTest => {
  const untested =
    status === 'no-failover-detected' || status === 'down-at-start' || status === 'void'
      ? `the trial is ${status}`
      : null;
  const near = matching(plan, streams);
  const stateless = near.filter(({ plan: stream }) => stream.type === 'icmp');
  const worst = stateless.reduce<StreamPhase | null>(
    (so_far, each) => (so_far === null || isWorse(each.figures, so_far.figures) ? each : so_far),
    null,
  );
  const crossing = streams.filter(({ plan: stream }) => !stream.control);
  const isHit = ({ figures }: StreamPhase): boolean => figures.periods.length > 0;
  return {
    untested,
    spared:
      near.some(({ plan: stream }) => stream.host === plan.host) && !near.some(isHit) && crossing.some(isHit),
    outageEnd:
      worst === null
        ? null
        : (until_ns) => {
            const period = worst.figures.periods.findLast(({ first_ns }) => first_ns <= until_ns);
            if (period === undefined || period.after_ns === null) return null;
            const jitter_ns = worst.worst.baseline.jitter_ns();
            return {
              lo_ns: period.last_ns - jitter_ns,
              hi_ns: period.after_ns + period.afterExcess_ns + jitter_ns,
            };
          },
  };
};

/** All sessions of a trial: heartbeats are taken in as they come, verdicts are given at the end. */
export class SessionsAnalyzer {
  private readonly plans: readonly SessionPlan[];
  private readonly windows: ReadonlyMap<string, readonly SessionWindow[]>;
  private last_ns = -Infinity;

  constructor(plans: readonly SessionPlan[], windows: readonly PhaseWindow[]) {
    this.plans = plans;
    const connections = plans.flatMap(({ name, count }) =>
      Array.from({ length: count }, (_, index) => keyOf(name, index + 1)),
    );
    this.windows = new Map(
      connections.map((key) => [key, windows.map((window) => new SessionWindow(window))]),
    );
  }

  push(row: HeartbeatRow): void {
    this.last_ns = Math.max(this.last_ns, row.sent_ns, row.echoed_ns ?? -Infinity);
    for (const own of this.windows.get(keyOf(row.session, row.connection)) ?? []) own.push(row);
  }

  /** Rows of one phase, by session and connection. `index` is that of its window. */
  finish(
    index: number,
    phase: TestedPhase,
    events: readonly TrialEvent[],
    row: Pick<SessionRow, 'run' | 'scenario' | 'version' | 'trial' | 'phase' | 'trigger'>,
  ): SessionRow[] {
    const until_ns = events.reduce((latest, { at_ns }) => Math.max(latest, at_ns), this.last_ns);
    return this.plans.flatMap((plan) => {
      const test = testOf(plan, phase);
      return Array.from({ length: plan.count }, (_, offset): SessionRow => {
        const session = keyOf(plan.name, offset + 1);
        const own = (this.windows.get(session) ?? [])[index] as SessionWindow;
        const story = storyOf(plan, offset + 1, events);
        const { verdict, stall_ns, predicted_ns, error } = judgeSession(story, own, test, until_ns);
        const age_ns = story.opened_ns === null ? null : own.window.trigger_ns - story.opened_ns;
        return {
          ...row,
          session,
          kind: plan.type,
          age_s: age_ns === null || age_ns < 0 || age_ns === Infinity ? null : age_ns / NS_PER_S,
          verdict,
          stall_s: stall_ns === null ? null : stall_ns / NS_PER_S,
          stall_predicted_s: predicted_ns === null ? null : predicted_ns / NS_PER_S,
          excess_s: stall_ns === null || predicted_ns === null ? null : (stall_ns - predicted_ns) / NS_PER_S,
          bytes: story.bytes,
          // The far end only echoes: whatever is said first after the trigger is the client's.
          who_spoke_first: verdict === 'not-tested' || own.sentAfter === 0 ? null : 'client',
          error,
        };
      });
    });
  }
}
