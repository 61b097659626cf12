import type { MeasuredPhase, TrialEvent } from '../../model/event.js';
import type { SessionPlan } from '../../model/plan.js';
import type { HeartbeatRow } from '../../model/probe.js';
import { OUTAGE_KINDS, type OutageKind } from '../../model/record.js';
import { type OutageRow } from '../../model/tables.js';
import { NS_PER_S } from '../../model/time.js';

/** When the first probe of a flow was sent that was answered, and the first that was not refused. Seconds; null: none was. */
export interface FirstSends {
  readonly answered_s: number | null;
  readonly accepted_s: number | null;
}

/** A value that something had for a time, in seconds from the trial's origin. */
export interface ChartSpan {
  /** Whose: a node, an observed subject. */
  readonly of: string;
  /** Observer; null: the roles that the trial itself asked for. */
  readonly by: string | null;
  readonly value: string;
  readonly from_s: number;
  /** It was not before; null: not known. */
  readonly since_s: number | null;
  /** The last time it was seen to be so: it may have changed after that. null: it was watched all along. */
  readonly seen_s: number | null;
  /** Another value was seen; null: not until the end. */
  readonly to_s: number | null;
}

export interface ChartMark {
  readonly at_s: number;
  readonly of: MeasuredPhase;
  readonly text: string;
}

export interface EventChart {
  /** Phases of the trial itself: steady, outage, drain. */
  readonly phases: readonly ChartSpan[];
  /** Roles, and what observers saw. */
  readonly seen: readonly ChartSpan[];
  readonly triggers: readonly ChartMark[];
}

interface Value {
  readonly at_ns: number;
  readonly since_ns: number | null;
  readonly value: string;
}

export const NO_ANSWER = 'no answer';

/** One value after the other; the same one twice is one. */
const spansOf = (
  { of, by, isWatched }: { readonly of: string; readonly by: string | null; readonly isWatched: boolean },
  values: readonly Value[],
): ChartSpan[] => {
  const sorted = values.toSorted((a, b) => a.at_ns - b.at_ns);
  const changes = sorted.filter(({ value }, index) => value !== sorted[index - 1]?.value);
  return changes.map(({ at_ns, since_ns, value }, index) => {
    const next = changes[index + 1];
    const last = sorted.findLast((each) => next === undefined || each.at_ns < next.at_ns);
    // Nobody knows what a value was after the last answer, though its silence was noticed only later.
    const answered_ns =
      isWatched && next?.value === NO_ANSWER ? Math.max(at_ns, next.since_ns ?? at_ns) : null;
    const seen_ns = isWatched ? answered_ns : (last?.at_ns ?? at_ns);
    return {
      of,
      by,
      value,
      from_s: at_ns / NS_PER_S,
      since_s: since_ns === null || value === NO_ANSWER ? null : since_ns / NS_PER_S,
      seen_s: seen_ns === null ? null : seen_ns / NS_PER_S,
      to_s: next === undefined ? null : next.at_ns / NS_PER_S,
    };
  });
};

/** Whose value an event tells, and of which observer; null: it tells of none. */
const seenBy = (event: TrialEvent): (Value & { of: string; by: string | null }) | null => {
  const { at_ns } = event;
  if (event.event === 'role') return { of: event.node, by: null, at_ns, since_ns: null, value: event.role };
  if (event.event === 'observer-failed')
    return {
      ...{ of: event.subject, by: event.observer, at_ns },
      ...{ since_ns: event.since_ns ?? null, value: NO_ANSWER },
    };
  if (event.event !== 'observed') return null;
  return { of: event.subject, by: event.observer, at_ns, since_ns: event.since_ns, value: event.value };
};

