import type { MeasuredPhase, TrialEventBody } from '../model/event.js';
import type { Clock } from '../model/time.js';
import type { PlannedAction } from '../trigger/act/action.js';
import type { TriggerControl } from '../trigger/pair.js';
import { rolesInWords, type NodeRole } from '../trigger/ask/role.js';
import type { ProgressListener } from './progress.js';

/** Between two looks; the figures do not depend on it. */
const LOOK_MS = 1000;

export interface Confirming {
  readonly trigger: Pick<TriggerControl, 'roles' | 'confirmed'>;
  readonly clock: Clock;
  readonly listener: Pick<ProgressListener, 'line'>;
  readonly of: MeasuredPhase;
  /** False: it was cut off before anything said that it was accepted. It counts as accepted when the roles say so. */
  readonly accepted: boolean;
  readonly event: (body: TrialEventBody) => void;
}

/**
 * Reads the roles beside the probing until they confirm an action, or its time is over; tells it once, as events.
 * Nothing waits for it. An action that roles cannot confirm (a command, a person) is told nothing about. Returns how to
 * end it before its time: then it is not confirmed.
 */
export const confirming = (
  planned: PlannedAction,
  { trigger, clock, listener, of, accepted, event }: Confirming,
): (() => void) => {
  if (planned.confirm_ns === null) return () => undefined;
  const end = clock.monotonic() + planned.confirm_ns;
  const { action } = planned;
  const about = { of, node: planned.node ?? 'pair', action };
  let last: readonly NodeRole[] = [];
  let told = false;
  let timer: NodeJS.Timeout | undefined;
  const over = new AbortController();

  const tell = (ok: boolean): void => {
    if (told) return;
    told = true;
    clearTimeout(timer);
    over.abort();
    const detail = last.length === 0 ? 'no roles were read' : rolesInWords(last);
    if (ok && !accepted) event({ event: 'trigger-accepted', ...about, detail: 'by the roles' });
    event({ event: 'trigger-confirmed', ...about, ok, detail });
    if (ok) return;
    const text = `${action} of ${about.node} was not confirmed by the roles: ${detail}`;
    event({ event: 'note', text });
    listener.line(text);
  };
  const look = async (): Promise<void> => {
    const roles = await trigger.roles(over.signal);
    if (told) return;
    last = roles;
    if (trigger.confirmed(planned, roles) === true) return tell(true);
    if (clock.monotonic() >= end) return tell(false);
    timer = setTimeout(() => void look(), LOOK_MS);
  };
  void look();
  return () => tell(false);
};
