import type { StreamRow } from '../../model/tables.js';
import { sayMs, sayPercent } from './format.js';

type Random = Pick<StreamRow, 'direction' | 'background_loss' | 'background_lo' | 'background_hi'>;
type Residual = Pick<
  StreamRow,
  'status' | 'residual_loss' | 'residual_delay_ms' | 'rtt_before_ms' | 'refused' | 'span_s'
>;

const WAY = { 'round-trip': 'both ways', forward: 'forward', reverse: 'on the way back' } as const;

/** `4.0 % random loss, both ways`, what is to be said beside a figure; null: none to be named. */
export const sayRandomLoss = ({ background_loss, direction }: Random): string | null =>
  background_loss === null ? null : `${sayPercent(background_loss)} random loss, ${WAY[direction]}`;

/** `4.0 % random loss (3.1 % to 5.0 %), both ways`: once with its exact 95 % interval. */
export const spellRandomLoss = (row: Random): string | null => {
  const { background_loss, background_lo: lo, background_hi: hi, direction } = row;
  if (background_loss === null || lo === null || hi === null) return null;
  return `${sayPercent(background_loss)} random loss (${sayPercent(lo)} to ${sayPercent(hi)}), ${WAY[direction]}`;
};

/** Answers that are slower by less than this share of what they took before, or than 1 ms, are as they were. */
const SAME_DELAY = 0.1;
const LEAST_DELAY_MS = 1;

/** `2.1 % still lost, slower by 120 ms`, `still refused`; null: the stream is not degraded. */
export const sayDegraded = ({
  status,
  residual_loss: loss,
  residual_delay_ms: delay,
  rtt_before_ms,
  refused,
  span_s,
}: Residual): string | null => {
  if (status !== 'degraded') return null;
  const isSlower = delay !== null && delay >= LEAST_DELAY_MS && delay >= SAME_DELAY * (rtt_before_ms ?? 0);
  const parts = [
    loss === null || loss === 0 ? null : `${sayPercent(loss)} still lost`,
    isSlower ? `slower by ${sayMs(delay)}` : null,
  ].filter((part) => part !== null);
  if (parts.length > 0) return parts.join(', ');
  // Without a loss that never ended it is the service.
  return refused > 0 && span_s !== null ? 'still refused' : 'never clean for long enough';
};
