import { periodPictures, type PeriodPicture } from '../../analysis/chart/picture-events.js';
import type { RttSegment } from '../../analysis/chart/picture-rtt.js';
import type { LanePicture, TrialPicture } from '../../analysis/chart/picture.js';
import type { OutageRow } from '../../model/record.js';
import { sayCount, sayMs, sayNumberOf } from '../format.js';
import type { StreamLane } from './chart.js';
import { groupBy } from '../../model/group-by.js';

/** At least as many as a lane has pixels: what is joined would be less than one pixel apart. */
const MOST_PERIODS = 1_500;

/** To 1 µs, as in the tables: a third of the digits. */
const rounded = (value_s: number): number => Math.round(value_s * 1e6) / 1e6;

const shiftedRtt = (segment: RttSegment, zero_s: number): RttSegment => ({
  ...segment,
  from_s: rounded(segment.from_s - zero_s),
  width_s: rounded(segment.width_s),
});

const shiftedPeriod = (period: PeriodPicture, zero_s: number): PeriodPicture => ({
  ...period,
  from_s: rounded(period.from_s - zero_s),
  to_s: period.to_s === null ? null : rounded(period.to_s - zero_s),
  edge_s: rounded(period.edge_s),
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

const laneOf = (
  label: string,
  { every_s, rtt, control, flows, firsts }: LanePicture,
  rows: readonly OutageRow[],
  zero_s: number,
): StreamLane => ({
  kind: 'stream',
  label,
  sub: `${control ? 'control, ' : ''}${sayPeriods(rows)}${sayRefusals(rows)}${sayRtt(rtt)}`,
  every_s,
  rtt: rtt.map((segment) => shiftedRtt(segment, zero_s)),
  periods: periodPictures(rows, MOST_PERIODS, (flow) => firsts[flow - flows[0]]).map((period) =>
    shiftedPeriod(period, zero_s),
  ),
});

const labelOf = ({ stream, flows: [first, last] }: LanePicture, isOnly: boolean): string => {
  if (isOnly) return stream;
  return first === last ? `${stream} flow ${first}` : `${stream} flows ${first}–${last}`;
};

/** One lane for each flow, or for several where they are many; of a STAMP stream each way has one more. */
export const streamLanes = (
  picture: TrialPicture,
  outages: readonly OutageRow[],
  zero_s: number,
): StreamLane[] => {
  const byStream = groupBy(outages, ({ stream }) => stream);
  return picture.lanes.flatMap((lane) => {
    const own = byStream.get(lane.stream) ?? [];
    const inLane = own.filter(({ flow }) => flow >= lane.flows[0] && flow <= lane.flows[1]);
    const isOnly = picture.lanes.filter(({ stream }) => stream === lane.stream).length === 1;
    const rows = (direction: OutageRow['direction']): OutageRow[] =>
      inLane.filter((row) => row.direction === direction);
    const whole = laneOf(labelOf(lane, isOnly), lane, rows('round-trip'), zero_s);
    const ways = (['forward', 'reverse'] as const).flatMap((way) => {
      const periods = rows(way);
      if (periods.length === 0) return [];
      return [laneOf(`${labelOf(lane, isOnly)} ${way}`, { ...lane, rtt: [] }, periods, zero_s)];
    });
    return [whole, ...ways];
  });
};
