import type { RecordContext } from '../../model/evidence.js';
import { isoOf } from '../log-time.js';
import type { Instant } from './form.js';
import { DAY_MS } from './record-clock.js';

/** From the first stamp of a record to the last. */
export class Span {
  span: Instant | null = null;

  see({ lo_ms, hi_ms }: Instant): void {
    const { span } = this;
    if (span !== null && lo_ms >= span.lo_ms && hi_ms <= span.hi_ms) return;
    this.span = {
      lo_ms: Math.min(lo_ms, span?.lo_ms ?? lo_ms),
      hi_ms: Math.max(hi_ms, span?.hi_ms ?? hi_ms),
    };
  }
}

const SECOND = /T(\d\d:\d\d:\d\d).*/;
const dayOf = (ms: number): string => (isoOf(ms) ?? '').slice(0, 10);
const secondOf = (ms: number): string => (isoOf(ms) ?? '').replace(SECOND, ' $1');
const days = ({ lo_ms, hi_ms }: Instant): string =>
  dayOf(lo_ms) === dayOf(hi_ms) ? dayOf(lo_ms) : `${dayOf(lo_ms)} to ${dayOf(hi_ms)}`;

/** How a record lies to the run: what is not in it is not known to have been absent. */
export const placeInTime = (
  span: Instant | null,
  count: number,
  { near }: RecordContext,
  zoned: boolean,
): string[] => {
  if (span === null) return ['none of its lines has a date and time: nothing of it can be placed'];
  const slack_ms = zoned ? 0 : DAY_MS;
  if (span.hi_ms + slack_ms < near.lo_ms || span.lo_ms - slack_ms > near.hi_ms)
    return [`its lines are of ${days(span)}, the run was on ${days(near)}`];
  const said = count === 0 ? ['nothing in it near the run tells of a failover'] : [];
  // In another zone it begins at another time.
  if (!zoned) return said;
  if (span.lo_ms > near.lo_ms)
    said.push(
      `the first of it is of ${secondOf(span.lo_ms)}, after the run began: whether more came before is not known`,
    );
  if (span.hi_ms < near.hi_ms)
    said.push(
      `the last of it is of ${secondOf(span.hi_ms)}, before the run ended: whether more came after is not known`,
    );
  return said;
};
