import { systemClock } from '../../../src/clock.js';
import { UNLIMITED, type NodePlan, type TriggerPlan } from '../../../src/model/plan.js';
import { ns, type Clock } from '../../../src/model/time.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';
import { openPair } from '../../../src/trigger/pair.js';
import type { Trigger } from '../../../src/trigger/trigger.js';

interface Given extends Partial<TriggerPlan> {
  readonly patience_s?: number;
  readonly clock?: Clock;
}

/** Nodes with their drivers; the rest of a scenario is nothing to them. */
export const pairOf = (
  nodes: readonly NodePlan[],
  drivers: ReadonlyMap<string, Driver>,
  { patience_s = 0, clock = systemClock, ...trigger }: Given = {},
): Trigger =>
  openPair(
    {
      nodes,
      observe: [],
      lab: null,
      controlArm: null,
      trigger: {
        ...UNLIMITED,
        node: 'active',
        action: 'switchover',
        command: null,
        undo: null,
        prompt: null,
        timeout_ns: ns(60e9),
        ...trigger,
      },
      trial: { failback: 'none', giveUp_ns: ns(60e9), restore_ns: ns(patience_s * 1e9) },
    },
    { drivers, clock, seqgap: ['seqgap'] },
  );
