import { chartPeriods, type ChartPeriod, type ChartSession } from '../../analysis/chart/chart-events.js';
import type { RttSegment } from '../../analysis/chart/chart-rtt.js';
import type { LaneChart } from '../../analysis/chart/chart-lane.js';
import type { TrialChart } from '../../analysis/chart/trial-chart.js';
import { groupBy } from '../../model/group-by.js';
import type { Limit } from '../../model/plan.js';
import type { SessionVerdict } from '../../model/record.js';
import type { OutageRow, SessionRow } from '../../model/tables.js';
import { sayCount, sayMs, sayNumberOf, saySeconds } from '../../analysis/words/format.js';
import { limitsOn, type Bar, type BarLane, type Mark, type StreamLane } from './chart.js';

/** At least as many as a lane has pixels: what is joined would be less than one pixel apart. */
const MOST_PERIODS = 1_500;

/** To 1 µs, as in the tables: a third of the digits. */
const rounded = (value_s: number): number => Math.round(value_s * 1e6) / 1e6;

const shiftedRtt = (segment: RttSegment, zero_s: number): RttSegment => ({
  ...segment,
  from_s: rounded(segment.from_s - zero_s),
  width_s: rounded(segment.width_s),
});

const shiftedPeriod = (period: ChartPeriod, zero_s: number): ChartPeriod => ({
  ...period,
  from_s: rounded(period.from_s - zero_s),
  to_s: period.to_s === null ? null : rounded(period.to_s - zero_s),
  edge_s: rounded(period.edge_s),
  outage_s: period.outage_s === null ? null : rounded(period.outage_s),
});

const sayRefusals = (rows: readonly OutageRow[]): string => {
  const count = rows.filter(({ kind }) => kind === 'refused').length;
  return count === 0 ? '' : `, refused ${sayNumberOf(count, 'time')}`;
};

const sayPeriods = (all: readonly OutageRow[]): string => {
  const rows = all.filter(({ kind }) => kind !== 'refused');
  if (rows.length === 0) return 'no loss';
  const lost = rows.reduce((sum, row) => sum + row.lost, 0);
  const late = rows.reduce((sum, row) => sum + row.late, 0);
  const parts = [lost > 0 ? `${sayCount(lost)} lost` : '', late > 0 ? `${sayCount(late)} late` : ''];
  const said = parts.filter((part) => part !== '').join(', ');
  return `${sayNumberOf(rows.length, 'period')}${said === '' ? '' : `: ${said}`}`;
};

/** The ends of what the line shows: its scale is the same in all lanes and has no numbers. */
const sayRtt = (segments: readonly RttSegment[]): string => {
  let [least, greatest] = [Infinity, -Infinity];
  for (const { lo_us, hi_us } of segments) {
    for (const value of lo_us) if (value !== null && value < least) least = value;
    for (const value of hi_us) if (value !== null && value > greatest) greatest = value;
  }
  return least > greatest ? '' : `, RTT ${sayMs(least / 1e3).replace(' ms', '')}–${sayMs(greatest / 1e3)}`;
};

const COUNTED = new Set<OutageRow['kind']>(['loss', 'late']);

/**
 * Where the longest outage of each measured phase would have had to end: its sure part goes on beyond the line only if it was
 * longer than the limit for certain.
 */
const limitLines = (rows: readonly OutageRow[], limits: readonly Mark[], zero_s: number): Mark[] => {
  const outages = rows.filter(
    ({ kind, phase }) => COUNTED.has(kind) && (phase === 'failover' || phase === 'failback'),
  );
  return [...groupBy(outages, ({ phase }) => phase).values()].flatMap((own) => {
    const longest = own.reduce((a, b) => ((b.outage_s ?? Infinity) > (a.outage_s ?? Infinity) ? b : a));
    return limits.map(({ at, text }) => ({ at: rounded(longest.start_s + at - zero_s), text }));
  });
};

