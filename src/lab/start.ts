import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { holdsWithin } from '../deadline.js';
import { EXIT, KnownError, usage } from '../model/error.js';
import type { LabPlan } from '../model/lab-plan.js';
import { planText } from '../scenario/lab.js';
import { hearStops } from '../stop-signals.js';
import { askStatus, askWitness } from './ask.js';
import type { ControllerLine, ControllerOrder } from './controller.program.js';
import { labEnvironment, newNamespaces, requireLab, requireSame } from './enter.js';
import { findKept, forgetKept, initOf, isAlive, recordKept, startTicks, type KeptLab } from './kept.js';
import { inLab, LAB_DIR, labPaths, programPath } from './paths.js';

/** A lab that is up, as the program in its jump namespace sees it. */
export interface LabHandle {
  readonly runDir: string;
  /** JSON lines of `TruthGap`; there only if the lab has a witness. */
  readonly truthFile: string;
  /** JSON lines of `Transition`; there only in designs with a control plane. */
  readonly transitionsFile: string;
  readonly sshKey: string;
  readonly knownHosts: string;
  /** Lets the witness go on, or pauses it; nothing in a lab without one. */
  witness(on: boolean): Promise<void>;
  /** Ends the lab, unless it is one that `seqgap lab up` keeps. */
  stop(): Promise<void>;
}

const handle = (stop: () => Promise<void>): LabHandle => ({
  runDir: LAB_DIR,
  truthFile: labPaths.truth,
  transitionsFile: labPaths.transitions,
  sshKey: labPaths.sshKey,
  knownHosts: labPaths.knownHosts,
  witness: async (on) => void (await askWitness(on)),
  stop,
});

/** Is this process in a lab's jump namespace? null outside. Its `stop` leaves the lab alone. */
export const insideLab = (): LabHandle | null => (inLab() ? handle(() => Promise.resolve()) : null);

/** The controller's command; what it and the machines complain about goes to the lab's log. */
const controllerCommand = (order: ControllerOrder): string[] => [
  'sh',
  '-c',
  `exec "$@" 2>>${labPaths.log}`,
  'sh',
  process.execPath,
  programPath('controller'),
  JSON.stringify(order),
];

/** Follows a controller's steps until the lab is ready. Throws KnownError with the controller's own reason. */
const untilReady = async (stdout: Readable, onStep: (text: string) => void): Promise<void> => {
  for await (const text of createInterface(stdout)) {
    const line = JSON.parse(text) as ControllerLine;
    if ('ready' in line) return;
    if ('error' in line)
      throw new KnownError(line.error, line.remedy === null ? {} : { remedy: line.remedy });
    onStep(line.step);
  }
  throw new KnownError('the lab ended while it was being built', { remedy: 'try "seqgap lab up" by itself' });
};

/**
 * Boots the lab in this process's namespaces, which must be those of `runInLab`; a kept lab is already up and
 * is only compared. Takes about 1 s and one VRRP election (3 to 4 advertisement intervals).
 */
export const startLab = async (
  plan: LabPlan,
  options: { readonly witness: boolean; readonly onStep: (text: string) => void },
): Promise<LabHandle> => {
  if (!inLab()) throw new Error('startLab outside the namespaces of runInLab');
  const running = await askStatus().catch(() => null);
  if (running !== null) {
    requireSame(running.plan, plan);
    if (options.witness && !running.witness)
      throw usage(
        'the lab that is up has no witness',
        'start it with "seqgap lab down; seqgap lab up --witness"',
      );
    return handle(() => Promise.resolve());
  }
  const [program = '', ...args] = controllerCommand({ plan, witness: options.witness });
  const controller = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    // Ctrl-C is for the run, which then restores the pair: the lab has to outlive that.
    detached: true,
  });
  const stop = (): Promise<void> => end(controller);
  try {
    await untilReady(controller.stdout, options.onStep);
  } catch (error) {
    await stop();
    throw error;
  }
  controller.stdout.destroy();
  controller.unref();
  return handle(stop);
};

/** The machines die with their controller. */
const end = async (controller: ChildProcessByStdio<null, Readable, null>): Promise<void> => {
  if (controller.exitCode !== null || controller.signalCode !== null) return;
  // It was unreferenced: without this the event loop could run empty while it is waited for.
  controller.ref();
  const ended = once(controller, 'exit');
  controller.kill('SIGKILL');
  await ended;
};

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
