import { KnownError } from '../model/error.js';
import type { MeasuredPhase, TrialEventBody } from '../model/event.js';
import { ns, toMs, type Nanoseconds, type Clock } from '../model/time.js';
import type { PlannedAction } from '../trigger/act/action.js';
import { type NodeRole, rolesInWords } from '../trigger/ask/role.js';
import type { Trigger } from '../trigger/trigger.js';
import { Interrupted, sleep } from './interrupt.js';
import type { ProgressListener } from './progress.js';

/** So long before the earliest instant of the trigger: slower nodes than that delay it. */
const LEAD = ns(5e9);
/** Counts of states are read while connections come and go: once is not enough to call a pair unfit. */
const LOOKS = 3;
const BETWEEN_LOOKS = ns(0.5e9);

const activeIn = (roles: readonly NodeRole[]): string =>
  roles
    .filter(({ role }) => role === 'active')
    .map(({ node }) => node)
    .join(', ');

export interface Recheck {
  readonly trigger: Pick<Trigger, 'roles' | 'health'>;
  /** The roles that the trigger was planned for. */
  readonly before: readonly NodeRole[];
  /** False where something was switched off on purpose. */
  readonly fit: boolean;
  /** Waits; rejects where the run is interrupted. */
  readonly pause: (time: Nanoseconds) => Promise<void>;
  /** Ends the questions. */
  readonly signal?: AbortSignal;
}

/**
 * The preflight may be minutes ago: is the pair still as it was? @throws KnownError where another node is active or the
 * pair is not healthy any more; nothing was sent by then.
 */
export const recheck = async ({ trigger, before, fit, pause, signal }: Recheck): Promise<void> => {
  for (let look = 1; ; look++) {
    const [roles, health] = await Promise.all([
      trigger.roles(signal),
      fit ? trigger.health(signal) : { ok: true, detail: '' },
    ]);
    if (signal?.aborted === true) throw new Interrupted();
    const same = activeIn(roles) === activeIn(before);
    if (same && health.ok) return;
    if (look === LOOKS)
      throw new KnownError(
        same
          ? `the pair is not healthy any more just before the trigger: ${health.detail}`
          : `the roles changed before the trigger: ${rolesInWords(roles)}`,
        { remedy: 'look at both nodes; nothing was triggered' },
      );
    await pause(BETWEEN_LOOKS);
  }
};

export interface Rechecking extends Omit<Recheck, 'pause' | 'signal'> {
  readonly signal: AbortSignal;
  /** Nanoseconds until the trigger may come. */
  readonly lead: number;
}

/**
 * Looks shortly before the trigger, while something else is waited for. @throws what that throws, else what `recheck` does.
 */
export const rechecking = async (
  { signal, lead, ...look }: Rechecking,
  meanwhile: () => Promise<void>,
): Promise<void> => {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const pause = (time: Nanoseconds): Promise<void> => sleep(toMs(time), either);
  const outcome = pause(ns(Math.max(0, lead - LEAD)))
    .then(() => recheck({ ...look, pause, signal: either }))
    .then(
      () => null,
      (error: unknown) => ({ error }),
    );
  try {
    await meanwhile();
    const failed = await outcome;
    if (failed !== null) throw failed.error;
  } finally {
    over.abort();
  }
};

/** Between two looks; the figures do not depend on it. */
const LOOK_MS = 1000;

export interface Confirming {
  readonly trigger: Pick<Trigger, 'roles' | 'confirmed'>;
  readonly clock: Clock;
  readonly listener: Pick<ProgressListener, 'line'>;
  readonly of: MeasuredPhase;
  /** False: it was cut off before anything said that it was accepted. It counts as accepted when the roles say so. */
  readonly accepted: boolean;
  readonly event: (body: TrialEventBody) => void;
}

export interface Confirmation {
  /** Settles when every node has answered since the action, or none is asked any more: what is undone before was not looked at. */
  readonly heard: Promise<void>;
  /** Before its time: then it is not confirmed. */
  readonly stop: () => void;
}

/** Of an action that there is none of, or that roles cannot tell about. */
export const UNASKED: Confirmation = { heard: Promise.resolve(), stop: () => undefined };

/**
 * Reads the roles beside the probing until they confirm an action, or its time is over; tells it once, as events.
 * A node that was silent for the time of its question is given more. An action that roles cannot confirm (a command, a
 * person) is told nothing about.
 */
export const confirming = (
  planned: PlannedAction,
  { trigger, clock, listener, of, accepted, event }: Confirming,
): Confirmation => {
  if (planned.confirm_ns === null) return UNASKED;
  const end = clock.monotonic() + planned.confirm_ns;
  const { action } = planned;
  const about = { of, node: planned.node ?? 'pair', action };
  let hear = (): void => undefined;
  const heard = new Promise<void>((resolve) => (hear = resolve));
  let last: readonly NodeRole[] = [];
  let told = false;
  let timer: NodeJS.Timeout | undefined;
  const over = new AbortController();

  const tell = (ok: boolean): void => {
    if (told) return;
    told = true;
    clearTimeout(timer);
    over.abort();
    hear();
    const detail = last.length === 0 ? 'no roles were read' : rolesInWords(last);
    if (ok && !accepted) event({ event: 'trigger-accepted', ...about, detail: 'by the roles' });
    event({ event: 'trigger-confirmed', ...about, ok, detail });
    if (ok) return;
    const text = `${action} of ${about.node} was not confirmed by the roles: ${detail}`;
    event({ event: 'note', text });
    listener.line(text);
  };
  const look = async (): Promise<void> => {
    const isLate = last.some(({ late }) => late === true);
    const roles = await trigger.roles(over.signal, isLate);
    if (told) return;
    last = roles;
    if (trigger.confirmed(planned, roles) === true) return tell(true);
    if (clock.monotonic() >= end) return tell(false);
    if (roles.every(({ late }) => late !== true)) hear();
    timer = setTimeout(() => void look(), LOOK_MS);
  };
  void look();
  return { heard, stop: () => tell(false) };
};