const laneOf = (
  label: string,
  { every_s, rtt, control, flows, firsts }: LaneChart,
  rows: readonly OutageRow[],
  zero_s: number,
  limits: readonly Mark[],
): StreamLane => ({
  kind: 'stream',
  lines: limitLines(rows, limits, zero_s),
  label,
  sub: `${control ? 'control, ' : ''}${sayPeriods(rows)}${sayRefusals(rows)}${sayRtt(rtt)}`,
  every_s,
  rtt: rtt.map((segment) => shiftedRtt(segment, zero_s)),
  periods: chartPeriods(rows, MOST_PERIODS, (flow) => firsts[flow - flows[0]]).map((period) =>
    shiftedPeriod(period, zero_s),
  ),
});

const labelOf = ({ stream, flows: [first, last] }: LaneChart, isOnly: boolean): string => {
  if (isOnly) return stream;
  return first === last ? `${stream} flow ${first}` : `${stream} flows ${first}–${last}`;
};

/** One lane for each flow, or for several where they are many; of a STAMP stream each way has one more. */
export const streamLanes = (
  chart: TrialChart,
  outages: readonly OutageRow[],
  zero_s: number,
  limits: readonly Limit[],
): StreamLane[] => {
  const byStream = groupBy(outages, ({ stream }) => stream);
  return chart.lanes.flatMap((lane) => {
    const own = byStream.get(lane.stream) ?? [];
    const inLane = own.filter(({ flow }) => flow >= lane.flows[0] && flow <= lane.flows[1]);
    const isOnly = chart.lanes.filter(({ stream }) => stream === lane.stream).length === 1;
    const rows = (direction: OutageRow['direction']): OutageRow[] =>
      inLane.filter((row) => row.direction === direction);
    const whole = laneOf(
      labelOf(lane, isOnly),
      lane,
      rows('round-trip'),
      zero_s,
      limitsOn('longest', limits, lane.stream),
    );
    const ways = (['forward', 'reverse'] as const).flatMap((way) => {
      const periods = rows(way);
      if (periods.length === 0) return [];
      return [laneOf(`${labelOf(lane, isOnly)} ${way}`, { ...lane, rtt: [] }, periods, zero_s, [])];
    });
    return [whole, ...ways];
  });
};

/** More connections than this are drawn by example: the worst of each entry and verdict. */
const MOST_SESSIONS = 10;

/** The worst first. */
const RANK: readonly SessionVerdict[] = [
  'blackholed',
  'reset',
  'app-closed',
  'survived-late',
  'survived',
  'not-tested',
];

const ENDED = new Set<SessionVerdict>(['blackholed', 'reset', 'app-closed']);

interface Told {
  readonly session: string;
  readonly rows: readonly SessionRow[];
  readonly worst: SessionRow | null;
  readonly chart: ChartSession | null;
  /** Others like it that are not drawn. */
  readonly others: number;
}

const worseRow = (a: SessionRow, b: SessionRow): SessionRow => {
  const rank = RANK.indexOf(a.verdict) - RANK.indexOf(b.verdict);
  return rank < 0 || (rank === 0 && (a.stall_s ?? 0) >= (b.stall_s ?? 0)) ? a : b;
};

const told = (chart: TrialChart, rows: readonly SessionRow[]): Told[] => {
  const charts = new Map(chart.sessions.map((each) => [each.session, each]));
  const bySession = groupBy(rows, ({ session }) => session);
  return [...new Set([...bySession.keys(), ...charts.keys()])].map((session) => {
    const own = bySession.get(session) ?? [];
    const [first, ...rest] = own;
    const worst = first === undefined ? null : rest.reduce(worseRow, first);
    return { session, rows: own, worst, chart: charts.get(session) ?? null, others: 0 };
  });
};

