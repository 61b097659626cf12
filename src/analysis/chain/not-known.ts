import type { Evidence, EvidenceRecord } from '../../model/evidence.js';
import { NS_PER_MS } from '../../model/time.js';
import { saySeconds } from '../words/format.js';
import type { SeenOutage } from '../timeline/timeline.js';
import type { Link } from './chain.js';
import type { Offset } from './clock-offset.js';
import type { Place } from './clocks.js';
import { onTrial } from './sight.js';
import { type Stage, STAGE_WORDS, STAGES } from './stages.js';

/** A link that is certainly shorter than this part of the outage need not be divided. */
const WORTH = 0.1;
/** What only a cloud's API does. */
const OF_API = new Set<Stage>(['decision', 'detach', 'attach', 'operations']);

const isWorth = ({ row }: Link, total_s: number): boolean => (row.hi_s ?? Infinity) >= WORTH * total_s;

const sayMissing = ({ name }: Link, stages: readonly Stage[]): string[] => {
  const missing = stages.flatMap((stage) => STAGE_WORDS[stage].missing ?? []);
  if (missing.length === 0) return [];
  const tellers = [...new Set(missing.map(({ teller }) => teller))];
  return tellers.map((teller) => {
    const what = missing.filter((each) => each.teller === teller).map((each) => each.what);
    return `${what.join(' and ')}, within ${name}: ${teller} would tell`;
  });
};

/** The steps that a link may hold besides its own, of which nothing tells; those that it certainly is too short for left out. */
export const notParted = (links: readonly Link[], hasApi: boolean): readonly string[] => {
  const total_s = links.reduce((sum, { row }) => sum + (row.length_s ?? row.lo_s), 0);
  const told = new Set(links.filter(({ end }) => end !== null).map(({ stage }) => stage));
  let from = 0;
  return links.flatMap((link) => {
    if (link.end === null) return [];
    const isTraffic = link.key === 'traffic';
    if (link.stage === null && !isTraffic) return [];
    const until = isTraffic ? STAGES.length : STAGES.indexOf(link.stage as Stage);
    const inside = STAGES.slice(from, until).filter(
      (stage) => !told.has(stage) && (hasApi || !OF_API.has(stage)),
    );
    from = Math.max(from, until);
    return isWorth(link, total_s) ? sayMissing(link, inside) : [];
  });
};

/** Where a record's first or last line lies on the trial's clock, by the evidence nearest to it. */
const endOf = (
  { evidence, span }: EvidenceRecord,
  end: 'lo_ms' | 'hi_ms',
  origin: Offset,
  place: Place,
): { readonly lo_ns: number; readonly hi_ns: number } | null => {
  // Some are written newest first.
  const near = evidence.reduce<Evidence | undefined>(
    (best, each) =>
      best === undefined || (end === 'lo_ms' ? each.lo_ms < best.lo_ms : each.hi_ms > best.hi_ms)
        ? each
        : best,
    undefined,
  );
  const placed = near === undefined ? null : place(near);
  if (span === null || near === undefined || placed === null) return null;
  const stamp_ms = span[end];
  return onTrial(
    { lo_ms: placed.lo_ms + (stamp_ms - near.lo_ms), hi_ms: placed.hi_ms + (stamp_ms - near.hi_ms) },
    origin,
  );
};

const after = (ns: number, { edges }: SeenOutage): string =>
  saySeconds((ns - edges.begin.at_ns) / NS_PER_MS / 1000);

/** Records that begin or end within the outage: what they do not tell of may have been. */
export const notCovered = (
  outage: SeenOutage,
  records: readonly EvidenceRecord[],
  origin: Offset | null,
  place: Place,
): readonly string[] =>
  records.flatMap((record) => {
    const file = record.evidence[0]?.file;
    if (origin === null || file === undefined) return [];
    const [first, last] = [endOf(record, 'lo_ms', origin, place), endOf(record, 'hi_ms', origin, place)];
    const { begin, end } = outage.edges;
    const isBeside = first !== null && last !== null && first.lo_ns <= end.hi_ns && last.hi_ns >= begin.lo_ns;
    if (!isBeside) return [];
    return [
      ...(first.lo_ns > begin.hi_ns
        ? [`${file} begins ${after(first.lo_ns, outage)} after the first loss: what came before is not in it`]
        : []),
      ...(last.hi_ns < end.lo_ns
        ? [`${file} ends ${after(last.hi_ns, outage)} after the first loss: what came later is not in it`]
        : []),
    ];
  });
