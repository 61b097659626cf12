import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { KnownError, usage } from '../model/error.js';
import type { LabPlan } from '../model/lab-plan.js';
import { askStatus, askWitness } from './ask.js';
import type { ControllerLine, ControllerOrder } from './controller.js';
import { inLab, LAB_DIR, labPaths, programPath } from './paths.js';
import { planText, samePlan } from '../scenario/lab.js';

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
export const controllerCommand = (order: ControllerOrder): string[] => [
  'sh',
  '-c',
  `exec "$@" 2>>${labPaths.log}`,
  'sh',
  process.execPath,
  programPath('controller'),
  JSON.stringify(order),
];

/** Follows a controller's steps until the lab is ready. Throws KnownError with the controller's own reason. */
export const untilReady = async (stdout: Readable, onStep: (text: string) => void): Promise<void> => {
  for await (const text of createInterface(stdout)) {
    const line = JSON.parse(text) as ControllerLine;
    if ('ready' in line) return;
    if ('error' in line)
      throw new KnownError(line.error, line.remedy === null ? {} : { remedy: line.remedy });
    onStep(line.step);
  }
  throw new KnownError('the lab ended while it was being built', { remedy: 'try "seqgap lab up" by itself' });
};

const matchKept = (running: { plan: LabPlan; witness: boolean }, plan: LabPlan, witness: boolean): void => {
  if (!samePlan(running.plan, plan))
    throw usage(
      `a lab with other knobs is up (${planText(running.plan)})`,
      'end it with "seqgap lab down"; the run then builds its own',
    );
  if (witness && !running.witness)
    throw usage(
      'the lab that is up has no witness',
      'start it with "seqgap lab down; seqgap lab up --witness"',
    );
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
    matchKept(running, plan, options.witness);
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
