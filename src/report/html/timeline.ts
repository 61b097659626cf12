import type { ChartSpan } from '../../analysis/chart/chart-events.js';
import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import type { OutageRow, PhaseRow, ResultTables, TimelineRow } from '../../model/tables.js';
import { capital, saySeconds } from '../../analysis/words/format.js';
import type { Bar, BarLane, BarStyle, LanesChart, StreamLane, View } from './chart.js';
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

/** Where nobody watched, a value is only known when it was asked for. */
const seenBars = (span: ChartSpan, zero_s: number): Bar[] => {
  const bar = spanBar(span, ROLE_STYLE[span.value] ?? 'value', zero_s);
  if (span.seen_s === null) return [bar];
  const seen = span.seen_s - zero_s;
  return [
    { ...bar, to: seen },
    { ...bar, from: seen, style: 'unseen', text: `${span.value} when last asked` },
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
      label: `${row.step} ${row.name}`,
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
  const kinds = [...new Set(rows.map(({ kind }) => kind))];
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

const seenLanes = ({ seen }: TrialChart, zero_s: number): BarLane[] => {
  const subjects = groupBy(seen, ({ by, of }) => JSON.stringify([by, of]));
  return [...subjects.values()].map((spans) => {
    const [first] = spans;
    return {
      kind: 'bars',
      label: first?.of ?? '',
      sub: first?.by === null ? 'role, when it was asked for' : `as ${first?.by ?? ''} saw it`,
      bars: spans.flatMap((span) => seenBars(span, zero_s)),
    };
  });
};

/** Where the outage after a trigger is well seen: some time before it, and as much after the last of its losses. */
const viewOf = (
  name: string,
  trigger: number,
  outages: readonly { readonly from: number; readonly to: number }[],
  until: number,
): View => {
  const last = outages
    .filter(({ from, to }) => to >= trigger && from < until)
    .reduce((latest, { to }) => Math.max(latest, Math.min(to, until)), trigger + 1);
  const margin = Math.max(0.5, (last - trigger) / 5);
  return { name, from: trigger - margin, to: last + margin };
};

const endOf = (row: OutageRow): number => row.start_s + (row.outage_s ?? row.lo_s);

/** The longest outage in the middle of the view, where it would be small in the whole. */
const longestView = (whole: View, spans: readonly { from: number; to: number }[]): View[] => {
  const [first, ...others] = spans;
  if (first === undefined) return [];
  const { from, to } = others.reduce((a, b) => (b.to - b.from > a.to - a.from ? b : a), first);
  const margin = Math.max(0.5, to - from);
  return 4 * (to - from + 2 * margin) > whole.to - whole.from
    ? []
    : [{ name: 'Longest outage', from: from - margin, to: to + margin }];
};

const views = (chart: TrialChart, outages: readonly OutageRow[], zero_s: number): View[] => {
  const spans = outages.map((row) => ({ from: row.start_s - zero_s, to: endOf(row) - zero_s }));
  const isTrial = chart.triggers.length > 0;
  const whole: View = {
    name: isTrial ? 'Whole trial' : 'Whole',
    from: chart.from_s - zero_s,
    to: chart.to_s - zero_s,
  };
  if (!isTrial) return [whole, ...longestView(whole, spans)];
  const triggers = chart.triggers.map(({ at_s, of }, index) => {
    const next = chart.triggers[index + 1];
    return viewOf(capital(of), at_s - zero_s, spans, (next?.at_s ?? chart.to_s) - zero_s);
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

/** One trial on one axis: what was done, what the devices said, what happened to traffic and to sessions. */
export const timelineChart = (chart: TrialChart, tables: TrialTables): LanesChart => {
  const [first] = chart.triggers;
  const zero_s = first?.at_s ?? 0;
  const ofTrial = <Row extends { readonly trial: number | null }>(rows: readonly Row[] = []): Row[] =>
    rows.filter(({ trial }) => trial === chart.trial || trial === null);
  const outages = ofTrial(tables.outages);
  const streams = streamLanes(chart, outages, zero_s);
  const all = views(chart, outages, zero_s);
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
      ...sessionLanes(chart, ofTrial(tables.sessions), zero_s),
    ],
    marks: chart.triggers.map(({ at_s, text }) => ({ at: at_s - zero_s, text })),
    rtt_us: rttRange(streams),
  };
};