/** What the events of a trial give to its chart. */
export const eventChart = (events: readonly TrialEvent[]): EventChart => {
  const subjects = new Map<string, { of: string; by: string | null; values: Value[] }>();
  const phases: Value[] = [];
  const triggers: ChartMark[] = [];
  for (const event of events) {
    const seen = seenBy(event);
    if (seen !== null) {
      const key = `${seen.by ?? ''} ${seen.of}`;
      const subject = subjects.get(key) ?? { of: seen.of, by: seen.by, values: [] };
      subject.values.push(seen);
      subjects.set(key, subject);
    }
    if (event.event === 'phase') phases.push({ at_ns: event.at_ns, since_ns: null, value: event.phase });
    if (event.event === 'trigger-issued')
      triggers.push({
        at_s: event.at_ns / NS_PER_S,
        of: event.of,
        text: `${event.action} of ${event.node}`,
      });
  }
  return {
    phases: spansOf({ of: 'trial', by: null, isWatched: true }, phases),
    seen: [...subjects.values()].flatMap(({ of, by, values }) =>
      spansOf({ of, by, isWatched: by !== null }, values),
    ),
    triggers,
  };
};

/** One loss period, or several that are too close to be told apart, on the trial's clock. */
export interface ChartPeriod {
  readonly kind: OutageKind;
  readonly from_s: number;
  /** null: it did not end. */
  readonly to_s: number | null;
  /** It had begun before anything was seen to work: it lasted longer than it is drawn. */
  readonly begun: boolean;
  /** The outage may have begun so much earlier and ended so much later. */
  readonly edge_s: number;
  /** Its length as the tables have it; null: several periods, or no end or beginning was seen. */
  readonly outage_s: number | null;
  /** Lost or late. */
  readonly probes: number;
  /** How many periods it stands for. */
  readonly periods: number;
}

/** By the number of the flow; left out: not known. */
type Firsts = (flow: number) => FirstSends | undefined;

const hasBegun = (row: OutageRow, firsts: Firsts): boolean => {
  const first = firsts(row.flow);
  const good_s = row.kind === 'refused' ? first?.accepted_s : first?.answered_s;
  return row.censored && good_s != null && good_s > row.start_s;
};

const chartOf = (row: OutageRow, begun: boolean): ChartPeriod => ({
  kind: row.kind,
  from_s: row.start_s,
  to_s: row.censored && !begun ? null : row.start_s + row.lo_s,
  begun,
  edge_s: row.hi_s === null ? 0 : Math.max(0, row.hi_s - row.lo_s) / 2,
  outage_s: row.outage_s,
  probes: row.lost + row.late,
  periods: 1,
});

const endOf = ({ to_s }: ChartPeriod): number => to_s ?? Infinity;

const gapBetween = (a: ChartPeriod, b: ChartPeriod): number => b.from_s - endOf(a);

const joined = (a: ChartPeriod, b: ChartPeriod): ChartPeriod => {
  const to_s = Math.max(endOf(a), endOf(b));
  return {
    kind: a.kind,
    from_s: a.from_s,
    to_s: to_s === Infinity ? null : to_s,
    begun: a.begun || b.begun,
    edge_s: Math.max(a.edge_s, b.edge_s),
    outage_s: null,
    probes: a.probes + b.probes,
    periods: a.periods + b.periods,
  };
};

const joinCloserThan = (sorted: readonly ChartPeriod[], gap_s: number): ChartPeriod[] => {
  const out: ChartPeriod[] = [];
  for (const each of sorted) {
    const previous = out.at(-1);
    if (previous !== undefined && gapBetween(previous, each) <= gap_s)
      out[out.length - 1] = joined(previous, each);
    else out.push(each);
  }
  return out;
};

const fewest = (periods: readonly ChartPeriod[], most: number): ChartPeriod[] => {
  const sorted = periods.toSorted((a, b) => a.from_s - b.from_s);
  if (sorted.length <= most) return sorted;
  const gaps = sorted
    .slice(1)
    .map((each, index) => gapBetween(sorted[index] as ChartPeriod, each))
    .toSorted((a, b) => a - b);
  return joinCloserThan(sorted, gaps[sorted.length - most - 1] ?? Infinity);
};

