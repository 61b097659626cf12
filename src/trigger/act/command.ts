import { usage } from '../../model/error.js';
import type { TriggerPlan } from '../../model/plan.js';
import type { Clock } from '../../model/time.js';
import { failureOf, refuseSecret } from '../ask/bound.js';
import { LocalTransport } from '../transport/local.js';
import { traced } from '../transport/traced.js';
import type { Actor } from '../trigger.js';
import { withoutDriver } from './action.js';
import { notUndone } from './undo.js';

/**
 * A shell command on this host, and the one that takes it back. Its undo is run once, and must stand being repeated.
 * Throws KnownError (usage) where there is none, or it would show a secret.
 */
export const commandActor = ({ command, undo, timeout_ns }: TriggerPlan, clock: Clock): Actor => {
  if (command === null) throw usage('trigger: action exec without a command', 'give `command:`');
  for (const line of [command, undo]) if (line !== null) refuseSecret(line, 'trigger');
  const local = traced(new LocalTransport(clock), 'trigger', clock);
  return {
    ...withoutDriver('exec', {
      transport: local.words,
      steps: [command],
      undo: undo === null ? [] : [undo],
    }),
    act: async (_, { onStamp }) => {
      const result = await local.exec(command, { timeout_ns, onStamp, uncut: true });
      const failure = failureOf(result);
      if (failure === null) return { outcome: 'ok', detail: 'command exited with 0' };
      return { outcome: result.ended === 'timeout' ? 'unknown' : 'failed', detail: failure };
    },
    undo: async (entry) => {
      if (undo === null) return { detail: 'no undo was given' };
      const failure = failureOf(await local.exec(undo, { timeout_ns, uncut: true }));
      if (failure !== null) throw notUndone(entry, failure);
      return { detail: 'the undo command exited with 0' };
    },
    longest: { act: () => timeout_ns, undo: () => timeout_ns },
  };
};
