import { holdsWithin } from '../deadline.js';
import { spawn } from 'node:child_process';
import { EXIT, KnownError, usage } from '../model/error.js';
import type { LabPlan } from '../model/lab-plan.js';
import { hearStops } from '../stop-signals.js';
import { labEnvironment, newNamespaces, requireLab } from './enter.js';
import { findKept, forgetKept, initOf, isAlive, recordKept, startTicks, type KeptLab } from './kept.js';
import { planText } from '../scenario/lab.js';
import { controllerCommand, untilReady } from './start.js';

/** `seqgap lab up`: starts a lab that outlives this process and records it. Throws KnownError if one is up. */
export const keepLab = async (
  plan: LabPlan,
  options: { readonly witness: boolean; readonly onStep: (text: string) => void },
): Promise<KeptLab> => {
  await requireLab();
  const other = findKept();
  if (other !== null)
    throw usage(
      `a lab is already up since ${other.since} (${planText(other.plan)})`,
      'use it, or end it with "seqgap lab down"',
    );
  const [program = '', ...args] = newNamespaces(controllerCommand({ plan, witness: options.witness }));
  const holder = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    env: labEnvironment(),
  });
  const pid = holder.pid ?? 0;
  const ticks = startTicks(pid);
  if (ticks === null) throw new KnownError('the lab cannot be started');
  const since = new Date().toISOString();
  const kept: KeptLab = { pid, startTicks: ticks, plan, witness: options.witness, since };
  // Recorded before it is ready: whoever kills this process now still finds the lab with "lab down".
  recordKept(kept);
  let release = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    release = hearStops(() =>
      reject(
        new KnownError('stopped while the lab was being built; nothing of it is left', {
          exitCode: EXIT.inconclusive,
        }),
      ),
    );
  });
  try {
    await Promise.race([untilReady(holder.stdout, options.onStep), stopped]);
  } catch (error) {
    await endKept(kept);
    throw error;
  } finally {
    release();
  }
  holder.stdout.destroy();
  holder.unref();
  return kept;
};

/** The kernel ends them within a second, unless one hangs in a device. */
const END_MS = 30_000;

/**
 * Ends a kept lab and waits until its init is gone, which the kernel lets happen after everything else in it.
 * @throws KnownError where that does not come.
 */
export const endKept = async (kept: KeptLab, patience_ms = END_MS): Promise<void> => {
  const init = initOf(kept);
  const initTicks = init === null ? null : startTicks(init);
  process.kill(kept.pid, 'SIGKILL');
  const inside = { pid: init ?? kept.pid, startTicks: initTicks ?? kept.startTicks };
  const isGone = (): boolean => !isAlive(kept) && !isAlive(inside);
  if (!(await holdsWithin(isGone, { limit_ms: patience_ms, every_ms: 10 })))
    throw new KnownError(
      `the lab has not ended within ${patience_ms / 1000} s: process ${inside.pid} is still there`,
      { remedy: `see what it waits for (/proc/${inside.pid}/stack)` },
    );
  forgetKept();
};
