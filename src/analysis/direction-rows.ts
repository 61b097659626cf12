import type { TrialEvent } from '../model/event.js';
import type { RowKey, StreamRow, StreamStatus } from '../model/record.js';
import { type Judgement, statusOf } from './status.js';
import type { DirectionPhase, StreamPhase } from './stream.js';
import { streamRow } from './stream-row.js';

/** A direction goes with its round trip where that says nothing of the pair; else its own losses decide. */
const judge = (
  { unknown, figures }: DirectionPhase,
  roundTrip: Judgement<StreamStatus>,
): Judgement<StreamStatus> => {
  const { status } = roundTrip;
  if (status === 'void' || status === 'down-at-start' || status === 'no-failover-detected') return roundTrip;
  if (unknown !== null) return { status: 'void', reason: `direction not known: ${unknown}` };
  return { status: statusOf(figures), reason: null };
};

/**
 * Rows of streams.csv for the two ways of a STAMP stream. Delay, TTL and causes are those of the round trip, and stand
 * in its row only.
 */
export const directionRows = (
  key: RowKey,
  trigger: string | null,
  stream: StreamPhase,
  roundTrip: Judgement<StreamStatus>,
  events: readonly TrialEvent[],
): StreamRow[] =>
  (stream.directions ?? []).map((way) => ({
    ...streamRow(key, trigger, { ...stream, ...way }, judge(way, roundTrip), events),
    direction: way.direction,
    rtt_before_ms: null,
    rtt_after_ms: null,
    ttl_before: null,
    ttl_after: null,
    causes: null,
  }));