const nameOf = ({ session }: Told): string => session.replace(/#\d+$/, '');

const rankOf = ({ worst }: Told): number => (worst === null ? 0 : RANK.indexOf(worst.verdict));

const entryOf = (told: Told): string =>
  `${nameOf(told)} ${told.worst?.verdict ?? ''} ${told.worst?.stratum ?? ''}`;

const byExample = (all: readonly Told[]): Told[] => {
  if (all.length <= MOST_SESSIONS) return [...all];
  const names = [...new Set(all.map(nameOf))];
  const place = (each: Told): number => names.indexOf(nameOf(each)) * RANK.length + rankOf(each);
  return [...groupBy(all, entryOf).values()]
    .map((group) => {
      const worst = group.reduce((a, b) => ((b.worst?.stall_s ?? 0) > (a.worst?.stall_s ?? 0) ? b : a));
      return { ...worst, others: group.length - 1 };
    })
    .toSorted((a, b) => place(a) - place(b));
};

const subOf = ({ rows, others }: Told): string => {
  const verdicts = [...new Set(rows.map(({ verdict }) => verdict))].join(', ');
  const stall = rows.reduce((most, { stall_s }) => Math.max(most, stall_s ?? 0), 0);
  const parts = [
    verdicts,
    stall > 0 ? `stall ${saySeconds(stall)}` : '',
    others > 0 ? `and ${sayCount(others)} more like it` : '',
  ];
  return parts.filter((part) => part !== '').join(', ');
};

const barsOf = ({ chart, worst }: Told, zero_s: number): Bar[] => {
  if (chart === null) return [];
  const ended = worst !== null && ENDED.has(worst.verdict);
  const heard = chart.heard_s ?? chart.from_s;
  const alive: Bar = {
    from: chart.from_s - zero_s,
    to: heard - zero_s,
    style: 'alive',
    text: 'exchanging heartbeats',
  };
  // Of a survivor the last heartbeats may only have been too late for the end of the trial.
  const waits = chart.waits.map(([from, to]): Bar => ({
    from: from - zero_s,
    to: to === null ? null : to - zero_s,
    style: to === null && ended ? 'wait' : 'stall',
    text:
      to !== null
        ? `waited ${saySeconds(to - from)} for an echo`
        : ended
          ? 'no echo any more'
          : 'no echo before the trial ended',
  }));
  const end: Bar[] = ended
    ? [{ from: heard - zero_s, to: heard - zero_s, style: 'dead', text: worst.error ?? worst.verdict }]
    : [];
  return [alive, ...waits, ...end];
};

/**
 * Where the longest stall of each measured phase would have reached its limit. What an echo usually takes is no part of a stall:
 * one that ended is counted back from its end.
 */
const stallLines = (
  { chart, rows }: Told,
  triggers: TrialChart['triggers'],
  limits: readonly Mark[],
  zero_s: number,
): Mark[] =>
  triggers.flatMap(({ of, at_s }, index) => {
    const until_s = triggers[index + 1]?.at_s ?? Infinity;
    const row = rows.find(({ phase }) => phase === of);
    if (row === undefined || of === 'no-sync') return [];
    const [longest] = (chart?.waits ?? [])
      .filter(([from, to]) => from < until_s && (to ?? Infinity) > at_s)
      .toSorted(([a, aTo], [b, bTo]) => (bTo ?? Infinity) - b - ((aTo ?? Infinity) - a));
    if (longest === undefined) return [];
    const [from, to] = longest;
    const begin = to === null || row.stall_s === null ? from : to - row.stall_s;
    return limits.map(({ at, text }) => ({ at: rounded(begin + at - zero_s), text }));
  });

/** One lane for each connection of a trial; of very many, examples that say for how many others they stand. */
export const sessionLanes = (
  chart: TrialChart,
  rows: readonly SessionRow[],
  zero_s: number,
  limits: readonly Limit[],
): BarLane[] =>
  byExample(told(chart, rows)).map((each) => {
    const lines = stallLines(each, chart.triggers, limitsOn('stall', limits, nameOf(each)), zero_s);
    return {
      kind: 'bars',
      ...(lines.length === 0 ? {} : { lines }),
      label: each.session,
      sub: subOf(each),
      bars: barsOf(each, zero_s),
    };
  });
