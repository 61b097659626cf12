import type { MeasuredPhase, TrialEvent } from '../../model/event.js';

/** One measured phase of a trial on the trial's clock: which probes it is judged by (nanoseconds). */
export interface PhaseWindow {
  readonly phase: MeasuredPhase;
  /**
   * `aftercare`: what follows the phase, `trigger_ns` being its beginning and `cut_ns` its end; `rest`: what comes after
   * that, the restore, which is listed and no more.
   */
  readonly part: 'measured' | 'aftercare' | 'rest';
  /** No measured phase comes after it. */
  readonly isLast: boolean;
  /** Streams may send as rarely as this in it; 0: as planned. */
  readonly paced_ns: number;
  /** First send instant that belongs to it. */
  readonly start_ns: number;
  /** From here to the trigger is the baseline: for failback from the end of failover's `recovered` phase. */
  readonly baselineFrom_ns: number;
  /** `trigger-issued`; Infinity: it never was. */
  readonly trigger_ns: number;
  /** Where the wait for recovery ended (drain, restore, …). What happens later is listed but is no failover outage. */
  readonly cut_ns: number;
  /** First send instant that no longer belongs to it. */
  readonly end_ns: number;
  /** How long good forwarding must last to count as recovery (RFC 6412 §3.7.5). */
  readonly hold_ns: number;
  /** The wait for recovery went on for as long as the scenario lets it. */
  readonly gaveUp: boolean;
  readonly node: string | null;
  readonly action: string | null;
  /** Detail of `trigger-failed`; null: it did not fail. */
  readonly failure: string | null;
  /** Why the trial was broken off before this phase had its recovery; null: it was not. */
  readonly brokenOff: string | null;
}

/** Without a trigger nobody says how long a recovery has to hold: RFC 6412 §3.7.5. */
const USUAL_HOLD_NS = 5e9;

type PhaseEvent = Extract<TrialEvent, { event: 'phase' }>;
/** `drain`: the last rows are missing, and with them perhaps the outage. */
const MEASURING = new Set(['trigger', 'outage', 'recovered', 'drain']);
const ENDS_THE_WAIT = new Set(['aftercare', 'drain', 'restore', 'failback', 'cool-down']);

const windowOf = (
  phase: MeasuredPhase,
  events: readonly TrialEvent[],
  edges: Pick<PhaseWindow, 'start_ns' | 'baselineFrom_ns' | 'end_ns' | 'hold_ns' | 'isLast'>,
  giveUp_ns: number,
): PhaseWindow => {
  let issued: { at_ns: number; node: string; action: string } | null = null;
  let failed: { node: string; action: string; detail: string } | null = null;
  let brokenOff: string | null = null;
  for (const event of events) {
    if (event.event === 'trigger-issued' && event.of === phase) issued ??= event;
    if (event.event === 'trigger-failed' && event.of === phase) failed ??= event;
    if (event.event === 'broken-off' && event.of === phase && MEASURING.has(event.phase))
      brokenOff ??= event.reason;
  }
  const trigger_ns = issued?.at_ns ?? Infinity;
  const phases = events
    .filter((event): event is PhaseEvent => event.event === 'phase')
    .toSorted((a, b) => a.at_ns - b.at_ns)
    .filter((event) => event.at_ns >= trigger_ns && event.at_ns <= edges.end_ns);
  const cut = phases.find((event) => ENDS_THE_WAIT.has(event.phase));
  const cut_ns = Math.min(cut?.at_ns ?? Infinity, edges.end_ns);
  return {
    ...edges,
    phase,
    part: 'measured',
    paced_ns: 0,
    trigger_ns,
    cut_ns,
    gaveUp: cut_ns !== Infinity && cut_ns - trigger_ns >= giveUp_ns,
    node: (issued ?? failed)?.node ?? null,
    action: (issued ?? failed)?.action ?? null,
    failure: failed?.detail ?? null,
    brokenOff,
  };
};

/**
 * The measured phases of a trial, in order: failover, and failback if the trial came to it. Windows touch: the
 * first runs from the first probe to the beginning of failback, the second from there to the end. Failover's baseline
 * is the `steady_ns` before its trigger: what was lost before forwarding had settled is none of the trial's business.
 */
