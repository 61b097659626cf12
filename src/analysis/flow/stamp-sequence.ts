/**
 * A STAMP sender of ours numbers its packets 0, 4, 5, 6 …: to the reflector three packets were lost on the way there.
 * A stateful reflector's own number is from then on smaller than the sender's, a stateless one's is equal (RFC 8762
 * §4.3.1). Without the gap nobody could tell them apart before the first loss, and after it a stateless reflector
 * would make every loss look like one of the way back.
 */
const LEFT_OUT = 3;

/** Of the first probe on which the two kinds of reflector differ. */
export const FIRST_TELLING_SEQ = 1;

/** The 32-bit number in the packet of probe `seq` (from 0, 64-bit). */
export const wireSeq = (seq: number): number => (seq < FIRST_TELLING_SEQ ? seq : seq + LEFT_OUT) % 2 ** 32;

/** The inverse of `wireSeq`, for the probe nearest to `near`; null for a number that no probe has. */
export const probeSeq = (wire: number, near: number): number | null => {
  const span = 2 ** 32;
  if (near < span / 2 && wire < FIRST_TELLING_SEQ + LEFT_OUT) return wire < FIRST_TELLING_SEQ ? wire : null;
  const seq = wire - LEFT_OUT;
  return seq + Math.round((near - seq) / span) * span;
};
