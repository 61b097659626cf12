import { isValid, summarise, type StreamSummary, type SummaryPoint } from '../../analysis/stream-summary.js';
import { isAftercare } from '../../model/event.js';
import type { StreamClass } from '../../model/plan.js';
import type { StreamStatus } from '../../model/record.js';
import type { StreamRow } from '../../model/tables.js';
import type { Bounds } from '../../analysis/words/format.js';
import { sayRandomLoss } from '../../analysis/words/impairment.js';
import type { AnalysedRun } from './analysed-run.js';

/** One stream in one phase, over all trials: its statistics, and what a table says beside them. */
export interface StreamOverview extends StreamSummary {
  /** Its name, and the way if it is one of two: `udp forward`. */
  readonly label: string;
  readonly class: StreamClass;
  /** It does not cross the device; it watches the instrument. */
  readonly control: boolean;
  /** With the excluded ones. */
  readonly trials: number;
  /** Of the trial in which the stream was down longest; null if no trial gave a figure. */
  readonly worst: (Bounds & Pick<SummaryPoint, 'trial'>) | null;
  /** Every status that occurred, with how often. */
  readonly statuses: ReadonlyMap<StreamStatus, number>;
  readonly flows: FlowsHit | null;
  /** `4.0 % random loss, both ways`, that of the worst trial; null: none to be named. */
  readonly random: string | null;
}

/** Flows of a stream over all trials: which part of the traffic an outage was one for. */
export interface FlowsHit {
  readonly hit: number;
  readonly all: number;
}

/** null for a stream of one flow, and where no trial tells. */
export const flowsHit = (
  rows: readonly Pick<StreamRow, 'status' | 'flows' | 'flows_affected'>[],
): FlowsHit | null => {
  const told = rows.filter(({ status, flows }) => isValid(status) && (flows ?? 1) > 1);
  const sum = (figure: 'flows' | 'flows_affected'): number =>
    told.reduce((total, row) => total + (row[figure] ?? 0), 0);
  return told.length === 0 ? null : { hit: sum('flows_affected'), all: sum('flows') };
};

/** Sorts by how bad a point is: not recovered above all, then by the outage, then by its upper bound. */
const badness = ({ outage_s, lo_s, hi_s }: SummaryPoint): readonly [number, number] => [
  outage_s ?? Infinity,
  hi_s ?? lo_s ?? 0,
];

const worse = (a: SummaryPoint, b: SummaryPoint): number => {
  const [[outageA, edgeA], [outageB, edgeB]] = [badness(a), badness(b)];
  return outageA === outageB ? edgeB - edgeA : outageB - outageA;
};

const overview = (run: AnalysedRun, summary: StreamSummary): StreamOverview => {
  const rows = run.tables.streams.filter(
    ({ stream, phase, direction }) =>
      stream === summary.stream && phase === summary.phase && direction === summary.direction,
  );
  const statuses = new Map<StreamStatus, number>();
  for (const { status } of rows) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const worst = summary.points.toSorted(worse)[0];
  const mostRandom = rows.toSorted((a, b) => (b.background_loss ?? 0) - (a.background_loss ?? 0))[0];
  const plan = run.record.scenario.streams.find(({ name }) => name === summary.stream);
  return {
    ...summary,
    label: summary.direction === 'round-trip' ? summary.stream : `${summary.stream} ${summary.direction}`,
    class: rows[0]?.class ?? 'stateless',
    control: plan?.control ?? false,
    trials: rows.length,
    worst:
      worst === undefined
        ? null
        : { trial: worst.trial, lo: worst.lo_s, point: worst.outage_s, hi: worst.hi_s },
    statuses,
    flows: flowsHit(rows),
    random: mostRandom === undefined ? null : sayRandomLoss(mostRandom),
  };
};

/** Lower comes first: crossing streams, those of an aftercare last, then those with a figure, then the longest outage. */
const order = ({ control, phase, points }: StreamOverview): readonly number[] => {
  const worst = points.toSorted(worse)[0];
  const [outage, edge] = worst === undefined ? [-1, -1] : badness(worst);
  return [control ? 2 : isAftercare(phase) ? 1 : 0, -outage, -edge];
};

const byOrder = (a: StreamOverview, b: StreamOverview): number => {
  const [left, right] = [order(a), order(b)];
  const differs = left.findIndex((value, index) => value !== right[index]);
  return differs === -1 ? 0 : (left[differs] ?? 0) < (right[differs] ?? 0) ? -1 : 1;
};

/** All streams in all phases: the worst first, control streams last. */
export const streamOverviews = (run: AnalysedRun): readonly StreamOverview[] =>
  summarise(run.tables.streams)
    .map((summary) => overview(run, summary))
    .toSorted(byOrder);