/**
 * Every loss period as a shape of its own. Where they are more than `most` of a kind, the closest are joined, and say
 * so: what is joined is less than 1/`most` of the time shown apart. None is left out.
 */
export const chartPeriods = (
  rows: readonly OutageRow[],
  most: number,
  firsts: Firsts = () => undefined,
): ChartPeriod[] =>
  OUTAGE_KINDS.flatMap((kind) =>
    fewest(
      rows.filter((row) => row.kind === kind).map((row) => chartOf(row, hasBegun(row, firsts))),
      most,
    ),
  );

/** What one connection's heartbeats look like on the trial's clock. */
export interface ChartSession {
  /** Scenario entry and connection number, as in `echo#12`. */
  readonly session: string;
  /** First heartbeat sent, last one echoed (null: none was). */
  readonly from_s: number;
  readonly heard_s: number | null;
  /** From a heartbeat whose echo took far longer than usual, to that echo; null: it never came. */
  readonly waits: readonly (readonly [from_s: number, to_s: number | null])[];
}

/** An echo that takes longer than so many heartbeats, and longer than this, is drawn as a wait. */
const MANY_BEATS = 3;
const LONG_NS = 0.5e9;
/** Of one connection; more become one. */
const MOST_WAITS = 40;

interface Wait {
  from_ns: number;
  to_ns: number;
}

interface Connection {
  readonly limit_ns: number;
  from_ns: number;
  heard_ns: number;
  readonly waits: Wait[];
}

const note = (connection: Connection, { sent_ns, echoed_ns }: HeartbeatRow): void => {
  const to_ns = echoed_ns ?? Infinity;
  if (to_ns - sent_ns <= connection.limit_ns) return;
  const touching = connection.waits.find((wait) => sent_ns <= wait.to_ns && to_ns >= wait.from_ns);
  const near = touching ?? (connection.waits.length === MOST_WAITS ? connection.waits.at(-1) : undefined);
  if (near === undefined) connection.waits.push({ from_ns: sent_ns, to_ns });
  else {
    near.from_ns = Math.min(near.from_ns, sent_ns);
    near.to_ns = Math.max(near.to_ns, to_ns);
  }
};

/** The waits of every connection. Flat memory per connection; rows in any order. */
export class ChartSessions {
  readonly #limits: ReadonlyMap<string, number>;
  readonly #connections = new Map<string, Connection>();

  constructor(plans: readonly SessionPlan[]) {
    this.#limits = new Map(
      plans.map(({ name, heartbeat_ns }) => [name, Math.max(LONG_NS, MANY_BEATS * heartbeat_ns)]),
    );
  }

  push(row: HeartbeatRow): void {
    const key = `${row.session}#${row.connection}`;
    let connection = this.#connections.get(key);
    if (connection === undefined) {
      const limit_ns = this.#limits.get(row.session) ?? LONG_NS;
      connection = { limit_ns, from_ns: row.sent_ns, heard_ns: -Infinity, waits: [] };
      this.#connections.set(key, connection);
    }
    if (row.sent_ns < connection.from_ns) connection.from_ns = row.sent_ns;
    if (row.echoed_ns !== null && row.echoed_ns > connection.heard_ns) connection.heard_ns = row.echoed_ns;
    note(connection, row);
  }

  finish(): readonly ChartSession[] {
    return [...this.#connections].map(([session, { from_ns, heard_ns, waits }]) => ({
      session,
      from_s: from_ns / NS_PER_S,
      heard_s: Number.isFinite(heard_ns) ? heard_ns / NS_PER_S : null,
      waits: waits.map(({ from_ns: from, to_ns }) => [
        from / NS_PER_S,
        Number.isFinite(to_ns) ? to_ns / NS_PER_S : null,
      ]),
    }));
  }
}
