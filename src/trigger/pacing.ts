import { KnownError } from '../model/error.js';
import type { Scenario } from '../model/plan.js';
import type { Clock } from '../model/time.js';
import { formatDuration } from '../model/duration.js';
import { FlapLog } from './flap-log.js';
import { limitsOf, turnAt, type Turn } from './guard.js';
import type { PairKeys } from './pair-keys.js';
import type { DriverGuard } from './schema.js';
import { windowProblem } from './window.js';

/** When a pair may be made to fail over. */
export interface Pacing {
  /** Throws KnownError outside the scenario's window. */
  requireWindow(): void;
  /** Null: now. Throws KnownError where waiting would take longer than the scenario allows. */
  next(): Promise<Turn | null>;
  /** Counts a failover that is about to be made. */
  count(): Promise<void>;
}

/** @param guards those of the drivers. A lab stands anything: only what its scenario asks for itself holds there. */
export const openPacing = (
  { nodes, trigger, lab }: Pick<Scenario, 'nodes' | 'trigger' | 'lab'>,
  guards: readonly DriverGuard[],
  keys: PairKeys,
  clock: Clock,
): Pacing => {
  const log = new FlapLog(keys, clock);
  const { guard, window } = trigger;
  const limits = nodes.length === 0 ? null : limitsOf(guard, lab === null ? guards : []);
  return {
    requireWindow: () => {
      const problem = window === null ? null : windowProblem(window, clock.wall());
      if (problem === null) return;
      throw new KnownError(`outside the maintenance window: ${problem}`, {
        remedy: 'wait for it, or change `trigger.window`; nothing was touched',
      });
    },
    next: async () => {
      if (limits === null) return null;
      const turn = turnAt(limits, await log.failovers(), clock.wall());
      if (turn === null || turn.wait_ns <= guard.wait_ns) return turn;
      const at = new Date(clock.wall() + turn.wait_ns / 1e6).toISOString().slice(0, 19);
      const because = limits.about === null ? '' : ` (${limits.about})`;
      throw new KnownError(`the pair has to rest until ${at}Z: ${turn.why}${because}`, {
        remedy: `wait, or allow a longer \`trigger.guard.wait\` than ${formatDuration(guard.wait_ns)}; nothing was touched`,
      });
    },
    count: async () => {
      if (limits !== null) await log.add();
    },
  };
};
