import type { OutageRow, TimelineRow } from '../../model/tables.js';
import { outagesAfterMarks, type MarkFollowed, type StreamAfterMark } from '../marks.js';
import { sayNumberOf, saySeconds, spellBounds } from './format.js';

/** So little that nobody asks whether it was before or after. */
const SURE_S = 0.1;

const bounds = ({ lo_s, outage_s, hi_s }: OutageRow): string =>
  spellBounds({ lo: lo_s, point: outage_s, hi: hi_s });

const known = ({ outage_s, lo_s }: OutageRow): number => outage_s ?? lo_s;

const DID: Readonly<Partial<Record<OutageRow['kind'], string>>> = { late: 'held up', refused: 'refused' };

const did = ({ kind }: OutageRow): string => DID[kind] ?? 'down';

const lengths = (rows: readonly OutageRow[]): string => {
  const [first] = rows;
  if (first === undefined) return '';
  if (rows.length === 1) return `${did(first)} for ${bounds(first)}`;
  const longest = rows.reduce((a, b) => (known(b) > known(a) ? b : a), first);
  const total = rows.reduce((sum, row) => sum + known(row), 0);
  const least = rows.some(({ outage_s }) => outage_s === null) ? 'at least ' : '';
  return `down ${sayNumberOf(rows.length, 'time')}, ${least}${saySeconds(total)} in all, the longest ${bounds(longest)}`;
};

const FIRST: Readonly<Partial<Record<OutageRow['kind'], string>>> = {
  late: 'first late answer',
  refused: 'first refusal',
};

const sayStream = ({ open, begun }: StreamAfterMark, at_s: number): string => {
  const before =
    open === null
      ? []
      : [`${did(open)} already, since ${saySeconds(at_s - open.start_s)} before, for ${bounds(open)}`];
  const [first] = begun;
  const after =
    first === undefined
      ? []
      : [`${FIRST[first.kind] ?? 'first loss'} ${saySeconds(first.start_s - at_s)} later, ${lengths(begun)}`];
  return [...before, ...after].join('; ');
};

const sayUncertainty = ({ at_s, at_hi_s }: TimelineRow): string => {
  if (at_hi_s === null || at_hi_s - at_s < SURE_S) return '';
  return ` (±${saySeconds(at_hi_s - at_s)})`;
};

const sayFollowed = (
  { mark, streams }: MarkFollowed,
  isOnly: boolean,
  time: (utc: string | null) => string,
): string => {
  const trial = mark.trial === null ? '' : `trial ${mark.trial}: `;
  const when = `${trial}${mark.milestone} ${time(mark.at_utc)}${sayUncertainty(mark)}`;
  if (streams.length === 0) return `${when}: no outage after it`;
  const said = streams.map((each) => `${isOnly ? '' : `${each.stream} `}${sayStream(each, mark.at_s)}`);
  return `${when}: ${said.join('; ')}`;
};

/**
 * `pulled the plug of fw-a 21:04:11: first loss 0.800 s later, down for 3.28 s (3.19–3.38 s)`, a line for each mark.
 *
 * @param streams how many there are: of a single one the name says nothing
 */
export const markLines = (
  {
    timeline = [],
    outages,
  }: { readonly timeline?: readonly TimelineRow[]; readonly outages: readonly OutageRow[] },
  streams: number,
  time: (utc: string | null) => string,
): readonly string[] =>
  outagesAfterMarks(timeline, outages).map((each) => sayFollowed(each, streams === 1, time));