export const phaseWindows = (
  events: readonly TrialEvent[],
  hold_ns: number,
  steady_ns = Infinity,
  giveUp_ns = Infinity,
): readonly PhaseWindow[] => {
  const failback = events.find(
    (event) => event.event === 'phase' && event.phase === 'failback' && event.of === 'failback',
  );
  const start = failback?.at_ns ?? Infinity;
  const edges = {
    start_ns: -Infinity,
    baselineFrom_ns: -Infinity,
    end_ns: start,
    hold_ns,
    isLast: failback === undefined,
  };
  // A trial of the control arm has its one phase, under its own name.
  const isControl = events.some((event) => 'of' in event && event.of === 'no-sync');
  const whole = windowOf(isControl ? 'no-sync' : 'failover', events, edges, giveUp_ns);
  const settled_ns = whole.trigger_ns === Infinity ? -Infinity : whole.trigger_ns - steady_ns;
  const first = { ...whole, baselineFrom_ns: settled_ns };
  if (failback === undefined) return [first];
  const back = {
    start_ns: start,
    baselineFrom_ns: Math.min(first.cut_ns, start),
    end_ns: Infinity,
    hold_ns,
    isLast: true,
  };
  const second = windowOf('failback', events, back, giveUp_ns);
  return [first, second];
};

/** Of a log or a watch, which have no trigger: every period counts. */
export const UNTRIGGERED: PhaseWindow = {
  ...(phaseWindows([], USUAL_HOLD_NS)[0] as PhaseWindow),
  trigger_ns: -Infinity,
};

/** null: the phase did not come to one. */
const aftercareWindow = (
  measured: PhaseWindow,
  events: readonly TrialEvent[],
  paced_ns: number,
): PhaseWindow | null => {
  const { phase, end_ns, hold_ns } = measured;
  const within = events.filter(
    (event): event is PhaseEvent => event.event === 'phase' && event.of === phase && event.at_ns < end_ns,
  );
  const begun = within.find((event) => event.phase === 'aftercare');
  if (begun === undefined) return null;
  const over = within.find(({ phase: next }) => next === 'drain' || next === 'restore');
  const broken = events.find(
    (event) => event.event === 'broken-off' && event.of === phase && event.phase === 'aftercare',
  );
  const cut_ns = Math.min(over?.at_ns ?? Infinity, end_ns);
  return {
    ...measured,
    part: 'aftercare',
    isLast: false,
    paced_ns,
    start_ns: begun.at_ns,
    // The recovery has held for so long: that is the path as it is now.
    baselineFrom_ns: begun.at_ns - hold_ns,
    trigger_ns: begun.at_ns,
    cut_ns,
    end_ns: cut_ns,
    gaveUp: false,
    failure: null,
    brokenOff: broken?.event === 'broken-off' ? broken.reason : null,
  };
};

/** The measured phase with what follows it. They touch: it ends where its aftercare begins. */
const parted = (own: PhaseWindow, after: PhaseWindow | null): readonly PhaseWindow[] => {
  if (after === null) return [own];
  const whole = [{ ...own, end_ns: after.start_ns }, after];
  const { cut_ns } = after;
  if (cut_ns >= own.end_ns) return whole;
  const from = { start_ns: cut_ns, trigger_ns: cut_ns, cut_ns, end_ns: own.end_ns };
  return [...whole, { ...after, ...from, part: 'rest', baselineFrom_ns: cut_ns, brokenOff: null }];
};

/**
 * The measured phases of `phaseWindows`, each followed by its aftercare, where it came to that, and the rest.
 *
 * @param paced_ns how rarely streams send in the aftercare; 0: as planned
 */
export const withAftercare = (
  measured: readonly PhaseWindow[],
  events: readonly TrialEvent[],
  paced_ns: number,
): readonly PhaseWindow[] =>
  measured.flatMap((window, index) => {
    const before = measured[index - 1];
    const last = before === undefined ? null : aftercareWindow(before, events, paced_ns);
    // The end of an aftercare that had held again is the clean time before the next trigger.
    const settled_ns = last === null ? -Infinity : last.cut_ns - window.hold_ns;
    const own = { ...window, baselineFrom_ns: Math.max(window.baselineFrom_ns, settled_ns) };
    return parted(own, aftercareWindow(own, events, paced_ns));
  });
