import type { Scenario } from '../model/plan.js';
import { oldestAge } from '../model/session.js';
import { ns, toMs, type Nanoseconds } from '../model/time.js';
import type { PlannedAction, UndoEntry } from '../trigger/act/action.js';
import type { Trigger } from '../trigger/trigger.js';

/** How long a stage may last before its watchdog takes it to hang, in milliseconds; null: a person is waited for. */
export interface Patience {
  readonly within_ms: number | null;
  /** The same after a stop signal. */
  readonly stopped_ms: number | null;
}

/** On top of what a stage may take by its plan and the time-outs of all that it waits for: a busy host, a slow disk. */
const SLACK = 15e9;
/** A stage that hears a stop signal has left it by then. */
const STOP_SLACK = 10e9;
/** First word, clock and last rows of an agent that is there but hardly answers (src/probe/agent/agent-client.ts). */
const AGENT_START = 95e9;
const AGENT_END = 35e9;
/** Of a hasty end: the first question that is not answered is the last. */
const AGENT_HASTE = 10e9;

const patience = (within: number | null, stopped: number | null): Patience => ({
  within_ms: within === null ? null : toMs(ns(within + SLACK)),
  stopped_ms: stopped === null ? null : toMs(ns(stopped + STOP_SLACK)),
});

type Longest = Trigger['longest'];

const sum = (times: readonly (number | null)[]): number | null =>
  times.reduce((total, each) => (total === null || each === null ? null : total + each), 0);

/** Nothing is pending yet, and a turn or a person may be waited for. */
export const ENDLESS: Patience = { within_ms: null, stopped_ms: null };

/** State sync switched off on every node, then the agents started. */
export const forControlArm = (planned: readonly PlannedAction[], longest: Longest): Patience => {
  const acting = sum(planned.map((each) => longest.act(each)));
  return patience(
    acting === null ? null : acting + AGENT_START,
    acting === null ? null : acting + AGENT_HASTE,
  );
};

/** The longest that any stream or session is silent by its plan. */
export const longestInterval = ({ streams, sessions }: Pick<Scenario, 'streams' | 'sessions'>): number =>
  Math.max(
    0,
    ...streams.map(({ every_ns }) => every_ns),
    ...sessions.map(({ heartbeat_ns }) => heartbeat_ns),
  );

/** The clean time, with the look at the pair beside it, until the instant of the trigger. */
export const forSteady = (scenario: Scenario, longest: Longest): Patience => {
  const { trial, sessions } = scenario;
  const waits =
    2 * trial.steady_ns + trial.recovered_ns + 2 * oldestAge(sessions) + 80e9 + longestInterval(scenario);
  return patience(waits + 4 * longest.read_ns, 0);
};

/** The action itself: it is not cut off by a stop signal. */
export const forTrigger = (planned: PlannedAction, longest: Longest): Patience => {
  const acting = longest.act(planned);
  return patience(acting, acting);
};

/** The loss or the role that moves, and the end of it. */
export const forOutage = ({ trial, trigger }: Scenario, longest: Longest): Patience =>
  patience(trigger.timeout_ns + trial.giveUp_ns + 2 * longest.read_ns, 0);

/** Recovery that holds, sessions that resume, roles. */
export const forRecovered = ({ trial, sessions }: Scenario, longest: Longest): Patience => {
  const heartbeat = Math.max(0, ...sessions.map(({ heartbeat_ns }) => heartbeat_ns));
  const waits = 2 * trial.giveUp_ns + 2 * trial.recovered_ns + 3 * heartbeat + 10e9;
  return patience(waits + 2 * longest.read_ns, 0);
};

/** Until its time is over, and the roles that are read then. */
export const forConfirmation = (time: Nanoseconds, longest: Longest): Patience =>
  patience(time + 4 * longest.read_ns, 0);

/** A fixed time, and the roles before it. */
export const forAftercare = (time: Nanoseconds): Patience => patience(time, 0);

export const forDrain = (wait: Nanoseconds): Patience => patience(wait + AGENT_END, AGENT_HASTE);

/** The undo of all that is pending, one after the other, then health. */
export const forRestore = (
  pending: readonly UndoEntry[],
  { trial }: Scenario,
  longest: Longest,
): Patience => {
  const undoing = sum(pending.map((each) => longest.undo(each)));
  const all = undoing === null ? null : undoing + trial.restore_ns + 2 * longest.read_ns;
  return patience(all, all);
};

/** What the nodes wrote down; a stop signal ends it. */
export const forHistories = (longest: Longest): Patience => patience(longest.history_ns, 0);
