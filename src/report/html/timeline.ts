import { NO_ANSWER, type ChartSpan } from '../../analysis/chart/chart-events.js';
import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import type { Role } from '../../model/event.js';
import type { Limit } from '../../model/plan.js';
import { MILESTONE_KINDS } from '../../model/record.js';
import type { OutageRow, PhaseRow, ResultTables, TimelineRow } from '../../model/tables.js';
import { capital, saySeconds } from '../../analysis/words/format.js';
import type { Bar, BarLane, BarStyle, LanesChart, Mark, StreamLane, View } from './chart.js';
import { sessionLanes, streamLanes } from './stream-lanes.js';
import { groupBy } from '../../model/group-by.js';

type TrialTables = Pick<ResultTables, 'outages' | 'sessions' | 'timeline' | 'phases'>;

const ROLE_STYLE: Readonly<Record<string, BarStyle>> = { active: 'active', standby: 'standby' };

const spanBar = (span: ChartSpan, style: BarStyle, zero_s: number): Bar => ({
  from: span.from_s - zero_s,
  to: span.to_s === null ? null : span.to_s - zero_s,
  style,
  text: span.value,
  ...(span.since_s === null ? {} : { since: span.since_s - zero_s }),
});

/** What says only that nothing is known any more. */
const SILENT = new Set<string>([NO_ANSWER, 'unknown' satisfies Role]);

/** Where nobody watched or nothing answered, a value is only known when it was last seen. */
const seenBars = (span: ChartSpan, before: ChartSpan | undefined, zero_s: number): Bar[] => {
  const bar = spanBar(span, ROLE_STYLE[span.value] ?? 'value', zero_s);
  if (SILENT.has(span.value)) {
    const last = before === undefined ? '' : `, last seen ${before.value}`;
    return [{ ...bar, style: 'unseen', text: span.value + last }];
  }
  if (span.seen_s === null) return [bar];
  const seen = span.seen_s - zero_s;
  return [
    { ...bar, to: seen },
    { ...bar, from: seen, style: 'unseen', text: `last seen ${span.value}` },
  ];
};

/** A watch and a log have no phases. */
const trialLanes = (chart: TrialChart, zero_s: number): BarLane[] =>
  chart.phases.length === 0
    ? []
    : [
        {
          kind: 'bars',
          label: 'trial',
          sub: 'what seqgap was doing',
          bars: chart.phases.map((span) => spanBar(span, 'phase', zero_s)),
        },
      ];

/** Each phase of the outage in a lane of its own: a waterfall. */
const phaseLanes = (phases: readonly PhaseRow[], zero_s: number): BarLane[] =>
  phases.map((row) => {
    const share = row.share === null ? '' : `, ${Math.round(100 * row.share)} %`;
    const length = row.length_s === null ? row.status : saySeconds(row.length_s);
    return {
      kind: 'bars',
      label: `${row.step} ${row.name}${row.phase === 'failover' ? '' : `, ${row.phase ?? ''}`}`,
      sub: `${length}${share}, until ${row.until}`,
      bars: [
        {
          from: row.start_s - zero_s,
          to: row.start_s + (row.length_s ?? 0) - zero_s,
          style: row.status === 'ok' ? 'cause' : 'unseen',
          text: row.status === 'ok' ? length : `${row.status}: ${row.until}`,
        },
      ],
    };
  });

const milestoneLanes = (rows: readonly TimelineRow[], zero_s: number): BarLane[] => {
  const kinds = MILESTONE_KINDS.filter((kind) => kind !== 'mark' && rows.some((row) => row.kind === kind));
  return kinds.map((kind) => ({
    kind: 'bars',
    label: kind,
    sub: 'milestones',
    bars: rows
      .filter((row) => row.kind === kind)
      .map((row) => ({
        from: row.at_s - zero_s,
        to: (row.at_hi_s ?? row.at_s) - zero_s,
        style: 'moment',
        text: `${row.milestone}${row.subject === null ? '' : ` (${row.subject})`}`,
        ...(row.at_lo_s === null ? {} : { since: row.at_lo_s - zero_s }),
      })),
  }));
};

/** Who is asked first differs from trial to trial: the lanes are in the order of their names. */
const bySubject = ([a]: readonly ChartSpan[], [b]: readonly ChartSpan[]): number =>
  (a?.by ?? '').localeCompare(b?.by ?? '', 'en', { numeric: true }) ||
  (a?.of ?? '').localeCompare(b?.of ?? '', 'en', { numeric: true });

const seenLanes = ({ seen }: TrialChart, zero_s: number): BarLane[] => {
  const subjects = groupBy(seen, ({ by, of }) => JSON.stringify([by, of]));
  return [...subjects.values()].toSorted(bySubject).map((spans) => {
    const [first] = spans;
    return {
      kind: 'bars',
      label: first?.of ?? '',
      sub: first?.by === null ? 'role, when it was asked for' : `as ${first?.by ?? ''} saw it`,
      bars: spans.flatMap((span, index) => seenBars(span, spans[index - 1], zero_s)),
    };
  });
};

interface Span {
  readonly from: number;
  readonly to: number;
}

