import { aftercareOf, type AftercarePhase, type MeasuredPhase, type TrialEvent } from '../model/event.js';
import type { StreamStatus } from '../model/record.js';
import type { OutageRow, RowKey, StreamRow } from '../model/tables.js';
import { NS_PER_S } from '../model/time.js';
import { directionRows, outageRows, streamRow } from './rows.js';
import { controlFault, type Judgement, ownStatus } from './status.js';
import type { StreamPhase } from './flow/stream.js';
import type { PhaseWindow } from './flow/windows.js';

/** The rows of one aftercare: of the streams that cross the pair. */
export interface AftercareRows {
  readonly streams: readonly StreamRow[];
  readonly outages: readonly OutageRow[];
}

/** The rows' name for the aftercare of a window. The control arm has none. */
export const aftercarePhase = ({ phase }: { readonly phase: MeasuredPhase }): AftercarePhase => {
  const own = aftercareOf(phase);
  if (own === null) throw new Error(`${phase} has no aftercare`);
  return own;
};

/** What was seen was seen; that nothing was lost, only an aftercare that was not cut short can say. */
const judge = (
  { brokenOff }: PhaseWindow,
  stream: StreamPhase,
  others: readonly StreamPhase[],
  fault: string | null,
): Judgement<StreamStatus> => {
  const own = ownStatus(stream, others);
  if (own.status === 'void') return own;
  if (fault !== null) return { status: 'void', reason: fault };
  return brokenOff !== null && own.status === 'unaffected'
    ? { status: 'void', reason: `broken off: ${brokenOff}` }
    : own;
};

/** Instants of a row are counted from the trigger of the phase, as in the rows of the phase itself. */
const sinceTrigger = (row: StreamRow, later_s: number): StreamRow => {
  const shifted = (value: number | null): number | null => (value === null ? null : value + later_s);
  return {
    ...row,
    trigger_to_first_loss_s: shifted(row.trigger_to_first_loss_s),
    trigger_to_recovery_s: shifted(row.trigger_to_recovery_s),
  };
};

/**
 * `unaffected`: nothing was lost in it; `ok`: there was an outage, and it ended; `not-recovered`: it had not ended when the
 * aftercare did.
 *
 * @param trigger_ns of the phase that it follows
 */
export const aftercareRows = (
  key: RowKey,
  trigger: string | null,
  all: readonly StreamPhase[],
  { window, trigger_ns }: { readonly window: PhaseWindow; readonly trigger_ns: number },
  events: readonly TrialEvent[],
  utc: (vantage: string, at_ns: number) => string | null,
): AftercareRows => {
  const crossing = all.filter(({ plan }) => !plan.control);
  const faults = all.flatMap((stream) => (stream.plan.control ? (controlFault(stream, crossing) ?? []) : []));
  const later_s = (window.start_ns - trigger_ns) / NS_PER_S;
  return {
    streams: crossing.flatMap((stream) => {
      const judgement = judge(window, stream, all, faults[0] ?? null);
      return [
        streamRow(key, trigger, stream, judgement, events),
        ...directionRows(key, trigger, stream, judgement, events),
      ].map((row) => sinceTrigger(row, later_s));
    }),
    outages: crossing.flatMap((stream) => outageRows(key, stream, utc)),
  };
};
