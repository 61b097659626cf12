import type { StreamPlan } from '../model/plan.js';
import type { Direction, OutageKind, OutageRow, RowKey } from '../model/record.js';
import { inSeconds, NS_PER_S } from '../model/time.js';
import { type OutageFigures, periodBounds } from './figures.js';
import type { FlowWindow, Silence } from './flow-window.js';
import { type Bounds, boundsOf, type LossPeriod } from './gaps.js';
import type { StreamPhase } from './stream.js';

/** What a row says of the outage itself; the rest is the same for every kind. */
export interface Listed extends Pick<
  OutageRow,
  | 'kind'
  | 'first_seq'
  | 'last_seq'
  | 'lost'
  | 'late'
  | 'lo_s'
  | 'outage_s'
  | 'hi_s'
  | 'silence_s'
  | 'censored'
  | 'flow'
> {
  readonly start_ns: number;
}

/** @param bounds of this period. */
export const listPeriod = (period: LossPeriod, kind: OutageKind, bounds: Bounds, flow = 0): Listed => ({
  start_ns: period.first_ns,
  kind,
  first_seq: period.firstSeq,
  last_seq: period.lastSeq,
  lost: period.lost,
  late: period.late,
  lo_s: bounds.lo_ns / NS_PER_S,
  outage_s: inSeconds(bounds.point_ns),
  hi_s: inSeconds(bounds.hi_ns),
  silence_s: bounds.point_ns === null ? null : inSeconds(period.silence_ns),
  censored: bounds.point_ns === null,
  flow,
});

/**
 * A silence that no loss explains (L = 0). Arrival to arrival is biased by +T; what paused may have begun anywhere
 * between two sends, which are up to 2.5 T apart before they count as a hole.
 */
export const listSilence = (own: FlowWindow, silence: Silence, interval_ns: number, flow = 0): Listed => {
  const jitter_ns = own.baseline.jitter_ns();
  const whole = silence.to_ns - silence.from_ns;
  const length = whole - silence.hole_ns;
  return {
    start_ns: silence.from_ns,
    kind: 'silence',
    first_seq: silence.firstSeq,
    last_seq: silence.lastSeq,
    lost: 0,
    late: 0,
    lo_s: Math.max(0, length - 2.5 * interval_ns - jitter_ns) / NS_PER_S,
    outage_s: (length - interval_ns) / NS_PER_S,
    hi_s: (whole + jitter_ns) / NS_PER_S,
    silence_s: length / NS_PER_S,
    censored: false,
    flow,
  };
};

/** Of answers that came late or were refusals: random loss and distance have no part in it. */
export const lateBounds = ({ baseline }: FlowWindow, run: LossPeriod): Bounds =>
  boundsOf(run, { jitter_ns: baseline.jitter_ns(), distance_ns: 0, chance_ns: 0, expected_ns: 0 });

/** Random loss is none of the outage, and what was held is late. */
export const kindOf = ({ lost }: LossPeriod, isRandom: boolean): OutageKind =>
  isRandom ? 'background' : lost === 0 ? 'late' : 'loss';

const listed = ({ flows, all }: Pick<StreamPhase, 'flows' | 'all'>, every_ns: number): Listed[] =>
  flows
    .flatMap((own, flow) => {
      const { periods, random, uncertainty } = all[flow] as OutageFigures;
      const outages = new Set(periods);
      const bounds = (period: LossPeriod): Bounds =>
        outages.has(period) ? periodBounds(own, period, uncertainty) : boundsOf(period, uncertainty);
      return [
        ...own.periods.map((each) => listPeriod(each, kindOf(each, random.has(each)), bounds(each), flow)),
        ...own.lateRuns.map((run) => listPeriod(run, 'slow', lateBounds(own, run), flow)),
        ...own.refusals.map((run) => listPeriod(run, 'refused', lateBounds(own, run), flow)),
        ...own.silences.map((silence) => listSilence(own, silence, every_ns, flow)),
      ];
    })
    .toSorted((a, b) => a.start_ns - b.start_ns);

/** The row of one outage; `period` counts from 1 within stream, direction and phase. */
export const outageRow = (
  key: RowKey,
  { name, from }: StreamPlan,
  each: Listed,
  period: number,
  utc: (vantage: string, at_ns: number) => string | null,
  direction: Direction = 'round-trip',
): OutageRow => ({
  run: key.run,
  scenario: key.scenario,
  version: key.version,
  trial: key.trial,
  phase: key.phase,
  stream: name,
  period,
  kind: each.kind,
  first_seq: each.first_seq,
  last_seq: each.last_seq,
  lost: each.lost,
  late: each.late,
  start_utc: utc(from, each.start_ns),
  start_s: each.start_ns / NS_PER_S,
  lo_s: each.lo_s,
  outage_s: each.outage_s,
  hi_s: each.hi_s,
  silence_s: each.silence_s,
  censored: each.censored,
  direction,
  flow: each.flow,
});

/**
 * All rows of outages.csv of one stream and phase: also periods before the trigger and after the recovery.
 *
 * @param rest the same stream after an aftercare, whose own rows are apart
 */
export const outageRows = (
  key: RowKey,
  stream: StreamPhase,
  utc: (vantage: string, at_ns: number) => string | null,
  rest?: StreamPhase,
): OutageRow[] => {
  const { plan, directions = [] } = stream;
  const of = (flows: Pick<StreamPhase, 'flows' | 'all'> | undefined): Listed[] =>
    flows === undefined ? [] : listed(flows, plan.every_ns);
  const rows = (all: readonly Listed[], direction: Direction): OutageRow[] =>
    all.map((each, index) => outageRow(key, plan, each, index + 1, utc, direction));
  return [
    ...rows([...of(stream), ...of(rest)], 'round-trip'),
    ...directions.flatMap((each, at) => rows([...of(each), ...of(rest?.directions?.[at])], each.direction)),
  ];
};