/** A limit that is farther away than so many times the rest of the view would make that small. */
const FARTHEST_LIMIT = 2;

/**
 * Where the outage after a trigger is well seen: some time before it, and as much after the last of its losses, stalls and
 * limits.
 */
const viewOf = (
  name: string,
  trigger: number,
  { spans, limits }: { readonly spans: readonly Span[]; readonly limits: readonly Mark[] },
  until: number,
): View => {
  const seen = spans
    .filter(({ from, to }) => to >= trigger && from < until)
    .reduce((latest, { to }) => Math.max(latest, Math.min(to, until)), trigger + 1);
  const last = limits
    .filter(({ at }) => at >= trigger && at < until && at - trigger <= FARTHEST_LIMIT * (seen - trigger))
    .reduce((latest, { at }) => Math.max(latest, at), seen);
  const margin = Math.max(0.5, (last - trigger) / 5);
  return { name, from: trigger - margin, to: last + margin };
};

const endOf = (row: OutageRow): number => row.start_s + (row.outage_s ?? row.lo_s);

/** The longest outage in the middle of the view, where it would be small in the whole. */
const longestView = (whole: View, spans: readonly Span[]): View[] => {
  const [first, ...others] = spans;
  if (first === undefined) return [];
  const { from, to } = others.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a), first);
  const margin = Math.max(0.5, to - from);
  return 4 * (to - from + 2 * margin) > whole.to - whole.from
    ? []
    : [{ name: 'Longest outage', from: from - margin, to: to + margin }];
};

/** Those that ended: of the others only where they began is known. */
const stallsOf = ({ sessions }: TrialChart, zero_s: number): Span[] =>
  sessions.flatMap(({ waits }) =>
    waits.map(([from, to]) => ({ from: from - zero_s, to: (to ?? from) - zero_s })),
  );

const views = (
  chart: TrialChart,
  outages: readonly OutageRow[],
  limits: readonly Mark[],
  zero_s: number,
): View[] => {
  const spans = outages.map((row) => ({ from: row.start_s - zero_s, to: endOf(row) - zero_s }));
  const isTrial = chart.triggers.length > 0;
  const whole: View = {
    name: isTrial ? 'Whole trial' : 'Whole',
    from: chart.from_s - zero_s,
    to: chart.to_s - zero_s,
  };
  if (!isTrial) return [whole, ...longestView(whole, spans)];
  const all = { spans: [...spans, ...stallsOf(chart, zero_s)], limits };
  const triggers = chart.triggers.map(({ at_s, of }, index) => {
    const next = chart.triggers[index + 1];
    return viewOf(capital(of), at_s - zero_s, all, (next?.at_s ?? chart.to_s) - zero_s);
  });
  return [...triggers, whole];
};

const rttRange = (lanes: readonly StreamLane[]): LanesChart['rtt_us'] => {
  let [least, greatest] = [Infinity, -Infinity];
  for (const { rtt } of lanes)
    for (const { lo_us, hi_us } of rtt) {
      for (const value of lo_us) if (value !== null && value < least) least = value;
      for (const value of hi_us) if (value !== null && value > greatest) greatest = value;
    }
  return least <= greatest ? [least, greatest] : null;
};

/** A mark is for all lanes, as a trigger is. */
const markedIn = (rows: readonly TimelineRow[]): { readonly at_s: number; readonly text: string }[] =>
  rows.filter(({ kind }) => kind === 'mark').map(({ at_s, milestone }) => ({ at_s, text: milestone }));

/** One trial on one axis: what was done, what the devices said, what happened to traffic and to sessions. */
export const timelineChart = (
  chart: TrialChart,
  tables: TrialTables,
  limits: readonly Limit[] = [],
): LanesChart => {
  const [first] = chart.triggers;
  const zero_s = first?.at_s ?? 0;
  const ofTrial = <Row extends { readonly trial: number | null }>(rows: readonly Row[] = []): Row[] =>
    rows.filter(({ trial }) => trial === chart.trial || trial === null);
  const outages = ofTrial(tables.outages);
  const streams = streamLanes(chart, outages, zero_s, limits);
  const sessions = sessionLanes(chart, ofTrial(tables.sessions), zero_s, limits);
  const lines = [...streams, ...sessions].flatMap((lane) => lane.lines ?? []);
  const all = views(chart, outages, lines, zero_s);
  return {
    kind: 'lanes',
    axis: first === undefined ? 'seconds from the start' : `seconds after the trigger`,
    views: all,
    from: chart.from_s - zero_s,
    to: chart.to_s - zero_s,
    lanes: [
      ...trialLanes(chart, zero_s),
      ...phaseLanes(ofTrial(tables.phases), zero_s),
      ...milestoneLanes(ofTrial(tables.timeline), zero_s),
      ...seenLanes(chart, zero_s),
      ...streams,
      ...sessions,
    ],
    marks: [...chart.triggers, ...markedIn(ofTrial(tables.timeline))].map(({ at_s, text }) => ({
      at: at_s - zero_s,
      text,
    })),
    rtt_us: rttRange(streams),
  };
};
